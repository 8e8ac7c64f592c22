package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.HALF;
import static org.waterspout.backend.cpu.kernels.VectorShapes.INTS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.LITTLE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The commonest products of {@link VectorProducts} for vectors of 16 floats: a block of 32 is two vectors, written out without an
 * inner loop, and four rows share what is loaded of the input.
 */
final class WideProducts {

    private WideProducts() {
    }

    /**
     * Four rows, beginning at bytes p, q, r and s, of blocks of 32 bytes behind a scale of {@code header} bytes; the lanes of their sums
     * go to scratch [4][COUNT] from {@code sumsAt} on.
     */
    static void q8(MemorySegment data, long p, long q, long r, long s, int header, int columns, float[] x, float[] scratch, int sumsAt) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int bytes = header + 32;
        for (int k = 0; k < columns; k += 32, p += bytes, q += bytes, r += bytes, s += bytes) {
            FloatVector low = FloatVector.fromArray(FLOATS, x, k);
            FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16);
            FloatVector scale = FloatVector.broadcast(FLOATS, VectorProducts.scale(data, p, header));
            a = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header, LITTLE).castShape(FLOATS, 0)).mul(scale).fma(low, a);
            a = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header + 16, LITTLE).castShape(FLOATS, 0)).mul(scale)
                    .fma(high, a);
            scale = FloatVector.broadcast(FLOATS, VectorProducts.scale(data, q, header));
            b = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, q + header, LITTLE).castShape(FLOATS, 0)).mul(scale).fma(low, b);
            b = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, q + header + 16, LITTLE).castShape(FLOATS, 0)).mul(scale)
                    .fma(high, b);
            scale = FloatVector.broadcast(FLOATS, VectorProducts.scale(data, r, header));
            c = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, r + header, LITTLE).castShape(FLOATS, 0)).mul(scale).fma(low, c);
            c = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, r + header + 16, LITTLE).castShape(FLOATS, 0)).mul(scale)
                    .fma(high, c);
            scale = FloatVector.broadcast(FLOATS, VectorProducts.scale(data, s, header));
            d = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, s + header, LITTLE).castShape(FLOATS, 0)).mul(scale).fma(low, d);
            d = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, s + header + 16, LITTLE).castShape(FLOATS, 0)).mul(scale)
                    .fma(high, d);
        }
        a.intoArray(scratch, sumsAt);
        b.intoArray(scratch, sumsAt + COUNT);
        c.intoArray(scratch, sumsAt + 2 * COUNT);
        d.intoArray(scratch, sumsAt + 3 * COUNT);
    }

    /**
     * As {@link #q8} for blocks of 16 bytes of nibbles: Q4_0 (header of 2 bytes: value d * q - 8 d) and Q4_1 (header of 4: value d * q +
     * m).
     */
    static void q4(MemorySegment data, long p, long q, long r, long s, int header, int columns, float[] x, float[] scratch, int sumsAt) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int bytes = header + 16;
        for (int k = 0; k < columns; k += 32, p += bytes, q += bytes, r += bytes, s += bytes) {
            FloatVector low = FloatVector.fromArray(FLOATS, x, k);
            FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16);
            FloatVector scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector min = FloatVector.broadcast(FLOATS, VectorProducts.min(data, p, header));
            IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + header, LITTLE)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            a = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, min).fma(low, a);
            a = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, min).fma(high, a);
            scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, q)));
            min = FloatVector.broadcast(FLOATS, VectorProducts.min(data, q, header));
            pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, q + header, LITTLE)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            b = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, min).fma(low, b);
            b = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, min).fma(high, b);
            scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r)));
            min = FloatVector.broadcast(FLOATS, VectorProducts.min(data, r, header));
            pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + header, LITTLE)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            c = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, min).fma(low, c);
            c = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, min).fma(high, c);
            scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, s)));
            min = FloatVector.broadcast(FLOATS, VectorProducts.min(data, s, header));
            pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, s + header, LITTLE)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            d = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, min).fma(low, d);
            d = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, min).fma(high, d);
        }
        a.intoArray(scratch, sumsAt);
        b.intoArray(scratch, sumsAt + COUNT);
        c.intoArray(scratch, sumsAt + 2 * COUNT);
        d.intoArray(scratch, sumsAt + 3 * COUNT);
    }
}
