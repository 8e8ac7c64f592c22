package org.waterspout.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/** Weights that a file stores as 64-bit floats, brought to the 32-bit ones that are computed with. */
public final class Doubles {

    private Doubles() {
    }

    /**
     * A copy of which every number is the nearest 32-bit float.
     *
     * @param file  for messages
     * @param shape dimensions, outermost first
     * @param data  the numbers, 64-bit floats, little-endian, 8 bytes for each
     * @param arena what the copy's memory belongs to
     * @throws UnsupportedModelException if a finite number is beyond the range of 32-bit floats
     */
    public static Tensor narrowed(Object file, String name, List<Integer> shape, MemorySegment data, Arena arena) {
        long count = data.byteSize() / Double.BYTES;
        MemorySegment out = arena.allocate(count * Float.BYTES, 64);
        for (long i = 0; i < count; i++) {
            double number = Double.longBitsToDouble(data.get(Numbers.LONG, i * Double.BYTES));
            float nearest = (float) number;
            if (Float.isInfinite(nearest) && Double.isFinite(number)) {
                throw new UnsupportedModelException(file + ": tensor " + Quoted.of(name) + " is stored as 64-bit floats and holds " + number
                        + ", which is beyond the 32-bit floats that are computed with");
            }
            out.set(Numbers.FLOAT, i * Float.BYTES, nearest);
        }
        return new Tensor(name, WeightType.F32, shape, out.asReadOnly());
    }
}
