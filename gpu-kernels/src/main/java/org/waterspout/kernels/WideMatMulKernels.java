package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Matrix products for devices of type CPU, weights as halves and nibbles; {@link WideTileKernels} has the others. out[r, i] = sum over j of
 * input[r, j] * weight[layer, i, j] + bias[layer, i] + residual[r, i]. An item owns row i of the weight: it takes the tokens four at a
 * time, so that a weight is read and decoded once for four products, and what is left one at a time. So one compiled kernel serves prompts and
 * single tokens. No local memory, no barriers. input: float [rows of the step, columns]; bias: float [layers, rows], read when shape.bias() is
 * 1; candidates: the rows to multiply, where not all ({@link Candidates}); residual and output: float [rows of the step, rows]. Error
 * limit: 2e-6 of the sum of the products' magnitudes. {@link GroupMatMulKernels} is its twin.
 */
public final class WideMatMulKernels {

    private WideMatMulKernels() {
    }

    /** weights: halves [layers, rows, columns]. */
    public static void f16(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ShortArray weights,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        int i = context.globalIdx;
        if (i < Candidates.count(candidates, shape)) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int base = (step.get(Step.LAYER) * shape.rows() + Candidates.row(candidates, shape, i)) * columns;
            int vectors = columns / 8 * 8;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns + zero;
                Float8 a0 = Lanes.zero();
                Float8 a1 = Lanes.zero();
                Float8 a2 = Lanes.zero();
                Float8 a3 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, base + j);
                    a0 = Lanes.multiplyAdd(a0, weight, Lanes.floats(input, x + j));
                    a1 = Lanes.multiplyAdd(a1, weight, Lanes.floats(input, x + columns + j));
                    a2 = Lanes.multiplyAdd(a2, weight, Lanes.floats(input, x + 2 * columns + j));
                    a3 = Lanes.multiplyAdd(a3, weight, Lanes.floats(input, x + 3 * columns + j));
                }
                float s0 = Lanes.sum(a0);
                float s1 = Lanes.sum(a1);
                float s2 = Lanes.sum(a2);
                float s3 = Lanes.sum(a3);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, base + j);
                    s0 += weight * input.get(x + j);
                    s1 += weight * input.get(x + columns + j);
                    s2 += weight * input.get(x + 2 * columns + j);
                    s3 += weight * input.get(x + 3 * columns + j);
                }
                Products.store(step, residual, bias, candidates, output, shape, row, i, s0);
                Products.store(step, residual, bias, candidates, output, shape, row + 1, i, s1);
                Products.store(step, residual, bias, candidates, output, shape, row + 2, i, s2);
                Products.store(step, residual, bias, candidates, output, shape, row + 3, i, s3);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 a0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, base + j);
                    a0 = Lanes.multiplyAdd(a0, weight, Lanes.floats(input, x + j));
                }
                float s0 = Lanes.sum(a0);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, base + j);
                    s0 += weight * input.get(x + j);
                }
                Products.store(step, residual, bias, candidates, output, shape, row, i, s0);
            }
        }
    }

    /** quants: nibbles [layers, rows, columns / 2]; scales: float [layers, rows, columns / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ByteArray quants, FloatArray scales,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        int i = context.globalIdx;
        if (i < Candidates.count(candidates, shape)) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int base = (step.get(Step.LAYER) * shape.rows() + Candidates.row(candidates, shape, i)) * columns;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns + zero;
                Float8 a0 = Lanes.zero();
                Float8 a1 = Lanes.zero();
                Float8 a2 = Lanes.zero();
                Float8 a3 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, base / shape.block() + block, 1);
                    float offset = Decode.offset(scales, base / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (base + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        a0 = Lanes.multiplyAdd(a0, low, Lanes.floats(input, x + j));
                        a1 = Lanes.multiplyAdd(a1, low, Lanes.floats(input, x + columns + j));
                        a2 = Lanes.multiplyAdd(a2, low, Lanes.floats(input, x + 2 * columns + j));
                        a3 = Lanes.multiplyAdd(a3, low, Lanes.floats(input, x + 3 * columns + j));
                        a0 = Lanes.multiplyAdd(a0, high, Lanes.floats(input, x + j + shape.block() / 2));
                        a1 = Lanes.multiplyAdd(a1, high, Lanes.floats(input, x + columns + j + shape.block() / 2));
                        a2 = Lanes.multiplyAdd(a2, high, Lanes.floats(input, x + 2 * columns + j + shape.block() / 2));
                        a3 = Lanes.multiplyAdd(a3, high, Lanes.floats(input, x + 3 * columns + j + shape.block() / 2));
                    }
                }
                float s0 = Lanes.sum(a0);
                float s1 = Lanes.sum(a1);
                float s2 = Lanes.sum(a2);
                float s3 = Lanes.sum(a3);
                Products.store(step, residual, bias, candidates, output, shape, row, i, s0);
                Products.store(step, residual, bias, candidates, output, shape, row + 1, i, s1);
                Products.store(step, residual, bias, candidates, output, shape, row + 2, i, s2);
                Products.store(step, residual, bias, candidates, output, shape, row + 3, i, s3);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 a0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, base / shape.block() + block, 1);
                    float offset = Decode.offset(scales, base / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (base + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        a0 = Lanes.multiplyAdd(a0, low, Lanes.floats(input, x + j));
                        a0 = Lanes.multiplyAdd(a0, high, Lanes.floats(input, x + j + shape.block() / 2));
                    }
                }
                float s0 = Lanes.sum(a0);
                Products.store(step, residual, bias, candidates, output, shape, row, i, s0);
            }
        }
    }
}
