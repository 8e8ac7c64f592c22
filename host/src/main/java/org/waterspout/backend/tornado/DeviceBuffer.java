package org.waterspout.backend.tornado;

import java.util.Objects;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Floats that live on the device and are written by kernels: an activation, or a cache. {@link BufferPlan} decides which activations
 * share an array.
 */
final class DeviceBuffer {

    /** How long a buffer's contents are wanted. */
    enum Life {
        /** Within the stage that writes it. */
        STAGE,
        /** Beyond it: what a layer hands to the next, an output, a cache, or anything while observed. */
        PLAN
    }

    private final String name;
    private final long floats;
    private final Life life;
    private DeviceBuffer host;
    private FloatArray array;

    DeviceBuffer(String name, long floats, Life life) {
        this.name = name;
        this.floats = floats;
        this.life = life;
    }

    String name() {
        return name;
    }

    long floats() {
        return floats;
    }

    Life life() {
        return life;
    }

    /** Makes this buffer the first part of {@code other}'s array. */
    void placeIn(DeviceBuffer other) {
        host = other;
    }

    void allocate() {
        array = new FloatArray(Math.toIntExact(floats));
    }

    FloatArray array() {
        return host != null ? host.array() : Objects.requireNonNull(array, name);
    }
}
