package org.waterspout.backend.cpu;

import static org.waterspout.backend.cpu.Lanes.COUNT;
import static org.waterspout.backend.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/** Products of decoded weights with a few rows: two weight rows by four rows of input, eight sums. */
final class VectorRows {

    /** Weight rows whose sums are kept in lanes until their stores are no longer on the way. */
    private static final int STAGED = 16;

    private VectorRows() {
    }

    static void multiply(float[] tile, int rows, int columns, float[] x, int xRows, float[] out, int outAt, int outStride) {
        float[] lanes = new float[STAGED * 4 * COUNT];
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
                        out[outAt + (s + i) * outStride + row] = Lanes.sum(lanes, ((row - start) * 4 + i) * COUNT)
                                + rest(tile, row * columns, x, (s + i) * columns, columns);
                    }
                }
            }
        }
    }

    /** Columns beyond the last whole vector. */
    private static float rest(float[] tile, int w, float[] x, int at, int columns) {
        float sum = 0;
        for (int k = columns / COUNT * COUNT; k < columns; k++) {
            sum += tile[w + k] * x[at + k];
        }
        return sum;
    }

    /** Lanes of the sums of row w go to {@code lanesW} on, four vectors, of row v to {@code lanesV} on; {@code count} of the four are wanted. */
    private static void twoByFour(float[] tile, int w, int v, int columns, float[] x, int x0, int count, float[] lanes, int lanesW, int lanesV) {
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
}
