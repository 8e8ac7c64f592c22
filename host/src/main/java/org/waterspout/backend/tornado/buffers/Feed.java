package org.waterspout.backend.tornado.buffers;

import java.util.Objects;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Numbers that the host fills in, uploaded with every execution of a stage that reads them. */
public final class Feed {

    private final String name;
    private final int count;
    private final boolean whole;
    private TornadoNativeArray array;

    private Feed(String name, long count, boolean whole) {
        this.name = name;
        this.count = Math.toIntExact(count);
        this.whole = whole;
    }

    public static Feed floats(String name, long count) {
        return new Feed(name, count, false);
    }

    public static Feed ints(String name, long count) {
        return new Feed(name, count, true);
    }

    public void allocate() {
        if (whole) {
            IntArray ints = new IntArray(count);
            ints.init(0);
            array = ints;
        } else {
            FloatArray floats = new FloatArray(count);
            floats.init(0);
            array = floats;
        }
    }

    public long bytes() {
        return (long) Float.BYTES * count + DeviceBuffer.HEADER_BYTES;
    }

    public Object array() {
        return Objects.requireNonNull(array, name);
    }

    public FloatArray floats() {
        return (FloatArray) array();
    }

    public IntArray ints() {
        return (IntArray) array();
    }
}
