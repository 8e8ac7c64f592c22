package org.waterspout.backend.cpu;

import static org.waterspout.backend.cpu.Lanes.BYTES;
import static org.waterspout.backend.cpu.Lanes.COUNT;
import static org.waterspout.backend.cpu.Lanes.FLOATS;
import static org.waterspout.backend.cpu.Lanes.HALF;
import static org.waterspout.backend.cpu.Lanes.INTS;
import static org.waterspout.backend.cpu.Lanes.LITTLE;
import static org.waterspout.backend.cpu.Lanes.SHORTS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of stored weights with one row of floats. Quants become floats in registers and are multiplied by the row as it is:
 * nothing is rounded, and with 512-bit vectors this takes no more instructions than 8-bit sums. Each call works on two rows half
 * the range apart, because two neighbouring short rows defeat the prefetcher.
 */
final class VectorProducts {

    private VectorProducts() {
    }

    static void multiply(Matrix weights, int from, int to, float[] x, int xAt, float[] out, int outAt, float[] scratch) {
        MemorySegment data = weights.data();
        int columns = weights.columns();
        long rowBytes = weights.rowBytes();
        int half = (to - from + 1) / 2;
        prepare(weights, x, xAt, scratch);
        for (int i = 0; i < half; i++) {
            int first = from + i;
            int second = Math.min(from + half + i, to - 1); // an odd last row is computed twice
            long p = first * rowBytes;
            long r = second * rowBytes;
            int o = outAt + first;
            int u = outAt + second;
            switch (weights.type()) {
                case F32 -> f32(data, p, r, columns, x, xAt, out, o, u, scratch);
                case F16 -> f16(data, p, r, columns, x, xAt, out, o, u, scratch);
                case BF16 -> bf16(data, p, r, columns, x, xAt, out, o, u, scratch);
                case Q8_0 -> q8(data, p, r, columns, x, xAt, out, o, u, scratch);
                case Q4_0 -> q4(data, p, r, columns, x, xAt, out, o, u, scratch);
                case Q4_1 -> q4m(data, p, r, columns, x, xAt, out, o, u, scratch);
                case Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> {
                    decoded(weights, first, columns, x, xAt, out, o, scratch);
                    decoded(weights, second, columns, x, xAt, out, u, scratch);
                }
            }
        }
    }

    /** Sums of x by block of 32, in scratch from 2 * COUNT on: what offsets of weights are multiplied by. */
    private static void prepare(Matrix weights, float[] x, int xAt, float[] scratch) {
        switch (weights.type()) {
            case Q4_0, Q4_1 -> {
                for (int b = 0; b < weights.columns() / 32; b++) {
                    FloatVector sum = FloatVector.zero(FLOATS);
                    for (int j = 0; j < 32; j += COUNT) {
                        sum = sum.add(FloatVector.fromArray(FLOATS, x, xAt + b * 32 + j));
                    }
                    scratch[2 * COUNT + b] = Lanes.sum(sum, scratch, 0);
                }
            }
            case F32, F16, BF16, Q8_0, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> { }
        }
    }

    private static void decoded(Matrix weights, int row, int columns, float[] x, int xAt, float[] out, int o, float[] scratch) {
        int at = 2 * COUNT;
        weights.type().decode(weights.data(), row * weights.rowBytes(), scratch, at, columns);
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int k = 0; k < columns; k += COUNT) { // blocks of 32 or 256: no tail
            sum = FloatVector.fromArray(FLOATS, scratch, at + k).fma(FloatVector.fromArray(FLOATS, x, xAt + k), sum);
        }
        out[o] = Lanes.sum(sum, scratch, 0);
    }

    private static void f32(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, xAt + k);
            a = FloatVector.fromMemorySegment(FLOATS, data, p + 4L * k, LITTLE).fma(input, a);
            b = FloatVector.fromMemorySegment(FLOATS, data, r + 4L * k, LITTLE).fma(input, b);
        }
        float s = Lanes.sum(a, scratch, 0);
        float t = Lanes.sum(b, scratch, COUNT);
        for (; k < columns; k++) {
            s += Float.intBitsToFloat(data.get(Lanes.WORD, p + 4L * k)) * x[xAt + k];
            t += Float.intBitsToFloat(data.get(Lanes.WORD, r + 4L * k)) * x[xAt + k];
        }
        out[o] = s;
        out[u] = t;
    }

    /**
     * Sign, exponent and fraction moved into a float's place are the number times 2^-112. Half of that is made up for on the input
     * and half on the sum, so that neither overflows nor underflows.
     */
    private static void f16(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, xAt + k).mul(0x1p56f);
            a = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, p + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().fma(input, a);
            b = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, r + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000).reinterpretAsFloats().fma(input, b);
        }
        float s = Lanes.sum(a, scratch, 0) * 0x1p56f;
        float t = Lanes.sum(b, scratch, COUNT) * 0x1p56f;
        for (; k < columns; k++) {
            s += Float.float16ToFloat(data.get(HALF, p + 2L * k)) * x[xAt + k];
            t += Float.float16ToFloat(data.get(HALF, r + 2L * k)) * x[xAt + k];
        }
        out[o] = s;
        out[u] = t;
    }

    private static void bf16(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        int k = 0;
        for (; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, xAt + k);
            a = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, p + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(input, a);
            b = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, r + 2L * k, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(input, b);
        }
        float s = Lanes.sum(a, scratch, 0);
        float t = Lanes.sum(b, scratch, COUNT);
        for (; k < columns; k++) {
            s += Float.intBitsToFloat(data.get(HALF, p + 2L * k) << 16) * x[xAt + k];
            t += Float.intBitsToFloat(data.get(HALF, r + 2L * k) << 16) * x[xAt + k];
        }
        out[o] = s;
        out[u] = t;
    }

    private static void q8(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 34, r += 34) {
            FloatVector s = FloatVector.zero(FLOATS);
            FloatVector t = s;
            for (int j = 0; j < 32; j += COUNT) {
                FloatVector input = FloatVector.fromArray(FLOATS, x, xAt + k + j);
                s = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + 2 + j, LITTLE).castShape(FLOATS, 0)).fma(input, s);
                t = ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, r + 2 + j, LITTLE).castShape(FLOATS, 0)).fma(input, t);
            }
            a = s.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r))), b);
        }
        out[o] = Lanes.sum(a, scratch, 0);
        out[u] = Lanes.sum(b, scratch, COUNT);
    }

    /** d * (sum of q * x - 8 * sum of x): the second sum starts the first, spread over the lanes. */
    private static void q4(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int k = 0; k < columns; k += 32, p += 18, r += 18) {
            FloatVector s = FloatVector.broadcast(FLOATS, scratch[2 * COUNT + (k >> 5)] * (-8f / COUNT));
            FloatVector t = s;
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, xAt + k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, xAt + k + 16 + j);
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
        out[o] = Lanes.sum(a, scratch, 0);
        out[u] = Lanes.sum(b, scratch, COUNT);
    }

    /** d * sum of q * x + m * sum of x. */
    private static void q4m(MemorySegment data, long p, long r, int columns, float[] x, int xAt, float[] out, int o, int u, float[] scratch) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        float offsetA = 0;
        float offsetB = 0;
        for (int k = 0; k < columns; k += 32, p += 20, r += 20) {
            FloatVector s = FloatVector.zero(FLOATS);
            FloatVector t = s;
            for (int j = 0; j < 16; j += COUNT) {
                FloatVector low = FloatVector.fromArray(FLOATS, x, xAt + k + j);
                FloatVector high = FloatVector.fromArray(FLOATS, x, xAt + k + 16 + j);
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                s = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, s);
                s = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, s);
                pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, r + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                t = ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(low, t);
                t = ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(high, t);
            }
            float sum = scratch[2 * COUNT + (k >> 5)];
            offsetA += Float.float16ToFloat(data.get(HALF, p + 2)) * sum;
            offsetB += Float.float16ToFloat(data.get(HALF, r + 2)) * sum;
            a = s.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p))), a);
            b = t.fma(FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, r))), b);
        }
        out[o] = Lanes.sum(a, scratch, 0) + offsetA;
        out[u] = Lanes.sum(b, scratch, COUNT) + offsetB;
    }
}
