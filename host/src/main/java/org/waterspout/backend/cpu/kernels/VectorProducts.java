package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.HALF;
import static org.waterspout.backend.cpu.kernels.VectorShapes.INTS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.LITTLE;
import static org.waterspout.backend.cpu.kernels.VectorShapes.SHORTS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of stored weights with one row of floats. Weights become floats in registers, scaled as they are stored, and are multiplied by
 * the row as it is: nothing is rounded to less than a float. Products are added in one order to one vector of sums, the
 * same order as in {@link VectorRows}. Rows that are computed together lie far apart, because neighbouring short rows defeat the
 * prefetcher.
 */
final class VectorProducts {

    private VectorProducts() {
    }

    /** Where in scratch the input in another order, or decoded rows, begin: after the lanes of sums. */
    static final int AFTER_SUMS = CpuKernels.STAGED * 4 * COUNT;
    /** By how much less {@link #f16} takes halves than they are. */
    static final float HALVES = 0x1p56f;
    /** Rows that are decoded at a time where no kernel multiplies them as they are stored. */
    private static final int DECODED = 6;

    static void multiply(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        if (from == to) {
            return;
        }
        switch (weights.type()) {
            case Q8_0, I8_32 -> {
                if (COUNT == 16) {
                    wide(weights, from, to, x, out, outAt, scratch);
                } else {
                    VectorBlocks.arrange(weights.type(), x, 0, weights.columns(), scratch, AFTER_SUMS);
                    pairs(weights, from, to, x, out, outAt, scratch);
                }
            }
            case Q4_0, Q4_1 -> {
                if (COUNT == 16) {
                    wide(weights, from, to, x, out, outAt, scratch);
                } else {
                    pairs(weights, from, within(weights, to), x, out, outAt, scratch);
                    decoded(weights, within(weights, to), to, x, out, outAt, scratch);
                }
            }
            case F32, BF16 -> pairs(weights, from, to, x, out, outAt, scratch);
            case F16 -> {
                if (weights.finite() && scaled(x, weights.columns(), scratch)) {
                    pairs(weights, from, to, x, out, outAt, scratch);
                } else {
                    decoded(weights, from, to, x, out, outAt, scratch);
                }
            }
            case Q4_K, Q6_K, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, IQ4_XS ->
                    decoded(weights, from, to, x, out, outAt, scratch);
        }
    }

    /** As {@link VectorRows} multiplies several rows. */
    private static void decoded(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        int columns = weights.columns();
        float[] input = x;
        int inputAt = 0;
        if (VectorBlocks.arranges(weights.type())) {
            input = scratch;
            inputAt = AFTER_SUMS + DECODED * columns;
            VectorBlocks.arrange(weights.type(), x, 0, columns, input, inputAt);
        }
        for (int row = from; row < to; row += DECODED) {
            int count = Math.min(DECODED, to - row);
            VectorBlocks.decode(weights, row, row + count, 1, scratch, AFTER_SUMS);
            VectorRows.products(scratch, AFTER_SUMS, count, columns, input, inputAt, 1, scratch);
            VectorRows.sums(scratch, AFTER_SUMS, count, columns, 1, input, inputAt, 1, scratch, out, outAt + row, 0);
        }
    }

    /** The rows that may be read in whole vectors: all but the matrix's last, where a vector of bytes has more lanes than are in use. */
    static int within(Matrix weights, int to) {
        return VectorShapes.READS_BEYOND && to == weights.rows() ? to - 1 : to;
    }

    /** Of a block of bytes. */
    static float scale(MemorySegment data, long at, int header) {
        return header == 2 ? Float.float16ToFloat(data.get(HALF, at)) : Float.intBitsToFloat(data.get(VectorShapes.WORD, at));
    }

    /** What nibbles of 0 stand for in a block that begins with a scale alone, or with the scale and this number. */
    static float min(MemorySegment data, long at, int header) {
        return header == 4 ? Float.float16ToFloat(data.get(HALF, at + 2)) : -8 * Float.float16ToFloat(data.get(HALF, at));
    }

    /** Puts x times 2^56 into scratch for {@link #f16}; returns whether that is of use. */
    private static boolean scaled(float[] x, int columns, float[] scratch) {
        float largest = 0;
        for (int k = 0; k < columns; k++) {
            float input = x[k];
            largest = Math.max(largest, Math.abs(input));
            scratch[AFTER_SUMS + k] = input * HALVES;
        }
        return scales(largest);
    }

    /**
     * Where the largest of a row is so large or so small that products of some halves would overflow or underflow, {@link #f16} is of no
     * use.
     */
    private static boolean scales(float largest) {
        return largest == 0 || largest > 0x1p-20f && largest < 0x1p70f;
    }

    /** Whether {@link #multiply} takes the row of x from {@code at} on to {@link #f16}. */
    static boolean scales(float[] x, int at, int columns) {
        float largest = 0;
        for (int k = at; k < at + columns; k++) {
            largest = Math.max(largest, Math.abs(x[k]));
        }
        return scales(largest);
    }

    /**
     * Four rows at a time, a quarter of the range apart; where the range is no multiple of four, its last row is computed again.
     * Lanes are added up some rows later, when their stores are no longer on the way.
     */
    private static void wide(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        int quarter = (to - from + 3) / 4;
        for (int start = from; start < from + quarter; start += CpuKernels.STAGED) {
            int count = Math.min(CpuKernels.STAGED, from + quarter - start);
            for (int i = 0; i < count; i++) {
                four(weights, start + i, quarter, to - 1, x, scratch, i * 4 * COUNT);
            }
            for (int i = 0; i < count; i++) {
                for (int part = 0; part < 4; part++) {
                    int row = Math.min(start + i + part * quarter, to - 1);
                    out[outAt + row] = VectorShapes.sum(scratch, (i * 4 + part) * COUNT);
                }
            }
        }
    }

    private static void four(Matrix weights, int row, int apart, int last, float[] x, float[] scratch, int sumsAt) {
        long rowBytes = weights.rowBytes();
        long p = row * rowBytes;
        long q = Math.min(row + apart, last) * rowBytes;
        long r = Math.min(row + 2 * apart, last) * rowBytes;
        long s = Math.min(row + 3 * apart, last) * rowBytes;
        int columns = weights.columns();
        switch (weights.type()) {
            case Q8_0 -> WideProducts.q8(weights.data(), p, q, r, s, 2, columns, x, scratch, sumsAt);
            case I8_32 -> WideProducts.q8(weights.data(), p, q, r, s, 4, columns, x, scratch, sumsAt);
            case Q4_0 -> WideProducts.q4(weights.data(), p, q, r, s, 2, columns, x, scratch, sumsAt);
            case Q4_1 -> WideProducts.q4(weights.data(), p, q, r, s, 4, columns, x, scratch, sumsAt);
            default -> throw new IllegalStateException("not multiplied four rows at a time: " + weights.type());
        }
    }

    /** Two rows at a time, half the range apart; the last row of an odd range is computed twice. */
    private static void pairs(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        MemorySegment data = weights.data();
        int columns = weights.columns();
        long rowBytes = weights.rowBytes();
        int half = (to - from + 1) / 2;
        for (int first = from; first < from + half; first++) {
            int second = Math.min(first + half, to - 1);
            long p = first * rowBytes;
            long r = second * rowBytes;
            int o = outAt + first;
            int u = outAt + second;
            switch (weights.type()) {
                case F32 -> f32(data, p, r, columns, x, out, o, u, scratch);
                case F16 -> f16(data, p, r, columns, x, out, o, u, scratch);
                case BF16 -> bf16(data, p, r, columns, x, out, o, u, scratch);
                case Q8_0 -> q8(data, p, r, 2, columns, out, o, u, scratch);
                case I8_32 -> q8(data, p, r, 4, columns, out, o, u, scratch);
                case Q4_0 -> q4(data, p, r, columns, x, out, o, u, scratch);
                case Q4_1 -> q4WithMin(data, p, r, columns, x, out, o, u, scratch);
                case Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS
                        -> throw new IllegalStateException("decoded before: " + weights.type());
            }
        }
    }

    private static void f32(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, k);
            a = FloatVector.fromMemorySegment(FLOATS, data, p + 4L * k, LITTLE).fma(input, a);
            b = FloatVector.fromMemorySegment(FLOATS, data, r + 4L * k, LITTLE).fma(input, b);
        }
        float s = VectorShapes.sum(a, scratch, 0);
        float t = VectorShapes.sum(b, scratch, COUNT);
        for (; k < columns; k++) {
            s += Float.intBitsToFloat(data.get(VectorShapes.WORD, p + 4L * k)) * x[k];
            t += Float.intBitsToFloat(data.get(VectorShapes.WORD, r + 4L * k)) * x[k];
        }
        out[o] = s;
        out[u] = t;
    }

    /**
     * Sign, exponent and fraction moved into a float's place are the number times 2^-112. Half of that is made up for on the input,
     * which {@link #scaled} has put into scratch, and half on the sum, so that neither overflows nor underflows.
     */
    private static void f16(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, scratch, AFTER_SUMS + k);
            a = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, p + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().fma(input, a);
            b = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, r + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().fma(input, b);
        }
        float s = VectorShapes.sum(a, scratch, 0) * HALVES;
        float t = VectorShapes.sum(b, scratch, COUNT) * HALVES;
        for (; k < columns; k++) {
            s += Float.float16ToFloat(data.get(HALF, p + 2L * k)) * x[k];
            t += Float.float16ToFloat(data.get(HALF, r + 2L * k)) * x[k];
        }
        out[o] = s;
        out[u] = t;
    }

    private static void bf16(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, k);
            a = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, p + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(input, a);
            b = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, r + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(input, b);
        }
        float s = VectorShapes.sum(a, scratch, 0);
        float t = VectorShapes.sum(b, scratch, COUNT);
        for (; k < columns; k++) {
            s += Float.intBitsToFloat(data.get(HALF, p + 2L * k) << 16) * x[k];
            t += Float.intBitsToFloat(data.get(HALF, r + 2L * k) << 16) * x[k];
        }
        out[o] = s;
        out[u] = t;
    }

    /** A scale of {@code header} bytes before 32 bytes; the input lies in scratch, as {@link VectorBlocks#arrange} has put it. */
    private static void q8(MemorySegment data, long p, long r, int header, int columns, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += header + 32, r += header + 32) {
            FloatVector first = FloatVector.broadcast(FLOATS, scale(data, p, header));
            FloatVector second = FloatVector.broadcast(FLOATS, scale(data, r, header));
            for (int h = 0; h < 32; h += 4 * COUNT) {
                IntVector s = IntVector.fromMemorySegment(INTS, data, p + header + h, LITTLE);
                IntVector t = IntVector.fromMemorySegment(INTS, data, r + header + h, LITTLE);
                for (int j = 0; j < 4 * COUNT; j += COUNT) {
                    FloatVector input = FloatVector.fromArray(FLOATS, scratch, AFTER_SUMS + k + h + j);
                    a = ((FloatVector) s.lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(first).fma(input, a);
                    b = ((FloatVector) t.lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(second).fma(input, b);
                    s = s.lanewise(VectorOperators.LSHL, 8);
                    t = t.lanewise(VectorOperators.LSHL, 8);
                }
            }
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }

    private static void q4(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 18, r += 18) {
            FloatVector first = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector second = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r)));
            FloatVector min = first.mul(-8f);
            FloatVector other = second.mul(-8f);
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16 + j);
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 2 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                a = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(first, min).fma(low, a);
                a = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(first, min).fma(high, a);
                pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + 2 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                b = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(second, other).fma(low, b);
                b = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(second, other).fma(high, b);
            }
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }

    private static void q4WithMin(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u,
            float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 20, r += 20) {
            FloatVector first = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector second = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r)));
            FloatVector min = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p + 2)));
            FloatVector other = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r + 2)));
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16 + j);
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                a = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(first, min).fma(low, a);
                a = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(first, min).fma(high, a);
                pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                b = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(second, other).fma(low, b);
                b = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(second, other).fma(high, b);
            }
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }
}
