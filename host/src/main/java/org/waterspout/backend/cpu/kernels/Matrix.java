package org.waterspout.backend.cpu.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * Weights as they lie in the file.
 *
 * @param data     [rows, columns], blocks of {@code type}; memory outside the heap, so that every kernel sees one kind of segment
 * @param rowBytes bytes of one row
 * @param finite   whether it is known that no number of type F16 is infinite or none, so that the fast kernels, which know no such halves,
 *                 may read them; of no meaning for other types
 */
public record Matrix(WeightType type, MemorySegment data, int rows, int columns, long rowBytes, boolean finite) {

    private static final ValueLayout.OfLong FOUR = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort ONE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long EXPONENTS = 0x7C00_7C00_7C00_7C00L;

    /**
     * The tensor where it lies, or a copy of it in {@code arena} where that is the heap.
     *
     * @param multiplied whether products read it, so that it is worth looking at every number once; a table, of which single rows are read,
     *                   is not
     */
    public static Matrix of(Tensor tensor, Arena arena, boolean multiplied) {
        MemorySegment data = tensor.data();
        if (!data.isNative()) {
            data = arena.allocate(data.byteSize()).copyFrom(data).asReadOnly();
        }
        return new Matrix(tensor.type(), data, tensor.rows(), tensor.columns(), tensor.rowBytes(),
                tensor.type() == WeightType.F16 && multiplied && finiteHalves(data));
    }

    /** An exponent of ones is what infinities and NaNs have: adding its lowest bit carries into the sign's place, which was cleared. */
    private static boolean finiteHalves(MemorySegment data) {
        long words = data.byteSize() / Long.BYTES;
        for (long start = 0; start < words; start += 1 << 16) {
            int count = (int) Math.min(1 << 16, words - start);
            long carried = 0;
            for (int i = 0; i < count; i++) {
                carried |= (data.get(FOUR, (start + i) * Long.BYTES) & EXPONENTS) + 0x0400_0400_0400_0400L;
            }
            if ((carried & 0x8000_8000_8000_8000L) != 0) {
                return false;
            }
        }
        for (long at = words * Long.BYTES; at < data.byteSize(); at += Short.BYTES) {
            if (!Float.isFinite(Float.float16ToFloat(data.get(ONE, at)))) {
                return false;
            }
        }
        return true;
    }
}
