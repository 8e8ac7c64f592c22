package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Matrix products for devices of type CPU, weights as floats and halves; {@link WideQuantMatMulKernels} has the others. out[r, i] = sum
 * over j of input[r, j] * weight[layer, i, j] + bias[layer, i] + residual[r, i]. An item makes {@link #TILE} rows of the weight for
 * {@link #BLOCK} tokens, four tokens at a time and what is left one at a time: a weight is read and decoded once for four tokens and a
 * token read once for four weights, and the block's tokens stay in the cache while the rows go by. So one compiled kernel serves prompts
 * and single tokens. Items: tiles of rows times blocks of tokens, the tiles of a block one after the other; a row beyond the last repeats
 * another and is not stored. No local memory, no barriers. input: float [rows of the step, columns]; bias: float [layers, rows], read when
 * shape.bias() is 1; candidates: the rows to multiply, where not all ({@link ListedRows}); residual and output: float [rows of the step,
 * rows]. Error limit: 2e-6 of the sum of the products' magnitudes. {@link GroupMatMulKernels} is its twin.
 */
public final class WideMatMulKernels {

    /** Rows of the weight that an item makes. */
    public static final int TILE = 4;
    /** Tokens that an item makes. */
    public static final int BLOCK = 64;

    private WideMatMulKernels() {
    }

    /** weights: float [layers, rows, columns]. */
    public static void f32(KernelContext context, IntArray step, FloatArray input, FloatArray residual, FloatArray weights,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        int count = ListedRows.count(candidates, shape);
        int tiles = (count + TILE - 1) / TILE;
        int i = context.globalIdx % tiles * TILE;
        int row = context.globalIdx / tiles * BLOCK;
        int tokens = step.get(StepLayout.ROWS);
        // stored from in a loop: a store each, inlined, is more than TornadoVM's compiler takes
        float[] sums = new float[TILE * StepLayout.TOKENS];
        if (row < tokens) {
            int end = row + BLOCK < tokens ? row + BLOCK : tokens;
            int columns = shape.columns();
            int zero = step.get(StepLayout.ZERO);
            int first = step.get(StepLayout.LAYER) * shape.rows();
            int r0 = first + ListedRows.row(candidates, shape, i);
            int r1 = first + ListedRows.row(candidates, shape, i + 1 < count ? i + 1 : i);
            int r2 = first + ListedRows.row(candidates, shape, i + 2 < count ? i + 2 : i);
            int r3 = first + ListedRows.row(candidates, shape, i + 3 < count ? i + 3 : i);
            int w0 = r0 * columns + zero;
            int w1 = r1 * columns + zero;
            int w2 = r2 * columns + zero;
            int w3 = r3 * columns + zero;
            int vectors = columns / 8 * 8;
            for (; row + StepLayout.TOKENS <= end; row += StepLayout.TOKENS) {
                int x = row * columns + zero;
                Float8 a00 = FloatLanes.zero();
                Float8 a01 = FloatLanes.zero();
                Float8 a02 = FloatLanes.zero();
                Float8 a03 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a11 = FloatLanes.zero();
                Float8 a12 = FloatLanes.zero();
                Float8 a13 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a21 = FloatLanes.zero();
                Float8 a22 = FloatLanes.zero();
                Float8 a23 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                Float8 a31 = FloatLanes.zero();
                Float8 a32 = FloatLanes.zero();
                Float8 a33 = FloatLanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 x0 = FloatLanes.floats(input, x + j);
                    Float8 x1 = FloatLanes.floats(input, x + columns + j);
                    Float8 x2 = FloatLanes.floats(input, x + 2 * columns + j);
                    Float8 x3 = FloatLanes.floats(input, x + 3 * columns + j);
                    Float8 v0 = FloatLanes.floats(weights, w0 + j);
                    a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                    a01 = FloatLanes.multiplyAdd(a01, v0, x1);
                    a02 = FloatLanes.multiplyAdd(a02, v0, x2);
                    a03 = FloatLanes.multiplyAdd(a03, v0, x3);
                    Float8 v1 = FloatLanes.floats(weights, w1 + j);
                    a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                    a11 = FloatLanes.multiplyAdd(a11, v1, x1);
                    a12 = FloatLanes.multiplyAdd(a12, v1, x2);
                    a13 = FloatLanes.multiplyAdd(a13, v1, x3);
                    Float8 v2 = FloatLanes.floats(weights, w2 + j);
                    a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                    a21 = FloatLanes.multiplyAdd(a21, v2, x1);
                    a22 = FloatLanes.multiplyAdd(a22, v2, x2);
                    a23 = FloatLanes.multiplyAdd(a23, v2, x3);
                    Float8 v3 = FloatLanes.floats(weights, w3 + j);
                    a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                    a31 = FloatLanes.multiplyAdd(a31, v3, x1);
                    a32 = FloatLanes.multiplyAdd(a32, v3, x2);
                    a33 = FloatLanes.multiplyAdd(a33, v3, x3);
                }
                float s00 = FloatLanes.sum(a00);
                float s01 = FloatLanes.sum(a01);
                float s02 = FloatLanes.sum(a02);
                float s03 = FloatLanes.sum(a03);
                float s10 = FloatLanes.sum(a10);
                float s11 = FloatLanes.sum(a11);
                float s12 = FloatLanes.sum(a12);
                float s13 = FloatLanes.sum(a13);
                float s20 = FloatLanes.sum(a20);
                float s21 = FloatLanes.sum(a21);
                float s22 = FloatLanes.sum(a22);
                float s23 = FloatLanes.sum(a23);
                float s30 = FloatLanes.sum(a30);
                float s31 = FloatLanes.sum(a31);
                float s32 = FloatLanes.sum(a32);
                float s33 = FloatLanes.sum(a33);
                for (int j = vectors; j < columns; j++) {
                    float v0 = weights.get(w0 + j);
                    s00 += v0 * input.get(x + j);
                    s01 += v0 * input.get(x + columns + j);
                    s02 += v0 * input.get(x + 2 * columns + j);
                    s03 += v0 * input.get(x + 3 * columns + j);
                    float v1 = weights.get(w1 + j);
                    s10 += v1 * input.get(x + j);
                    s11 += v1 * input.get(x + columns + j);
                    s12 += v1 * input.get(x + 2 * columns + j);
                    s13 += v1 * input.get(x + 3 * columns + j);
                    float v2 = weights.get(w2 + j);
                    s20 += v2 * input.get(x + j);
                    s21 += v2 * input.get(x + columns + j);
                    s22 += v2 * input.get(x + 2 * columns + j);
                    s23 += v2 * input.get(x + 3 * columns + j);
                    float v3 = weights.get(w3 + j);
                    s30 += v3 * input.get(x + j);
                    s31 += v3 * input.get(x + columns + j);
                    s32 += v3 * input.get(x + 2 * columns + j);
                    s33 += v3 * input.get(x + 3 * columns + j);
                }
                sums[0] = s00;
                sums[1] = s01;
                sums[2] = s02;
                sums[3] = s03;
                sums[4] = s10;
                sums[5] = s11;
                sums[6] = s12;
                sums[7] = s13;
                sums[8] = s20;
                sums[9] = s21;
                sums[10] = s22;
                sums[11] = s23;
                sums[12] = s30;
                sums[13] = s31;
                sums[14] = s32;
                sums[15] = s33;
                for (int k = 0; k < TILE * StepLayout.TOKENS; k++) {
                    if (i + k / StepLayout.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % StepLayout.TOKENS,
                                i + k / StepLayout.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                int x = row * columns + zero;
                Float8 a00 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 x0 = FloatLanes.floats(input, x + j);
                    Float8 v0 = FloatLanes.floats(weights, w0 + j);
                    a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                    Float8 v1 = FloatLanes.floats(weights, w1 + j);
                    a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                    Float8 v2 = FloatLanes.floats(weights, w2 + j);
                    a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                    Float8 v3 = FloatLanes.floats(weights, w3 + j);
                    a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                }
                float s00 = FloatLanes.sum(a00);
                float s10 = FloatLanes.sum(a10);
                float s20 = FloatLanes.sum(a20);
                float s30 = FloatLanes.sum(a30);
                for (int j = vectors; j < columns; j++) {
                    float v0 = weights.get(w0 + j);
                    s00 += v0 * input.get(x + j);
                    float v1 = weights.get(w1 + j);
                    s10 += v1 * input.get(x + j);
                    float v2 = weights.get(w2 + j);
                    s20 += v2 * input.get(x + j);
                    float v3 = weights.get(w3 + j);
                    s30 += v3 * input.get(x + j);
                }
                sums[0] = s00;
                sums[1] = s10;
                sums[2] = s20;
                sums[3] = s30;
                for (int k = 0; k < TILE; k++) {
                    if (i + k < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row, i + k, sums[k]);
                    }
                }
            }
        }
    }

    /** weights: halves [layers, rows, columns]. */
    public static void f16(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ShortArray weights,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        int count = ListedRows.count(candidates, shape);
        int tiles = (count + TILE - 1) / TILE;
        int i = context.globalIdx % tiles * TILE;
        int row = context.globalIdx / tiles * BLOCK;
        int tokens = step.get(StepLayout.ROWS);
        // stored from in a loop: a store each, inlined, is more than TornadoVM's compiler takes
        float[] sums = new float[TILE * StepLayout.TOKENS];
        if (row < tokens) {
            int end = row + BLOCK < tokens ? row + BLOCK : tokens;
            int columns = shape.columns();
            int zero = step.get(StepLayout.ZERO);
            int first = step.get(StepLayout.LAYER) * shape.rows();
            int r0 = first + ListedRows.row(candidates, shape, i);
            int r1 = first + ListedRows.row(candidates, shape, i + 1 < count ? i + 1 : i);
            int r2 = first + ListedRows.row(candidates, shape, i + 2 < count ? i + 2 : i);
            int r3 = first + ListedRows.row(candidates, shape, i + 3 < count ? i + 3 : i);
            int w0 = r0 * columns + zero;
            int w1 = r1 * columns + zero;
            int w2 = r2 * columns + zero;
            int w3 = r3 * columns + zero;
            int vectors = columns / 8 * 8;
            for (; row + StepLayout.TOKENS <= end; row += StepLayout.TOKENS) {
                int x = row * columns + zero;
                Float8 a00 = FloatLanes.zero();
                Float8 a01 = FloatLanes.zero();
                Float8 a02 = FloatLanes.zero();
                Float8 a03 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a11 = FloatLanes.zero();
                Float8 a12 = FloatLanes.zero();
                Float8 a13 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a21 = FloatLanes.zero();
                Float8 a22 = FloatLanes.zero();
                Float8 a23 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                Float8 a31 = FloatLanes.zero();
                Float8 a32 = FloatLanes.zero();
                Float8 a33 = FloatLanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 x0 = FloatLanes.floats(input, x + j);
                    Float8 x1 = FloatLanes.floats(input, x + columns + j);
                    Float8 x2 = FloatLanes.floats(input, x + 2 * columns + j);
                    Float8 x3 = FloatLanes.floats(input, x + 3 * columns + j);
                    Float8 v0 = FloatLanes.halves(weights, w0 + j);
                    a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                    a01 = FloatLanes.multiplyAdd(a01, v0, x1);
                    a02 = FloatLanes.multiplyAdd(a02, v0, x2);
                    a03 = FloatLanes.multiplyAdd(a03, v0, x3);
                    Float8 v1 = FloatLanes.halves(weights, w1 + j);
                    a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                    a11 = FloatLanes.multiplyAdd(a11, v1, x1);
                    a12 = FloatLanes.multiplyAdd(a12, v1, x2);
                    a13 = FloatLanes.multiplyAdd(a13, v1, x3);
                    Float8 v2 = FloatLanes.halves(weights, w2 + j);
                    a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                    a21 = FloatLanes.multiplyAdd(a21, v2, x1);
                    a22 = FloatLanes.multiplyAdd(a22, v2, x2);
                    a23 = FloatLanes.multiplyAdd(a23, v2, x3);
                    Float8 v3 = FloatLanes.halves(weights, w3 + j);
                    a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                    a31 = FloatLanes.multiplyAdd(a31, v3, x1);
                    a32 = FloatLanes.multiplyAdd(a32, v3, x2);
                    a33 = FloatLanes.multiplyAdd(a33, v3, x3);
                }
                float s00 = FloatLanes.sum(a00);
                float s01 = FloatLanes.sum(a01);
                float s02 = FloatLanes.sum(a02);
                float s03 = FloatLanes.sum(a03);
                float s10 = FloatLanes.sum(a10);
                float s11 = FloatLanes.sum(a11);
                float s12 = FloatLanes.sum(a12);
                float s13 = FloatLanes.sum(a13);
                float s20 = FloatLanes.sum(a20);
                float s21 = FloatLanes.sum(a21);
                float s22 = FloatLanes.sum(a22);
                float s23 = FloatLanes.sum(a23);
                float s30 = FloatLanes.sum(a30);
                float s31 = FloatLanes.sum(a31);
                float s32 = FloatLanes.sum(a32);
                float s33 = FloatLanes.sum(a33);
                for (int j = vectors; j < columns; j++) {
                    float v0 = Decode.f16(weights, w0 + j);
                    s00 += v0 * input.get(x + j);
                    s01 += v0 * input.get(x + columns + j);
                    s02 += v0 * input.get(x + 2 * columns + j);
                    s03 += v0 * input.get(x + 3 * columns + j);
                    float v1 = Decode.f16(weights, w1 + j);
                    s10 += v1 * input.get(x + j);
                    s11 += v1 * input.get(x + columns + j);
                    s12 += v1 * input.get(x + 2 * columns + j);
                    s13 += v1 * input.get(x + 3 * columns + j);
                    float v2 = Decode.f16(weights, w2 + j);
                    s20 += v2 * input.get(x + j);
                    s21 += v2 * input.get(x + columns + j);
                    s22 += v2 * input.get(x + 2 * columns + j);
                    s23 += v2 * input.get(x + 3 * columns + j);
                    float v3 = Decode.f16(weights, w3 + j);
                    s30 += v3 * input.get(x + j);
                    s31 += v3 * input.get(x + columns + j);
                    s32 += v3 * input.get(x + 2 * columns + j);
                    s33 += v3 * input.get(x + 3 * columns + j);
                }
                sums[0] = s00;
                sums[1] = s01;
                sums[2] = s02;
                sums[3] = s03;
                sums[4] = s10;
                sums[5] = s11;
                sums[6] = s12;
                sums[7] = s13;
                sums[8] = s20;
                sums[9] = s21;
                sums[10] = s22;
                sums[11] = s23;
                sums[12] = s30;
                sums[13] = s31;
                sums[14] = s32;
                sums[15] = s33;
                for (int k = 0; k < TILE * StepLayout.TOKENS; k++) {
                    if (i + k / StepLayout.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % StepLayout.TOKENS,
                                i + k / StepLayout.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                int x = row * columns + zero;
                Float8 a00 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 x0 = FloatLanes.floats(input, x + j);
                    Float8 v0 = FloatLanes.halves(weights, w0 + j);
                    a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                    Float8 v1 = FloatLanes.halves(weights, w1 + j);
                    a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                    Float8 v2 = FloatLanes.halves(weights, w2 + j);
                    a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                    Float8 v3 = FloatLanes.halves(weights, w3 + j);
                    a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                }
                float s00 = FloatLanes.sum(a00);
                float s10 = FloatLanes.sum(a10);
                float s20 = FloatLanes.sum(a20);
                float s30 = FloatLanes.sum(a30);
                for (int j = vectors; j < columns; j++) {
                    float v0 = Decode.f16(weights, w0 + j);
                    s00 += v0 * input.get(x + j);
                    float v1 = Decode.f16(weights, w1 + j);
                    s10 += v1 * input.get(x + j);
                    float v2 = Decode.f16(weights, w2 + j);
                    s20 += v2 * input.get(x + j);
                    float v3 = Decode.f16(weights, w3 + j);
                    s30 += v3 * input.get(x + j);
                }
                sums[0] = s00;
                sums[1] = s10;
                sums[2] = s20;
                sums[3] = s30;
                for (int k = 0; k < TILE; k++) {
                    if (i + k < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row, i + k, sums[k]);
                    }
                }
            }
        }
    }
}
