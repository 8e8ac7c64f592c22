package org.waterspout.kernels;

import static org.waterspout.kernels.WideMatMulKernels.BLOCK;
import static org.waterspout.kernels.WideMatMulKernels.TILE;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Matrix products for devices of type CPU, weights as bytes and nibbles: formula, items and other arrays of {@link WideMatMulKernels}.
 * {@link GroupMatMulKernels} is its twin.
 */
public final class WideQuantMatMulKernels {

    private WideQuantMatMulKernels() {
    }

    /** quants: signed bytes [layers, rows, columns]; scales: float [layers, rows, columns / block, 1 + offset]. */
    public static void q8(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ByteArray quants, FloatArray scales,
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
            int blocks = columns / shape.block();
            int w0 = r0 * columns + zero;
            int w1 = r1 * columns + zero;
            int w2 = r2 * columns + zero;
            int w3 = r3 * columns + zero;
            for (; row + StepLayout.TOKENS <= end; row += StepLayout.TOKENS) {
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
                for (int block = 0; block < blocks; block++) {
                    float scale0 = Decode.scale(scales, r0 * blocks + block, shape.offset());
                    float offset0 = Decode.offset(scales, r0 * blocks + block, shape.offset());
                    float scale1 = Decode.scale(scales, r1 * blocks + block, shape.offset());
                    float offset1 = Decode.offset(scales, r1 * blocks + block, shape.offset());
                    float scale2 = Decode.scale(scales, r2 * blocks + block, shape.offset());
                    float offset2 = Decode.offset(scales, r2 * blocks + block, shape.offset());
                    float scale3 = Decode.scale(scales, r3 * blocks + block, shape.offset());
                    float offset3 = Decode.offset(scales, r3 * blocks + block, shape.offset());
                    int x = row * columns + zero;
                    for (int j = block * shape.block(); j < (block + 1) * shape.block(); j += 8) {
                        Float8 x0 = FloatLanes.floats(input, x + j);
                        Float8 x1 = FloatLanes.floats(input, x + columns + j);
                        Float8 x2 = FloatLanes.floats(input, x + 2 * columns + j);
                        Float8 x3 = FloatLanes.floats(input, x + 3 * columns + j);
                        Float8 v0 = FloatLanes.scaled(FloatLanes.bytes(quants, w0 + j), scale0, offset0);
                        a00 = FloatLanes.fusedMultiplyAdd(a00, v0, x0);
                        a01 = FloatLanes.fusedMultiplyAdd(a01, v0, x1);
                        a02 = FloatLanes.fusedMultiplyAdd(a02, v0, x2);
                        a03 = FloatLanes.fusedMultiplyAdd(a03, v0, x3);
                        Float8 v1 = FloatLanes.scaled(FloatLanes.bytes(quants, w1 + j), scale1, offset1);
                        a10 = FloatLanes.fusedMultiplyAdd(a10, v1, x0);
                        a11 = FloatLanes.fusedMultiplyAdd(a11, v1, x1);
                        a12 = FloatLanes.fusedMultiplyAdd(a12, v1, x2);
                        a13 = FloatLanes.fusedMultiplyAdd(a13, v1, x3);
                        Float8 v2 = FloatLanes.scaled(FloatLanes.bytes(quants, w2 + j), scale2, offset2);
                        a20 = FloatLanes.fusedMultiplyAdd(a20, v2, x0);
                        a21 = FloatLanes.fusedMultiplyAdd(a21, v2, x1);
                        a22 = FloatLanes.fusedMultiplyAdd(a22, v2, x2);
                        a23 = FloatLanes.fusedMultiplyAdd(a23, v2, x3);
                        Float8 v3 = FloatLanes.scaled(FloatLanes.bytes(quants, w3 + j), scale3, offset3);
                        a30 = FloatLanes.fusedMultiplyAdd(a30, v3, x0);
                        a31 = FloatLanes.fusedMultiplyAdd(a31, v3, x1);
                        a32 = FloatLanes.fusedMultiplyAdd(a32, v3, x2);
                        a33 = FloatLanes.fusedMultiplyAdd(a33, v3, x3);
                    }
                }
                sums[0] = FloatLanes.sum(a00);
                sums[1] = FloatLanes.sum(a01);
                sums[2] = FloatLanes.sum(a02);
                sums[3] = FloatLanes.sum(a03);
                sums[4] = FloatLanes.sum(a10);
                sums[5] = FloatLanes.sum(a11);
                sums[6] = FloatLanes.sum(a12);
                sums[7] = FloatLanes.sum(a13);
                sums[8] = FloatLanes.sum(a20);
                sums[9] = FloatLanes.sum(a21);
                sums[10] = FloatLanes.sum(a22);
                sums[11] = FloatLanes.sum(a23);
                sums[12] = FloatLanes.sum(a30);
                sums[13] = FloatLanes.sum(a31);
                sums[14] = FloatLanes.sum(a32);
                sums[15] = FloatLanes.sum(a33);
                for (int k = 0; k < TILE * StepLayout.TOKENS; k++) {
                    if (i + k / StepLayout.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % StepLayout.TOKENS,
                                i + k / StepLayout.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                Float8 a00 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                for (int block = 0; block < blocks; block++) {
                    float scale0 = Decode.scale(scales, r0 * blocks + block, shape.offset());
                    float offset0 = Decode.offset(scales, r0 * blocks + block, shape.offset());
                    float scale1 = Decode.scale(scales, r1 * blocks + block, shape.offset());
                    float offset1 = Decode.offset(scales, r1 * blocks + block, shape.offset());
                    float scale2 = Decode.scale(scales, r2 * blocks + block, shape.offset());
                    float offset2 = Decode.offset(scales, r2 * blocks + block, shape.offset());
                    float scale3 = Decode.scale(scales, r3 * blocks + block, shape.offset());
                    float offset3 = Decode.offset(scales, r3 * blocks + block, shape.offset());
                    int x = row * columns + zero;
                    for (int j = block * shape.block(); j < (block + 1) * shape.block(); j += 8) {
                        Float8 x0 = FloatLanes.floats(input, x + j);
                        Float8 v0 = FloatLanes.scaled(FloatLanes.bytes(quants, w0 + j), scale0, offset0);
                        a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                        Float8 v1 = FloatLanes.scaled(FloatLanes.bytes(quants, w1 + j), scale1, offset1);
                        a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                        Float8 v2 = FloatLanes.scaled(FloatLanes.bytes(quants, w2 + j), scale2, offset2);
                        a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                        Float8 v3 = FloatLanes.scaled(FloatLanes.bytes(quants, w3 + j), scale3, offset3);
                        a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                    }
                }
                sums[0] = FloatLanes.sum(a00);
                sums[1] = FloatLanes.sum(a10);
                sums[2] = FloatLanes.sum(a20);
                sums[3] = FloatLanes.sum(a30);
                for (int k = 0; k < TILE; k++) {
                    if (i + k < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row, i + k, sums[k]);
                    }
                }
            }
        }
    }

    /** quants: nibbles [layers, rows, columns / 2]; scales: float [layers, rows, columns / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ByteArray quants, FloatArray scales,
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
            int blocks = columns / shape.block();
            int half = shape.block() / 2;
            int w0 = r0 * columns / 2 + zero;
            int w1 = r1 * columns / 2 + zero;
            int w2 = r2 * columns / 2 + zero;
            int w3 = r3 * columns / 2 + zero;
            for (; row + StepLayout.TOKENS <= end; row += StepLayout.TOKENS) {
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
                for (int block = 0; block < blocks; block++) {
                    float scale0 = Decode.scale(scales, r0 * blocks + block, 1);
                    float offset0 = Decode.offset(scales, r0 * blocks + block, 1);
                    float scale1 = Decode.scale(scales, r1 * blocks + block, 1);
                    float offset1 = Decode.offset(scales, r1 * blocks + block, 1);
                    float scale2 = Decode.scale(scales, r2 * blocks + block, 1);
                    float offset2 = Decode.offset(scales, r2 * blocks + block, 1);
                    float scale3 = Decode.scale(scales, r3 * blocks + block, 1);
                    float offset3 = Decode.offset(scales, r3 * blocks + block, 1);
                    for (int high = 0; high < 2; high++) {
                        int x = row * columns + zero + block * shape.block() + high * half;
                        int shift = 4 * high;
                        for (int j = 0; j < half; j += 8) {
                            Float8 x0 = FloatLanes.floats(input, x + j);
                            Float8 x1 = FloatLanes.floats(input, x + columns + j);
                            Float8 x2 = FloatLanes.floats(input, x + 2 * columns + j);
                            Float8 x3 = FloatLanes.floats(input, x + 3 * columns + j);
                            Float8 v0 = FloatLanes.scaled(FloatLanes.nibbles(quants, w0 + block * half + j, shift), scale0, offset0);
                            a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                            a01 = FloatLanes.multiplyAdd(a01, v0, x1);
                            a02 = FloatLanes.multiplyAdd(a02, v0, x2);
                            a03 = FloatLanes.multiplyAdd(a03, v0, x3);
                            Float8 v1 = FloatLanes.scaled(FloatLanes.nibbles(quants, w1 + block * half + j, shift), scale1, offset1);
                            a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                            a11 = FloatLanes.multiplyAdd(a11, v1, x1);
                            a12 = FloatLanes.multiplyAdd(a12, v1, x2);
                            a13 = FloatLanes.multiplyAdd(a13, v1, x3);
                            Float8 v2 = FloatLanes.scaled(FloatLanes.nibbles(quants, w2 + block * half + j, shift), scale2, offset2);
                            a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                            a21 = FloatLanes.multiplyAdd(a21, v2, x1);
                            a22 = FloatLanes.multiplyAdd(a22, v2, x2);
                            a23 = FloatLanes.multiplyAdd(a23, v2, x3);
                            Float8 v3 = FloatLanes.scaled(FloatLanes.nibbles(quants, w3 + block * half + j, shift), scale3, offset3);
                            a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                            a31 = FloatLanes.multiplyAdd(a31, v3, x1);
                            a32 = FloatLanes.multiplyAdd(a32, v3, x2);
                            a33 = FloatLanes.multiplyAdd(a33, v3, x3);
                        }
                    }
                }
                sums[0] = FloatLanes.sum(a00);
                sums[1] = FloatLanes.sum(a01);
                sums[2] = FloatLanes.sum(a02);
                sums[3] = FloatLanes.sum(a03);
                sums[4] = FloatLanes.sum(a10);
                sums[5] = FloatLanes.sum(a11);
                sums[6] = FloatLanes.sum(a12);
                sums[7] = FloatLanes.sum(a13);
                sums[8] = FloatLanes.sum(a20);
                sums[9] = FloatLanes.sum(a21);
                sums[10] = FloatLanes.sum(a22);
                sums[11] = FloatLanes.sum(a23);
                sums[12] = FloatLanes.sum(a30);
                sums[13] = FloatLanes.sum(a31);
                sums[14] = FloatLanes.sum(a32);
                sums[15] = FloatLanes.sum(a33);
                for (int k = 0; k < TILE * StepLayout.TOKENS; k++) {
                    if (i + k / StepLayout.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % StepLayout.TOKENS,
                                i + k / StepLayout.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                Float8 a00 = FloatLanes.zero();
                Float8 a10 = FloatLanes.zero();
                Float8 a20 = FloatLanes.zero();
                Float8 a30 = FloatLanes.zero();
                for (int block = 0; block < blocks; block++) {
                    float scale0 = Decode.scale(scales, r0 * blocks + block, 1);
                    float offset0 = Decode.offset(scales, r0 * blocks + block, 1);
                    float scale1 = Decode.scale(scales, r1 * blocks + block, 1);
                    float offset1 = Decode.offset(scales, r1 * blocks + block, 1);
                    float scale2 = Decode.scale(scales, r2 * blocks + block, 1);
                    float offset2 = Decode.offset(scales, r2 * blocks + block, 1);
                    float scale3 = Decode.scale(scales, r3 * blocks + block, 1);
                    float offset3 = Decode.offset(scales, r3 * blocks + block, 1);
                    for (int high = 0; high < 2; high++) {
                        int x = row * columns + zero + block * shape.block() + high * half;
                        int shift = 4 * high;
                        for (int j = 0; j < half; j += 8) {
                            Float8 x0 = FloatLanes.floats(input, x + j);
                            Float8 v0 = FloatLanes.scaled(FloatLanes.nibbles(quants, w0 + block * half + j, shift), scale0, offset0);
                            a00 = FloatLanes.multiplyAdd(a00, v0, x0);
                            Float8 v1 = FloatLanes.scaled(FloatLanes.nibbles(quants, w1 + block * half + j, shift), scale1, offset1);
                            a10 = FloatLanes.multiplyAdd(a10, v1, x0);
                            Float8 v2 = FloatLanes.scaled(FloatLanes.nibbles(quants, w2 + block * half + j, shift), scale2, offset2);
                            a20 = FloatLanes.multiplyAdd(a20, v2, x0);
                            Float8 v3 = FloatLanes.scaled(FloatLanes.nibbles(quants, w3 + block * half + j, shift), scale3, offset3);
                            a30 = FloatLanes.multiplyAdd(a30, v3, x0);
                        }
                    }
                }
                sums[0] = FloatLanes.sum(a00);
                sums[1] = FloatLanes.sum(a10);
                sums[2] = FloatLanes.sum(a20);
                sums[3] = FloatLanes.sum(a30);
                for (int k = 0; k < TILE; k++) {
                    if (i + k < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row, i + k, sums[k]);
                    }
                }
            }
        }
    }
}
