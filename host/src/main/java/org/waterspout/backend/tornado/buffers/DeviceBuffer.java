package org.waterspout.backend.tornado.buffers;

import java.util.Objects;
import java.util.Optional;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Numbers that live on the device and are written by kernels: an activation, or a cache. {@code BufferPlan} decides which activations
 * share an array.
 */
public final class DeviceBuffer {

    /** How long a buffer's contents are wanted. */
    public enum Life {
        /** Within the stage that writes it. */
        STAGE,
        /** Beyond it: what a layer hands to the next, an output, a cache, or anything while observed. */
        PLAN
    }

    /** Bytes that TornadoVM puts in front of every array. */
    public static final int HEADER_BYTES = 16;

    private final String name;
    private final long count;
    private final boolean halves;
    private final Life life;
    private final Optional<DeviceBuffer> scales;
    private DeviceBuffer host;
    private TornadoNativeArray array;

    /** @param count floats */
    public DeviceBuffer(String name, long count, Life life) {
        this(name, count, false, life, Optional.empty());
    }

    private DeviceBuffer(String name, long count, boolean halves, Life life, Optional<DeviceBuffer> scales) {
        this.name = name;
        this.count = count;
        this.halves = halves;
        this.life = life;
        this.scales = scales;
    }

    /** Of 16-bit floats, for the whole plan. */
    public static DeviceBuffer halves(String name, long count) {
        return new DeviceBuffer(name, count, true, Life.PLAN, Optional.empty());
    }

    /** Of quants, two in 16 bits, for the whole plan. */
    public static DeviceBuffer quants(String name, long pairs, long scales) {
        return new DeviceBuffer(name, pairs, true, Life.PLAN, Optional.of(new DeviceBuffer("scales of " + name, scales, Life.PLAN)));
    }

    String name() {
        return name;
    }

    /** Numbers, of 32 bits or 16. */
    public long count() {
        return count;
    }

    /** Whether these are of 16 bits. */
    public boolean isHalves() {
        return halves;
    }

    /** Those of quants. */
    public Optional<DeviceBuffer> scales() {
        return scales;
    }

    /** On the device, with TornadoVM's header. */
    public long bytes() {
        return Math.addExact(Math.multiplyExact(halves ? Short.BYTES : Float.BYTES, count), HEADER_BYTES);
    }

    public Life life() {
        return life;
    }

    /** Makes this buffer the first part of {@code other}'s array. */
    public void placeIn(DeviceBuffer other) {
        host = other;
    }

    public void allocate() {
        int size = Math.toIntExact(count);
        array = halves ? new ShortArray(size) : new FloatArray(size);
    }

    /** The array of either kind. */
    public TornadoNativeArray anyArray() {
        return host != null ? host.anyArray() : Objects.requireNonNull(array, name);
    }

    public FloatArray array() {
        return (FloatArray) anyArray();
    }

    public ShortArray halves() {
        return (ShortArray) anyArray();
    }
}
