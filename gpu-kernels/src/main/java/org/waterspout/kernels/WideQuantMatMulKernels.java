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
        int count = Candidates.count(candidates, shape);
        int tiles = (count + TILE - 1) / TILE;
        int i = context.globalIdx % tiles * TILE;
        int row = context.globalIdx / tiles * BLOCK;
        int tokens = step.get(Step.ROWS);
        // stored from in a loop: a store each, inlined, is more than TornadoVM's compiler takes
        float[] sums = new float[TILE * Step.TOKENS];
        if (row < tokens) {
            int end = row + BLOCK < tokens ? row + BLOCK : tokens;
            int columns = shape.columns();
            int zero = step.get(Step.ZERO);
            int first = step.get(Step.LAYER) * shape.rows();
            int r0 = first + Candidates.row(candidates, shape, i);
            int r1 = first + Candidates.row(candidates, shape, i + 1 < count ? i + 1 : i);
            int r2 = first + Candidates.row(candidates, shape, i + 2 < count ? i + 2 : i);
            int r3 = first + Candidates.row(candidates, shape, i + 3 < count ? i + 3 : i);
            int blocks = columns / shape.block();
            int w0 = r0 * columns + zero;
            int w1 = r1 * columns + zero;
            int w2 = r2 * columns + zero;
            int w3 = r3 * columns + zero;
            for (; row + Step.TOKENS <= end; row += Step.TOKENS) {
                Float8 a00 = Lanes.zero();
                Float8 a01 = Lanes.zero();
                Float8 a02 = Lanes.zero();
                Float8 a03 = Lanes.zero();
                Float8 a10 = Lanes.zero();
                Float8 a11 = Lanes.zero();
                Float8 a12 = Lanes.zero();
                Float8 a13 = Lanes.zero();
                Float8 a20 = Lanes.zero();
                Float8 a21 = Lanes.zero();
                Float8 a22 = Lanes.zero();
                Float8 a23 = Lanes.zero();
                Float8 a30 = Lanes.zero();
                Float8 a31 = Lanes.zero();
                Float8 a32 = Lanes.zero();
                Float8 a33 = Lanes.zero();
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
                        Float8 x0 = Lanes.floats(input, x + j);
                        Float8 x1 = Lanes.floats(input, x + columns + j);
                        Float8 x2 = Lanes.floats(input, x + 2 * columns + j);
                        Float8 x3 = Lanes.floats(input, x + 3 * columns + j);
                        Float8 v0 = Lanes.scaled(Lanes.bytes(quants, w0 + j), scale0, offset0);
                        a00 = Lanes.fusedMultiplyAdd(a00, v0, x0);
                        a01 = Lanes.fusedMultiplyAdd(a01, v0, x1);
                        a02 = Lanes.fusedMultiplyAdd(a02, v0, x2);
                        a03 = Lanes.fusedMultiplyAdd(a03, v0, x3);
                        Float8 v1 = Lanes.scaled(Lanes.bytes(quants, w1 + j), scale1, offset1);
                        a10 = Lanes.fusedMultiplyAdd(a10, v1, x0);
                        a11 = Lanes.fusedMultiplyAdd(a11, v1, x1);
                        a12 = Lanes.fusedMultiplyAdd(a12, v1, x2);
                        a13 = Lanes.fusedMultiplyAdd(a13, v1, x3);
                        Float8 v2 = Lanes.scaled(Lanes.bytes(quants, w2 + j), scale2, offset2);
                        a20 = Lanes.fusedMultiplyAdd(a20, v2, x0);
                        a21 = Lanes.fusedMultiplyAdd(a21, v2, x1);
                        a22 = Lanes.fusedMultiplyAdd(a22, v2, x2);
                        a23 = Lanes.fusedMultiplyAdd(a23, v2, x3);
                        Float8 v3 = Lanes.scaled(Lanes.bytes(quants, w3 + j), scale3, offset3);
                        a30 = Lanes.fusedMultiplyAdd(a30, v3, x0);
                        a31 = Lanes.fusedMultiplyAdd(a31, v3, x1);
                        a32 = Lanes.fusedMultiplyAdd(a32, v3, x2);
                        a33 = Lanes.fusedMultiplyAdd(a33, v3, x3);
                    }
                }
                sums[0] = Lanes.sum(a00);
                sums[1] = Lanes.sum(a01);
                sums[2] = Lanes.sum(a02);
                sums[3] = Lanes.sum(a03);
                sums[4] = Lanes.sum(a10);
                sums[5] = Lanes.sum(a11);
                sums[6] = Lanes.sum(a12);
                sums[7] = Lanes.sum(a13);
                sums[8] = Lanes.sum(a20);
                sums[9] = Lanes.sum(a21);
                sums[10] = Lanes.sum(a22);
                sums[11] = Lanes.sum(a23);
                sums[12] = Lanes.sum(a30);
                sums[13] = Lanes.sum(a31);
                sums[14] = Lanes.sum(a32);
                sums[15] = Lanes.sum(a33);
                for (int k = 0; k < TILE * Step.TOKENS; k++) {
                    if (i + k / Step.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % Step.TOKENS, i + k / Step.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                Float8 a00 = Lanes.zero();
                Float8 a10 = Lanes.zero();
                Float8 a20 = Lanes.zero();
                Float8 a30 = Lanes.zero();
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
                        Float8 x0 = Lanes.floats(input, x + j);
                        Float8 v0 = Lanes.scaled(Lanes.bytes(quants, w0 + j), scale0, offset0);
                        a00 = Lanes.multiplyAdd(a00, v0, x0);
                        Float8 v1 = Lanes.scaled(Lanes.bytes(quants, w1 + j), scale1, offset1);
                        a10 = Lanes.multiplyAdd(a10, v1, x0);
                        Float8 v2 = Lanes.scaled(Lanes.bytes(quants, w2 + j), scale2, offset2);
                        a20 = Lanes.multiplyAdd(a20, v2, x0);
                        Float8 v3 = Lanes.scaled(Lanes.bytes(quants, w3 + j), scale3, offset3);
                        a30 = Lanes.multiplyAdd(a30, v3, x0);
                    }
                }
                sums[0] = Lanes.sum(a00);
                sums[1] = Lanes.sum(a10);
                sums[2] = Lanes.sum(a20);
                sums[3] = Lanes.sum(a30);
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
        int count = Candidates.count(candidates, shape);
        int tiles = (count + TILE - 1) / TILE;
        int i = context.globalIdx % tiles * TILE;
        int row = context.globalIdx / tiles * BLOCK;
        int tokens = step.get(Step.ROWS);
        // stored from in a loop: a store each, inlined, is more than TornadoVM's compiler takes
        float[] sums = new float[TILE * Step.TOKENS];
        if (row < tokens) {
            int end = row + BLOCK < tokens ? row + BLOCK : tokens;
            int columns = shape.columns();
            int zero = step.get(Step.ZERO);
            int first = step.get(Step.LAYER) * shape.rows();
            int r0 = first + Candidates.row(candidates, shape, i);
            int r1 = first + Candidates.row(candidates, shape, i + 1 < count ? i + 1 : i);
            int r2 = first + Candidates.row(candidates, shape, i + 2 < count ? i + 2 : i);
            int r3 = first + Candidates.row(candidates, shape, i + 3 < count ? i + 3 : i);
            int blocks = columns / shape.block();
            int half = shape.block() / 2;
            int w0 = r0 * columns / 2 + zero;
            int w1 = r1 * columns / 2 + zero;
            int w2 = r2 * columns / 2 + zero;
            int w3 = r3 * columns / 2 + zero;
            for (; row + Step.TOKENS <= end; row += Step.TOKENS) {
                Float8 a00 = Lanes.zero();
                Float8 a01 = Lanes.zero();
                Float8 a02 = Lanes.zero();
                Float8 a03 = Lanes.zero();
                Float8 a10 = Lanes.zero();
                Float8 a11 = Lanes.zero();
                Float8 a12 = Lanes.zero();
                Float8 a13 = Lanes.zero();
                Float8 a20 = Lanes.zero();
                Float8 a21 = Lanes.zero();
                Float8 a22 = Lanes.zero();
                Float8 a23 = Lanes.zero();
                Float8 a30 = Lanes.zero();
                Float8 a31 = Lanes.zero();
                Float8 a32 = Lanes.zero();
                Float8 a33 = Lanes.zero();
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
                            Float8 x0 = Lanes.floats(input, x + j);
                            Float8 x1 = Lanes.floats(input, x + columns + j);
                            Float8 x2 = Lanes.floats(input, x + 2 * columns + j);
                            Float8 x3 = Lanes.floats(input, x + 3 * columns + j);
                            Float8 v0 = Lanes.scaled(Lanes.nibbles(quants, w0 + block * half + j, shift), scale0, offset0);
                            a00 = Lanes.multiplyAdd(a00, v0, x0);
                            a01 = Lanes.multiplyAdd(a01, v0, x1);
                            a02 = Lanes.multiplyAdd(a02, v0, x2);
                            a03 = Lanes.multiplyAdd(a03, v0, x3);
                            Float8 v1 = Lanes.scaled(Lanes.nibbles(quants, w1 + block * half + j, shift), scale1, offset1);
                            a10 = Lanes.multiplyAdd(a10, v1, x0);
                            a11 = Lanes.multiplyAdd(a11, v1, x1);
                            a12 = Lanes.multiplyAdd(a12, v1, x2);
                            a13 = Lanes.multiplyAdd(a13, v1, x3);
                            Float8 v2 = Lanes.scaled(Lanes.nibbles(quants, w2 + block * half + j, shift), scale2, offset2);
                            a20 = Lanes.multiplyAdd(a20, v2, x0);
                            a21 = Lanes.multiplyAdd(a21, v2, x1);
                            a22 = Lanes.multiplyAdd(a22, v2, x2);
                            a23 = Lanes.multiplyAdd(a23, v2, x3);
                            Float8 v3 = Lanes.scaled(Lanes.nibbles(quants, w3 + block * half + j, shift), scale3, offset3);
                            a30 = Lanes.multiplyAdd(a30, v3, x0);
                            a31 = Lanes.multiplyAdd(a31, v3, x1);
                            a32 = Lanes.multiplyAdd(a32, v3, x2);
                            a33 = Lanes.multiplyAdd(a33, v3, x3);
                        }
                    }
                }
                sums[0] = Lanes.sum(a00);
                sums[1] = Lanes.sum(a01);
                sums[2] = Lanes.sum(a02);
                sums[3] = Lanes.sum(a03);
                sums[4] = Lanes.sum(a10);
                sums[5] = Lanes.sum(a11);
                sums[6] = Lanes.sum(a12);
                sums[7] = Lanes.sum(a13);
                sums[8] = Lanes.sum(a20);
                sums[9] = Lanes.sum(a21);
                sums[10] = Lanes.sum(a22);
                sums[11] = Lanes.sum(a23);
                sums[12] = Lanes.sum(a30);
                sums[13] = Lanes.sum(a31);
                sums[14] = Lanes.sum(a32);
                sums[15] = Lanes.sum(a33);
                for (int k = 0; k < TILE * Step.TOKENS; k++) {
                    if (i + k / Step.TOKENS < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row + k % Step.TOKENS, i + k / Step.TOKENS, sums[k]);
                    }
                }
            }
            for (; row < end; row++) {
                Float8 a00 = Lanes.zero();
                Float8 a10 = Lanes.zero();
                Float8 a20 = Lanes.zero();
                Float8 a30 = Lanes.zero();
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
                            Float8 x0 = Lanes.floats(input, x + j);
                            Float8 v0 = Lanes.scaled(Lanes.nibbles(quants, w0 + block * half + j, shift), scale0, offset0);
                            a00 = Lanes.multiplyAdd(a00, v0, x0);
                            Float8 v1 = Lanes.scaled(Lanes.nibbles(quants, w1 + block * half + j, shift), scale1, offset1);
                            a10 = Lanes.multiplyAdd(a10, v1, x0);
                            Float8 v2 = Lanes.scaled(Lanes.nibbles(quants, w2 + block * half + j, shift), scale2, offset2);
                            a20 = Lanes.multiplyAdd(a20, v2, x0);
                            Float8 v3 = Lanes.scaled(Lanes.nibbles(quants, w3 + block * half + j, shift), scale3, offset3);
                            a30 = Lanes.multiplyAdd(a30, v3, x0);
                        }
                    }
                }
                sums[0] = Lanes.sum(a00);
                sums[1] = Lanes.sum(a10);
                sums[2] = Lanes.sum(a20);
                sums[3] = Lanes.sum(a30);
                for (int k = 0; k < TILE; k++) {
                    if (i + k < count) {
                        Products.store(step, residual, bias, candidates, output, shape, row, i + k, sums[k]);
                    }
                }
            }
        }
    }
}
