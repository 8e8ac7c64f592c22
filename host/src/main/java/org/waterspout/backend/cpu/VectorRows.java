package org.waterspout.backend.cpu;

import static org.waterspout.backend.cpu.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.VectorShapes.HALF;
import static org.waterspout.backend.cpu.VectorShapes.INTS;
import static org.waterspout.backend.cpu.VectorShapes.LITTLE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.waterspout.model.WeightType;

/**
 * Products of stored weights with a few rows of floats, four at a time: a weight is read and decoded once for the four. Each row's sums
 * have the order that {@link VectorProducts} gives them, so that a row comes out the same to the bit whatever the others are.
 */
final class VectorRows {

    /** Bytes of weights that stay in the second-level cache while all rows are multiplied by them. */
    private static final int CACHED = 128 * 1024;
    /** Weight rows whose sums are kept in lanes until their stores are no longer on the way. */
    private static final int STAGED = CpuKernels.STAGED;
    /** Rows up to which each alone takes less time than decoding their weights once. */
    private static final int ALONE = 2;

    private VectorRows() {
    }

    /**
     * As {@link CpuKernels#multiplyRows}. One row or two are multiplied alone, where that takes less time: on one thread of a Zen 3 with
     * 256-bit vectors, 32 weights of Q8_0 by one, four and sixteen rows take 3.2, 6.8 and 27 ns, of Q4_1 4.1, 11.4 and 47, of F16 3.8, 9.9
     * and 26, of Q4_K 12, 11 and 26.
     */
    static void multiply(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        switch (weights.type()) {
            case Q8_0, I8_32, Q4_0, Q4_1 -> {
                int end = VectorShapes.READS_BEYOND && to == weights.rows() && from < to ? to - 1 : to;
                blocks(weights, from, end, x, xRows, out, outAt, outStride, tile, scratch);
                tiles(weights, end, to, x, xRows, out, outAt, outStride, tile, scratch);
            }
            case F16 -> {
                if (xRows <= ALONE) {
                    alone(weights, from, to, x, 0, xRows, out, outAt, outStride, tile, scratch);
                } else if (!weights.finite()) {
                    tiles(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
                } else if (allScaled(x, xRows, weights.columns())) {
                    halves(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
                } else {
                    alone(weights, from, to, x, 0, xRows, out, outAt, outStride, tile, scratch);
                }
            }
            case F32, BF16 -> {
                if (xRows <= ALONE) {
                    alone(weights, from, to, x, 0, xRows, out, outAt, outStride, tile, scratch);
                } else {
                    tiles(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
                }
            }
            case Q4_K, Q6_K, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, IQ4_XS ->
                    tiles(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
        }
    }

    /**
     * Rows {@code firstRow} to {@code endRow} one after the other, on so few weights at a time that only the first reads them from memory.
     */
    private static void alone(Matrix weights, int from, int to, float[] x, int firstRow, int endRow, float[] out, int outAt, int outStride,
            float[] tile, float[] scratch) {
        int some = cached(weights);
        for (int first = from; first < to; first += some) {
            for (int s = firstRow; s < endRow; s++) {
                System.arraycopy(x, s * weights.columns(), tile, 0, weights.columns());
                VectorProducts.multiply(weights, first, Math.min(first + some, to), tile, out, outAt + s * outStride, scratch);
            }
        }
    }

    private static int cached(Matrix weights) {
        return Math.max(STAGED, (int) (CACHED / weights.rowBytes()) / STAGED * STAGED);
    }

    private static boolean allScaled(float[] x, int xRows, int columns) {
        for (int s = 0; s < xRows; s++) {
            if (!VectorProducts.scales(x, s * columns, columns)) {
                return false;
            }
        }
        return true;
    }

    /** Decoded weights some rows at a time. */
    private static void tiles(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        int some = Scratch.tileRows(weights.columns());
        for (int row = from; row < to; row += some) {
            int count = Math.min(some, to - row);
            VectorTiles.decode(weights, row, row + count, tile, 0);
            decoded(tile, count, weights.columns(), 1, x, xRows, out, outAt + row, outStride, scratch);
        }
    }

    /** Halves as {@link VectorProducts} multiplies them: times 2^-56, and the sum times 2^56. Its products are the same numbers. */
    private static void halves(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        int columns = weights.columns();
        int some = Scratch.tileRows(columns);
        for (int row = from; row < to; row += some) {
            int count = Math.min(some, to - row);
            VectorTiles.decodeF16(weights.data(), row * weights.rowBytes(), count * columns, 0x1p56f, tile, 0);
            decoded(tile, count, columns, 0x1p56f, x, xRows, out, outAt + row, outStride, scratch);
        }
    }

    /** out[outAt + s * outStride + r] = factor * tile[r] . x[s]: two weight rows by four rows of input, eight sums. */
    private static void decoded(float[] tile, int rows, int columns, float factor, float[] x, int xRows, float[] out, int outAt,
            int outStride, float[] lanes) {
        for (int s = 0; s < xRows; s += 4) {
            int count = Math.min(4, xRows - s);
            for (int start = 0; start < rows; start += STAGED) {
                int end = Math.min(rows, start + STAGED);
                for (int row = start; row < end; row += 2) {
                    int other = Math.min(row + 1, end - 1); // an odd last row is computed twice
                    twoByFour(tile, row * columns, other * columns, columns, x, s * columns, count, lanes, (row - start) * 4 * COUNT,
                            (other - start) * 4 * COUNT);
                }
                for (int row = start; row < end; row++) {
                    for (int i = 0; i < count; i++) {
                        float sum = VectorShapes.sum(lanes, ((row - start) * 4 + i) * COUNT) * factor;
                        for (int k = columns / COUNT * COUNT; k < columns; k++) { // beyond the last whole vector
                            sum += tile[row * columns + k] * factor * x[(s + i) * columns + k];
                        }
                        out[outAt + (s + i) * outStride + row] = sum;
                    }
                }
            }
        }
    }

    /**
     * Lanes of the sums of row w go to {@code lanesW} on, four vectors, of row v to {@code lanesV} on; {@code count} of the four are
     * wanted.
     */
    private static void twoByFour(float[] tile, int w, int v, int columns, float[] x, int x0, int count, float[] lanes, int lanesW,
            int lanesV) {
        int x1 = x0 + (count > 1 ? columns : 0);
        int x2 = x0 + (count > 2 ? 2 * columns : 0);
        int x3 = x0 + (count > 3 ? 3 * columns : 0);
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        for (int k = 0; k + COUNT <= columns; k += COUNT) {
            FloatVector a = FloatVector.fromArray(FLOATS, tile, w + k);
            FloatVector b = FloatVector.fromArray(FLOATS, tile, v + k);
            FloatVector input = FloatVector.fromArray(FLOATS, x, x0 + k);
            a0 = input.fma(a, a0);
            b0 = input.fma(b, b0);
            input = FloatVector.fromArray(FLOATS, x, x1 + k);
            a1 = input.fma(a, a1);
            b1 = input.fma(b, b1);
            input = FloatVector.fromArray(FLOATS, x, x2 + k);
            a2 = input.fma(a, a2);
            b2 = input.fma(b, b2);
            input = FloatVector.fromArray(FLOATS, x, x3 + k);
            a3 = input.fma(a, a3);
            b3 = input.fma(b, b3);
        }
        a0.intoArray(lanes, lanesW);
        a1.intoArray(lanes, lanesW + COUNT);
        a2.intoArray(lanes, lanesW + 2 * COUNT);
        a3.intoArray(lanes, lanesW + 3 * COUNT);
        b0.intoArray(lanes, lanesV);
        b1.intoArray(lanes, lanesV + COUNT);
        b2.intoArray(lanes, lanesV + 2 * COUNT);
        b3.intoArray(lanes, lanesV + 3 * COUNT);
    }

    /** Blocks of 32 bytes or nibbles: some weight rows, then the next four rows of input on the same weights. */
    private static void blocks(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        int columns = weights.columns();
        int some = cached(weights);
        boolean nibbles = weights.type() == WeightType.Q4_0 || weights.type() == WeightType.Q4_1;
        float factor = weights.type() == WeightType.Q4_0 ? -8f / COUNT : 1f / COUNT;
        for (int first = from; first < to; first += some) {
            int last = Math.min(first + some, to);
            for (int s = 0; s < xRows; s += 4) {
                int count = Math.min(4, xRows - s);
                if (count <= ALONE) {
                    alone(weights, first, last, x, s, xRows, out, outAt, outStride, tile, scratch);
                    continue;
                }
                for (int i = 0; nibbles && i < 4; i++) {
                    VectorProducts.blockSums(columns / 32, x, (s + Math.min(i, count - 1)) * columns, factor, scratch,
                            VectorProducts.AFTER_SUMS + i * (columns / 32));
                }
                for (int start = first; start < last; start += STAGED) {
                    int end = Math.min(start + STAGED, last);
                    for (int row = start; row < end; row++) {
                        four(weights, row, x, s * columns, count, scratch, (row - start) * 4 * COUNT);
                    }
                    for (int row = start; row < end; row++) {
                        for (int i = 0; i < count; i++) {
                            out[outAt + (s + i) * outStride + row] = VectorShapes.sum(scratch, ((row - start) * 4 + i) * COUNT);
                        }
                    }
                }
            }
        }
    }

    private static void four(Matrix weights, int row, float[] x, int x0, int count, float[] scratch, int sumsAt) {
        int columns = weights.columns();
        int x1 = x0 + (count > 1 ? columns : 0);
        int x2 = x0 + (count > 2 ? 2 * columns : 0);
        int x3 = x0 + (count > 3 ? 3 * columns : 0);
        long p = row * weights.rowBytes();
        switch (weights.type()) {
            case Q8_0 -> q8(weights.data(), p, 2, columns, x, x0, x1, x2, x3, scratch, sumsAt);
            case I8_32 -> q8(weights.data(), p, 4, columns, x, x0, x1, x2, x3, scratch, sumsAt);
            case Q4_0 -> q4(weights.data(), p, columns, x, x0, x1, x2, x3, scratch, sumsAt);
            case Q4_1 -> q4WithLeast(weights.data(), p, columns, x, x0, x1, x2, x3, scratch, sumsAt);
            default -> throw new IllegalStateException("multiplied in tiles: " + weights.type());
        }
    }

    /** A scale of {@code header} bytes before 32 bytes: one row of weights by four rows of input, whose lanes go to scratch [4][COUNT]. */
    private static void q8(MemorySegment data, long p, int header, int columns, float[] x, int x0, int x1, int x2, int x3, float[] scratch,
            int sumsAt) {
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int k = 0; k < columns; k += 32, p += 32 + header) {
            FloatVector scale = FloatVector.broadcast(FLOATS, header == 2 ? Float.float16ToFloat(data.get(HALF, p))
                    : Float.intBitsToFloat(data.get(VectorShapes.WORD, p)));
            if (COUNT == 16) {
                FloatVector low = (FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header, LITTLE).castShape(FLOATS, 0);
                FloatVector high = (FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header + 16, LITTLE).castShape(FLOATS, 0);
                a0 = low.fma(FloatVector.fromArray(FLOATS, x, x0 + k), high.mul(FloatVector.fromArray(FLOATS, x, x0 + k + 16)))
                        .fma(scale, a0);
                a1 = low.fma(FloatVector.fromArray(FLOATS, x, x1 + k), high.mul(FloatVector.fromArray(FLOATS, x, x1 + k + 16)))
                        .fma(scale, a1);
                a2 = low.fma(FloatVector.fromArray(FLOATS, x, x2 + k), high.mul(FloatVector.fromArray(FLOATS, x, x2 + k + 16)))
                        .fma(scale, a2);
                a3 = low.fma(FloatVector.fromArray(FLOATS, x, x3 + k), high.mul(FloatVector.fromArray(FLOATS, x, x3 + k + 16)))
                        .fma(scale, a3);
                continue;
            }
            FloatVector s0 = FloatVector.zero(FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < 32; j += COUNT) {
                FloatVector weight = (FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header + j, LITTLE).castShape(FLOATS, 0);
                s0 = weight.fma(FloatVector.fromArray(FLOATS, x, x0 + k + j), s0);
                s1 = weight.fma(FloatVector.fromArray(FLOATS, x, x1 + k + j), s1);
                s2 = weight.fma(FloatVector.fromArray(FLOATS, x, x2 + k + j), s2);
                s3 = weight.fma(FloatVector.fromArray(FLOATS, x, x3 + k + j), s3);
            }
            a0 = s0.fma(scale, a0);
            a1 = s1.fma(scale, a1);
            a2 = s2.fma(scale, a2);
            a3 = s3.fma(scale, a3);
        }
        a0.intoArray(scratch, sumsAt);
        a1.intoArray(scratch, sumsAt + COUNT);
        a2.intoArray(scratch, sumsAt + 2 * COUNT);
        a3.intoArray(scratch, sumsAt + 3 * COUNT);
    }

    /** d * (sum of q * x - 8 * sum of x): the second sums, [4][blocks] after the lanes, start the first, spread over the lanes. */
    private static void q4(MemorySegment data, long p, int columns, float[] x, int x0, int x1, int x2, int x3, float[] scratch,
            int sumsAt) {
        int blocks = columns / 32;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int k = 0, b = VectorProducts.AFTER_SUMS; k < columns; k += 32, p += 18, b++) {
            FloatVector scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector s0 = FloatVector.broadcast(FLOATS, scratch[b]);
            FloatVector s1 = FloatVector.broadcast(FLOATS, scratch[b + blocks]);
            FloatVector s2 = FloatVector.broadcast(FLOATS, scratch[b + 2 * blocks]);
            FloatVector s3 = FloatVector.broadcast(FLOATS, scratch[b + 3 * blocks]);
            for (int j = 0; j < 16; j += COUNT) {
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 2 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                FloatVector low = (FloatVector) pair.and(15).castShape(FLOATS, 0);
                FloatVector high = (FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0);
                int i = k + (COUNT == 16 ? 16 : j); // which half comes first is what one row alone has: the upper one in vectors of 16
                int l = k + (COUNT == 16 ? 0 : j + 16);
                FloatVector first = COUNT == 16 ? high : low;
                FloatVector second = COUNT == 16 ? low : high;
                s0 = second.fma(FloatVector.fromArray(FLOATS, x, x0 + l), first.fma(FloatVector.fromArray(FLOATS, x, x0 + i), s0));
                s1 = second.fma(FloatVector.fromArray(FLOATS, x, x1 + l), first.fma(FloatVector.fromArray(FLOATS, x, x1 + i), s1));
                s2 = second.fma(FloatVector.fromArray(FLOATS, x, x2 + l), first.fma(FloatVector.fromArray(FLOATS, x, x2 + i), s2));
                s3 = second.fma(FloatVector.fromArray(FLOATS, x, x3 + l), first.fma(FloatVector.fromArray(FLOATS, x, x3 + i), s3));
            }
            a0 = s0.fma(scale, a0);
            a1 = s1.fma(scale, a1);
            a2 = s2.fma(scale, a2);
            a3 = s3.fma(scale, a3);
        }
        a0.intoArray(scratch, sumsAt);
        a1.intoArray(scratch, sumsAt + COUNT);
        a2.intoArray(scratch, sumsAt + 2 * COUNT);
        a3.intoArray(scratch, sumsAt + 3 * COUNT);
    }

    /** d * sum of q * x + m * sum of x, the second as above. */
    private static void q4WithLeast(MemorySegment data, long p, int columns, float[] x, int x0, int x1, int x2, int x3, float[] scratch,
            int sumsAt) {
        int blocks = columns / 32;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int k = 0, b = VectorProducts.AFTER_SUMS; k < columns; k += 32, p += 20, b++) {
            FloatVector scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector min = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p + 2)));
            FloatVector s0 = FloatVector.zero(FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < 16; j += COUNT) {
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                FloatVector low = (FloatVector) pair.and(15).castShape(FLOATS, 0);
                FloatVector high = (FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0);
                if (COUNT == 16) {
                    s0 = low.fma(FloatVector.fromArray(FLOATS, x, x0 + k), high.mul(FloatVector.fromArray(FLOATS, x, x0 + k + 16)));
                    s1 = low.fma(FloatVector.fromArray(FLOATS, x, x1 + k), high.mul(FloatVector.fromArray(FLOATS, x, x1 + k + 16)));
                    s2 = low.fma(FloatVector.fromArray(FLOATS, x, x2 + k), high.mul(FloatVector.fromArray(FLOATS, x, x2 + k + 16)));
                    s3 = low.fma(FloatVector.fromArray(FLOATS, x, x3 + k), high.mul(FloatVector.fromArray(FLOATS, x, x3 + k + 16)));
                } else {
                    int i = k + j;
                    s0 = high.fma(FloatVector.fromArray(FLOATS, x, x0 + i + 16), low.fma(FloatVector.fromArray(FLOATS, x, x0 + i), s0));
                    s1 = high.fma(FloatVector.fromArray(FLOATS, x, x1 + i + 16), low.fma(FloatVector.fromArray(FLOATS, x, x1 + i), s1));
                    s2 = high.fma(FloatVector.fromArray(FLOATS, x, x2 + i + 16), low.fma(FloatVector.fromArray(FLOATS, x, x2 + i), s2));
                    s3 = high.fma(FloatVector.fromArray(FLOATS, x, x3 + i + 16), low.fma(FloatVector.fromArray(FLOATS, x, x3 + i), s3));
                }
            }
            a0 = s0.fma(scale, FloatVector.broadcast(FLOATS, scratch[b]).fma(min, a0));
            a1 = s1.fma(scale, FloatVector.broadcast(FLOATS, scratch[b + blocks]).fma(min, a1));
            a2 = s2.fma(scale, FloatVector.broadcast(FLOATS, scratch[b + 2 * blocks]).fma(min, a2));
            a3 = s3.fma(scale, FloatVector.broadcast(FLOATS, scratch[b + 3 * blocks]).fma(min, a3));
        }
        a0.intoArray(scratch, sumsAt);
        a1.intoArray(scratch, sumsAt + COUNT);
        a2.intoArray(scratch, sumsAt + 2 * COUNT);
        a3.intoArray(scratch, sumsAt + 3 * COUNT);
    }
}
