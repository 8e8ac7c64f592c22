package org.waterspout.backend.tornado.launches;

import java.util.List;
import org.waterspout.backend.tornado.buffers.Constant;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * One number, for an argument that a kernel takes and, in one of its forms, does not use. One array each for floats, ints and halves: an
 * array that no kernel of a stage takes is not uploaded by it, and cannot be handed on.
 */
final class UnusedArray<T extends TornadoNativeArray> implements Constant {

    private final T array;

    private UnusedArray(T array) {
        this.array = array;
    }

    static UnusedArray<FloatArray> floats() {
        FloatArray one = new FloatArray(1);
        one.init(0);
        return new UnusedArray<>(one);
    }

    static UnusedArray<IntArray> ints() {
        IntArray one = new IntArray(1);
        one.init(0);
        return new UnusedArray<>(one);
    }

    static UnusedArray<ShortArray> halves() {
        ShortArray one = new ShortArray(1);
        one.init((short) 0);
        return new UnusedArray<>(one);
    }

    T array() {
        return array;
    }

    @Override
    public String name() {
        return "unused";
    }

    @Override
    public List<Long> bytes() {
        return List.of(array.getNumBytesOfSegment());
    }

    @Override
    public long elements() {
        return 1;
    }

    @Override
    public void load() {
        // filled when it was made
    }

    @Override
    public List<Object> arrays() {
        return List.of(array);
    }
}
