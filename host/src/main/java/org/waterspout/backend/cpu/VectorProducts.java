package org.waterspout.backend.cpu;

import static org.waterspout.backend.cpu.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.VectorShapes.HALF;
import static org.waterspout.backend.cpu.VectorShapes.INTS;
import static org.waterspout.backend.cpu.VectorShapes.LITTLE;
import static org.waterspout.backend.cpu.VectorShapes.SHORTS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.waterspout.model.WeightType;

/**
 * Products of stored weights with one row of floats. Quants become floats in registers and are multiplied by the row as it is:
 * nothing is rounded, and with 512-bit vectors this takes no more instructions than 8-bit sums. Rows that are
 * computed together lie far apart, because neighbouring short rows defeat the prefetcher.
 */
final class VectorProducts {

    private VectorProducts() {
    }

    /** Where in scratch the input's block sums, or a decoded row, begin: after the lanes of sums. */
    static final int AFTER_SUMS = CpuKernels.STAGED * 4 * COUNT;

    static void multiply(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        if (from == to) {
            return;
        }
        if (VectorShapes.READS_BEYOND && to == weights.rows() && weights.type().blockLength() > 1) {
            decoded(weights, to - 1, x, out, outAt + to - 1, scratch);
            multiplyWithin(weights, from, to - 1, x, out, outAt, scratch);
        } else {
            multiplyWithin(weights, from, to, x, out, outAt, scratch);
        }
    }

    private static void multiplyWithin(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        switch (weights.type()) {
            case Q8_0, I8_32 -> {
                if (COUNT == 16) {
                    wide(weights, from, to, x, out, outAt, scratch);
                } else {
                    pairs(weights, from, to, x, out, outAt, scratch);
                }
            }
            case Q4_0, Q4_1 -> {
                blockSums(weights.columns() / 32, x, 0, weights.type() == WeightType.Q4_0 ? -8f / COUNT : 1f / COUNT, scratch, AFTER_SUMS);
                if (COUNT == 16) {
                    wide(weights, from, to, x, out, outAt, scratch);
                } else {
                    pairs(weights, from, to, x, out, outAt, scratch);
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

    private static void decoded(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        for (int row = from; row < to; row++) {
            decoded(weights, row, x, out, outAt + row, scratch);
        }
    }

    /** Puts x times 2^56 into scratch for {@link #f16}; returns whether that is of use. */
    private static boolean scaled(float[] x, int columns, float[] scratch) {
        float largest = 0;
        for (int k = 0; k < columns; k++) {
            float input = x[k];
            largest = Math.max(largest, Math.abs(input));
            scratch[AFTER_SUMS + k] = input * 0x1p56f;
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
        if (weights.type() == WeightType.Q8_0) {
            WideProducts.q8(weights.data(), p, q, r, s, weights.columns(), x, scratch, sumsAt);
        } else if (weights.type() == WeightType.I8_32) {
            WideProducts.i8(weights.data(), p, q, r, s, weights.columns(), x, scratch, sumsAt);
        } else if (weights.type() == WeightType.Q4_0) {
            WideProducts.q4(weights.data(), p, q, r, s, weights.columns(), x, scratch, sumsAt);
        } else {
            WideProducts.q4WithLeast(weights.data(), p, q, r, s, weights.columns(), x, scratch, sumsAt);
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
                case Q8_0 -> q8(data, p, r, columns, x, out, o, u, scratch);
                case I8_32 -> i8(data, p, r, columns, x, out, o, u, scratch);
                case Q4_0 -> q4(data, p, r, columns, x, out, o, u, scratch);
                case Q4_1 -> q4WithLeast(data, p, r, columns, x, out, o, u, scratch);
                case Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
                        throw new IllegalStateException("decoded before: " + weights.type());
            }
        }
    }

    /**
     * Sums of x, from {@code xAt} on, by block of 32, times {@code factor}: what the offsets of weights are multiplied by. They go to
     * {@code sumsAt} on.
     */
    static void blockSums(int blocks, float[] x, int xAt, float factor, float[] scratch, int sumsAt) {
        for (int b = 0; b < blocks; b++) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int j = 0; j < 32; j += COUNT) {
                sum = sum.add(FloatVector.fromArray(FLOATS, x, xAt + b * 32 + j));
            }
            scratch[sumsAt + b] = VectorShapes.sum(sum, scratch, 0) * factor;
        }
    }

    private static void decoded(Matrix weights, int row, float[] x, float[] out, int o, float[] scratch) {
        int columns = weights.columns();
        VectorTiles.decode(weights, row, row + 1, scratch, AFTER_SUMS);
        FloatVector sum = FloatVector.zero(FLOATS);
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            sum = FloatVector.fromArray(FLOATS, scratch, AFTER_SUMS + k).fma(FloatVector.fromArray(FLOATS, x, k), sum);
        }
        float total = VectorShapes.sum(sum, scratch, 0);
        for (; k < columns; k++) {
            total += scratch[AFTER_SUMS + k] * x[k];
        }
        out[o] = total;
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
        float s = VectorShapes.sum(a, scratch, 0) * 0x1p56f;
        float t = VectorShapes.sum(b, scratch, COUNT) * 0x1p56f;
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

    private static void q8(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 34, r += 34) {
            FloatVector s = FloatVector.zero(FLOATS);
            FloatVector t = s;
            for (int j = 0; j < 32; j += COUNT) {
                FloatVector input = FloatVector.fromArray(FLOATS, x, k + j);
                s = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + 2 + j, LITTLE).castShape(FLOATS, 0)).fma(input, s);
                t = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, r + 2 + j, LITTLE).castShape(FLOATS, 0)).fma(input, t);
            }
            a = s.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r))), b);
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }

    private static void i8(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 36, r += 36) {
            FloatVector s = FloatVector.zero(FLOATS);
            FloatVector t = s;
            for (int j = 0; j < 32; j += COUNT) {
                FloatVector input = FloatVector.fromArray(FLOATS, x, k + j);
                s = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + 4 + j, LITTLE).castShape(FLOATS, 0)).fma(input, s);
                t = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, r + 4 + j, LITTLE).castShape(FLOATS, 0)).fma(input, t);
            }
            a = s.fma(FloatVector.broadcast(FLOATS, Float.intBitsToFloat(data.get(VectorShapes.WORD, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.intBitsToFloat(data.get(VectorShapes.WORD, r))), b);
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }

    /** d * (sum of q * x - 8 * sum of x): the second sum starts the first, spread over the lanes. */
    private static void q4(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 18, r += 18) {
            FloatVector s = FloatVector.broadcast(FLOATS, scratch[AFTER_SUMS + (k >> 5)]);
            FloatVector t = s;
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16 + j);
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 2 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                s = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, s);
                s = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, s);
                pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + 2 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                t = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, t);
                t = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, t);
            }
            a = s.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r))), b);
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }

    /** d * sum of q * x + m * sum of x, the second spread over the lanes. */
    private static void q4WithLeast(MemorySegment data, long p, long r, int columns, float[] x, float[] out, int o, int u,
            float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 20, r += 20) {
            FloatVector s = FloatVector.zero(FLOATS);
            FloatVector t = s;
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, k + 16 + j);
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                s = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, s);
                s = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, s);
                pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                t = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, t);
                t = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, t);
            }
            FloatVector sum = FloatVector.broadcast(FLOATS, scratch[AFTER_SUMS + (k >> 5)]);
            a = sum.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p + 2))), a);
            b = sum.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r + 2))), b);
            a = s.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r))), b);
        }
        out[o] = VectorShapes.sum(a, scratch, 0);
        out[u] = VectorShapes.sum(b, scratch, COUNT);
    }
}
