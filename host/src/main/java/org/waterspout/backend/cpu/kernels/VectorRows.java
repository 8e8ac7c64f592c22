package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.CpuKernels.STAGED;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * Products of stored weights with a few rows of floats: some weights are decoded once, then multiplied by all rows. Each weight row and
 * row of input have one vector of sums, to which the products are added in the same order as in {@link VectorProducts}:
 * so a row comes out the same to the bit whatever the others are.
 */
final class VectorRows {

    /** Rows of input that are put in another order at a time, where weights are decoded in it. */
    static final int ARRANGED = 16;

    private VectorRows() {
    }

    /**
     * As {@link CpuKernels#multiplyRows}. On one thread of a Zen 3 with 256-bit vectors, 32 weights of Q8_0 take 2.5 ns to decode and then
     * 0.9 to 1.0 ns a row, of which 0.7 are the multiplications themselves; one row alone takes 3.0 ns.
     */
    static void multiply(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        switch (weights.type()) {
            case Q8_0, I8_32, Q4_0, Q4_1 -> {
                if (VectorBlocks.arranges(weights.type())) {
                    arranged(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
                } else {
                    tiles(weights, from, to, 1, x, 0, xRows, out, outAt, outStride, tile, scratch);
                }
            }
            case F16 -> {
                if (!weights.finite()) {
                    tiles(weights, from, to, 1, x, 0, xRows, out, outAt, outStride, tile, scratch);
                } else if (allScaled(x, xRows, weights.columns())) {
                    tiles(weights, from, to, VectorProducts.HALVES, x, 0, xRows, out, outAt, outStride, tile, scratch);
                } else {
                    alone(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
                }
            }
            case F32, BF16, Q4_K, Q6_K, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, IQ4_XS ->
                    tiles(weights, from, to, 1, x, 0, xRows, out, outAt, outStride, tile, scratch);
        }
    }

    private static void arranged(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride,
            float[] tile, float[] scratch) {
        int columns = weights.columns();
        for (int s = 0; s < xRows; s += ARRANGED) {
            int some = Math.min(ARRANGED, xRows - s);
            for (int i = 0; i < some; i++) {
                VectorBlocks.arrange(weights.type(), x, (s + i) * columns, columns, scratch, VectorProducts.AFTER_SUMS + i * columns);
            }
            tiles(weights, from, to, 1, scratch, VectorProducts.AFTER_SUMS, some, out, outAt + s * outStride, outStride, tile, scratch);
        }
    }

    private static void alone(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        for (int s = 0; s < xRows; s++) {
            System.arraycopy(x, s * weights.columns(), tile, 0, weights.columns());
            VectorProducts.multiply(weights, from, to, tile, out, outAt + s * outStride, scratch);
        }
    }

    private static boolean allScaled(float[] x, int xRows, int columns) {
        for (int s = 0; s < xRows; s++) {
            if (!VectorProducts.scales(x, s * columns, columns)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Some weight rows at a time are decoded and multiplied by all rows of input.
     *
     * @param factor by which the sums are multiplied: weights are decoded as so much less
     */
    private static void tiles(Matrix weights, int from, int to, float factor, float[] x, int xAt, int xRows, float[] out, int outAt,
            int outStride, float[] tile, float[] lanes) {
        int columns = weights.columns();
        for (int row = from; row < to; row += STAGED) {
            int count = Math.min(STAGED, to - row);
            VectorBlocks.decode(weights, row, row + count, factor, tile, 0);
            for (int s = 0; s < xRows;) {
                int together = together(xRows - s);
                products(tile, 0, count, columns, x, xAt + s * columns, together, lanes);
                sums(tile, 0, count, columns, factor, x, xAt + s * columns, together, lanes, out, outAt + s * outStride + row, outStride);
                s += together;
            }
        }
    }

    /** Rows of input that share what is read of the weights: four or three keep the multipliers busy. */
    private static int together(int left) {
        return left == 5 || left == 6 ? 3 : Math.min(4, left);
    }

    /** lanes[r][i] = the vector of sums of tile[r] . x[i], for up to {@link CpuKernels#STAGED} weight rows and four rows of input. */
    static void products(float[] tile, int tileAt, int rows, int columns, float[] x, int xAt, int xRows, float[] lanes) {
        int last = tileAt + (rows - 1) * columns; // where rows end in the middle of a group, the last is computed again
        int step = xRows == 4 ? 3 : xRows == 3 ? 4 : 6;
        for (int row = 0; row < rows; row += step) {
            int w = tileAt + row * columns;
            int at = row * xRows * COUNT;
            switch (xRows) {
                case 4 -> threeByFour(tile, w, Math.min(w + columns, last), Math.min(w + 2 * columns, last), columns, x, xAt, lanes, at);
                case 3 -> fourByThree(tile, w, Math.min(w + columns, last), Math.min(w + 2 * columns, last),
                        Math.min(w + 3 * columns, last), columns, x, xAt, lanes, at);
                case 2 -> sixByTwo(tile, w, last, columns, x, xAt, lanes, at);
                default -> sixByOne(tile, w, last, columns, x, xAt, lanes, at);
            }
        }
    }

    /** out[i * outStride + r] = factor * the sum of lanes[r][i], and of the products beyond the last whole vector. */
    static void sums(float[] tile, int tileAt, int rows, int columns, float factor, float[] x, int xAt, int xRows, float[] lanes,
            float[] out, int outAt, int outStride) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < xRows; i++) {
                float sum = VectorShapes.sum(lanes, (row * xRows + i) * COUNT) * factor;
                for (int k = columns / COUNT * COUNT; k < columns; k++) {
                    sum += tile[tileAt + row * columns + k] * factor * x[xAt + i * columns + k];
                }
                out[outAt + i * outStride + row] = sum;
            }
        }
    }

    /**
     * Three weight rows, from u, v and w on, by four rows of input: twelve sums, which is what 16 registers hold beside their operands.
     */
    private static void threeByFour(float[] tile, int u, int v, int w, int columns, float[] x, int x0, float[] lanes, int at) {
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector c3 = a0;
        for (int k = 0; k + COUNT <= columns; k += COUNT) {
            FloatVector a = FloatVector.fromArray(FLOATS, tile, u + k);
            FloatVector b = FloatVector.fromArray(FLOATS, tile, v + k);
            FloatVector c = FloatVector.fromArray(FLOATS, tile, w + k);
            FloatVector input = FloatVector.fromArray(FLOATS, x, x0 + k);
            a0 = input.fma(a, a0);
            b0 = input.fma(b, b0);
            c0 = input.fma(c, c0);
            input = FloatVector.fromArray(FLOATS, x, x1 + k);
            a1 = input.fma(a, a1);
            b1 = input.fma(b, b1);
            c1 = input.fma(c, c1);
            input = FloatVector.fromArray(FLOATS, x, x2 + k);
            a2 = input.fma(a, a2);
            b2 = input.fma(b, b2);
            c2 = input.fma(c, c2);
            input = FloatVector.fromArray(FLOATS, x, x3 + k);
            a3 = input.fma(a, a3);
            b3 = input.fma(b, b3);
            c3 = input.fma(c, c3);
        }
        a0.intoArray(lanes, at);
        a1.intoArray(lanes, at + COUNT);
        a2.intoArray(lanes, at + 2 * COUNT);
        a3.intoArray(lanes, at + 3 * COUNT);
        b0.intoArray(lanes, at + 4 * COUNT);
        b1.intoArray(lanes, at + 5 * COUNT);
        b2.intoArray(lanes, at + 6 * COUNT);
        b3.intoArray(lanes, at + 7 * COUNT);
        c0.intoArray(lanes, at + 8 * COUNT);
        c1.intoArray(lanes, at + 9 * COUNT);
        c2.intoArray(lanes, at + 10 * COUNT);
        c3.intoArray(lanes, at + 11 * COUNT);
    }

    private static void fourByThree(float[] tile, int t, int u, int v, int w, int columns, float[] x, int x0, float[] lanes, int at) {
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector d2 = a0;
        for (int k = 0; k + COUNT <= columns; k += COUNT) {
            FloatVector first = FloatVector.fromArray(FLOATS, x, x0 + k);
            FloatVector second = FloatVector.fromArray(FLOATS, x, x1 + k);
            FloatVector third = FloatVector.fromArray(FLOATS, x, x2 + k);
            FloatVector weight = FloatVector.fromArray(FLOATS, tile, t + k);
            a0 = first.fma(weight, a0);
            a1 = second.fma(weight, a1);
            a2 = third.fma(weight, a2);
            weight = FloatVector.fromArray(FLOATS, tile, u + k);
            b0 = first.fma(weight, b0);
            b1 = second.fma(weight, b1);
            b2 = third.fma(weight, b2);
            weight = FloatVector.fromArray(FLOATS, tile, v + k);
            c0 = first.fma(weight, c0);
            c1 = second.fma(weight, c1);
            c2 = third.fma(weight, c2);
            weight = FloatVector.fromArray(FLOATS, tile, w + k);
            d0 = first.fma(weight, d0);
            d1 = second.fma(weight, d1);
            d2 = third.fma(weight, d2);
        }
        a0.intoArray(lanes, at);
        a1.intoArray(lanes, at + COUNT);
        a2.intoArray(lanes, at + 2 * COUNT);
        b0.intoArray(lanes, at + 3 * COUNT);
        b1.intoArray(lanes, at + 4 * COUNT);
        b2.intoArray(lanes, at + 5 * COUNT);
        c0.intoArray(lanes, at + 6 * COUNT);
        c1.intoArray(lanes, at + 7 * COUNT);
        c2.intoArray(lanes, at + 8 * COUNT);
        d0.intoArray(lanes, at + 9 * COUNT);
        d1.intoArray(lanes, at + 10 * COUNT);
        d2.intoArray(lanes, at + 11 * COUNT);
    }

    private static void sixByTwo(float[] tile, int w0, int last, int columns, float[] x, int x0, float[] lanes, int at) {
        int w1 = Math.min(w0 + columns, last);
        int w2 = Math.min(w0 + 2 * columns, last);
        int w3 = Math.min(w0 + 3 * columns, last);
        int w4 = Math.min(w0 + 4 * columns, last);
        int w5 = Math.min(w0 + 5 * columns, last);
        int x1 = x0 + columns;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector e0 = a0;
        FloatVector e1 = a0;
        FloatVector f0 = a0;
        FloatVector f1 = a0;
        for (int k = 0; k + COUNT <= columns; k += COUNT) {
            FloatVector first = FloatVector.fromArray(FLOATS, x, x0 + k);
            FloatVector second = FloatVector.fromArray(FLOATS, x, x1 + k);
            FloatVector weight = FloatVector.fromArray(FLOATS, tile, w0 + k);
            a0 = first.fma(weight, a0);
            a1 = second.fma(weight, a1);
            weight = FloatVector.fromArray(FLOATS, tile, w1 + k);
            b0 = first.fma(weight, b0);
            b1 = second.fma(weight, b1);
            weight = FloatVector.fromArray(FLOATS, tile, w2 + k);
            c0 = first.fma(weight, c0);
            c1 = second.fma(weight, c1);
            weight = FloatVector.fromArray(FLOATS, tile, w3 + k);
            d0 = first.fma(weight, d0);
            d1 = second.fma(weight, d1);
            weight = FloatVector.fromArray(FLOATS, tile, w4 + k);
            e0 = first.fma(weight, e0);
            e1 = second.fma(weight, e1);
            weight = FloatVector.fromArray(FLOATS, tile, w5 + k);
            f0 = first.fma(weight, f0);
            f1 = second.fma(weight, f1);
        }
        a0.intoArray(lanes, at);
        a1.intoArray(lanes, at + COUNT);
        b0.intoArray(lanes, at + 2 * COUNT);
        b1.intoArray(lanes, at + 3 * COUNT);
        c0.intoArray(lanes, at + 4 * COUNT);
        c1.intoArray(lanes, at + 5 * COUNT);
        d0.intoArray(lanes, at + 6 * COUNT);
        d1.intoArray(lanes, at + 7 * COUNT);
        e0.intoArray(lanes, at + 8 * COUNT);
        e1.intoArray(lanes, at + 9 * COUNT);
        f0.intoArray(lanes, at + 10 * COUNT);
        f1.intoArray(lanes, at + 11 * COUNT);
    }

    private static void sixByOne(float[] tile, int w0, int last, int columns, float[] x, int x0, float[] lanes, int at) {
        int w1 = Math.min(w0 + columns, last);
        int w2 = Math.min(w0 + 2 * columns, last);
        int w3 = Math.min(w0 + 3 * columns, last);
        int w4 = Math.min(w0 + 4 * columns, last);
        int w5 = Math.min(w0 + 5 * columns, last);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        for (int k = 0; k + COUNT <= columns; k += COUNT) {
            FloatVector input = FloatVector.fromArray(FLOATS, x, x0 + k);
            a = input.fma(FloatVector.fromArray(FLOATS, tile, w0 + k), a);
            b = input.fma(FloatVector.fromArray(FLOATS, tile, w1 + k), b);
            c = input.fma(FloatVector.fromArray(FLOATS, tile, w2 + k), c);
            d = input.fma(FloatVector.fromArray(FLOATS, tile, w3 + k), d);
            e = input.fma(FloatVector.fromArray(FLOATS, tile, w4 + k), e);
            f = input.fma(FloatVector.fromArray(FLOATS, tile, w5 + k), f);
        }
        a.intoArray(lanes, at);
        b.intoArray(lanes, at + COUNT);
        c.intoArray(lanes, at + 2 * COUNT);
        d.intoArray(lanes, at + 3 * COUNT);
        e.intoArray(lanes, at + 4 * COUNT);
        f.intoArray(lanes, at + 5 * COUNT);
    }
}
