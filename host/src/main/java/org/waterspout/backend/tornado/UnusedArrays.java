package org.waterspout.backend.tornado;

import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** One float and one int, for the arguments that a kernel takes and, in one of its forms, does not read. */
final class UnusedArrays implements Constant {

    private final FloatArray floats = new FloatArray(1);
    private final IntArray ints = new IntArray(1);

    FloatArray floats() {
        return floats;
    }

    IntArray ints() {
        return ints;
    }

    @Override
    public String name() {
        return "unused";
    }

    @Override
    public List<Long> bytes() {
        return List.of((long) Float.BYTES, (long) Integer.BYTES);
    }

    @Override
    public long elements() {
        return 1;
    }

    @Override
    public void load() {
        floats.set(0, 0);
        ints.set(0, 0);
    }

    @Override
    public List<Object> arrays() {
        return List.of(floats, ints);
    }
}
