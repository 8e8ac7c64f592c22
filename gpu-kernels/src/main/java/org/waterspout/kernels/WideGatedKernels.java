package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * The first half of a gated feed-forward for devices of type CPU: out[r, i] = function(gate[layer, i] . input[r]) * (up[layer, i] .
 * input[r]), with a bias on each product when shape.bias() is 1. The two weights are stacked, [layers, 2 * rows, columns], the gate's
 * rows first. An item owns output column i: two rows of weights for two tokens at a time, so that each number read serves two
 * products, then what is left. No local memory, no barriers. input: float [rows of the step, columns]; bias: float [layers, 2 * rows];
 * output: float [rows of the step, rows]. Error limit: 4e-6 of the product of the two sums' magnitudes. {@link GroupGatedKernels} is its
 * twin.
 */
public final class WideGatedKernels {

    private WideGatedKernels() {
    }

    /** weights: float [layers, 2 * rows, columns]. */
    public static void f32(KernelContext context, IntArray step, FloatArray input, FloatArray weights, FloatArray bias,
            FloatArray output, GatedShape shape) {
        int i = context.globalIdx;
        if (i < shape.rows()) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int vectors = columns / 8 * 8;
            int row = 0;
            for (; row + 2 <= tokens; row += 2) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 gateWeight = Lanes.floats(weights, gate + j);
                    Float8 upWeight = Lanes.floats(weights, up + j);
                    Float8 x0 = Lanes.floats(input, x + j);
                    g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                    u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                    Float8 x1 = Lanes.floats(input, x + columns + j);
                    g1 = Lanes.multiplyAdd(g1, gateWeight, x1);
                    u1 = Lanes.multiplyAdd(u1, upWeight, x1);
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                for (int j = vectors; j < columns; j++) {
                    float gateWeight = weights.get(gate + j);
                    float upWeight = weights.get(up + j);
                    gate0 += gateWeight * input.get(x + j);
                    up0 += upWeight * input.get(x + j);
                    gate1 += gateWeight * input.get(x + columns + j);
                    up1 += upWeight * input.get(x + columns + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 gateWeight = Lanes.floats(weights, gate + j);
                    Float8 upWeight = Lanes.floats(weights, up + j);
                    Float8 x0 = Lanes.floats(input, x + j);
                    g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                    u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                }
                float gate0 = Lanes.sum(g0);
                float up0 = Lanes.sum(u0);
                for (int j = vectors; j < columns; j++) {
                    float gateWeight = weights.get(gate + j);
                    float upWeight = weights.get(up + j);
                    gate0 += gateWeight * input.get(x + j);
                    up0 += upWeight * input.get(x + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
            }
        }
    }

    /** weights: halves [layers, 2 * rows, columns]. */
    public static void f16(KernelContext context, IntArray step, FloatArray input, ShortArray weights, FloatArray bias,
            FloatArray output, GatedShape shape) {
        int i = context.globalIdx;
        if (i < shape.rows()) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int vectors = columns / 8 * 8;
            int row = 0;
            for (; row + 2 <= tokens; row += 2) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 gateWeight = Lanes.halves(weights, gate + j);
                    Float8 upWeight = Lanes.halves(weights, up + j);
                    Float8 x0 = Lanes.floats(input, x + j);
                    g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                    u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                    Float8 x1 = Lanes.floats(input, x + columns + j);
                    g1 = Lanes.multiplyAdd(g1, gateWeight, x1);
                    u1 = Lanes.multiplyAdd(u1, upWeight, x1);
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                for (int j = vectors; j < columns; j++) {
                    float gateWeight = Decode.f16(weights, gate + j);
                    float upWeight = Decode.f16(weights, up + j);
                    gate0 += gateWeight * input.get(x + j);
                    up0 += upWeight * input.get(x + j);
                    gate1 += gateWeight * input.get(x + columns + j);
                    up1 += upWeight * input.get(x + columns + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 gateWeight = Lanes.halves(weights, gate + j);
                    Float8 upWeight = Lanes.halves(weights, up + j);
                    Float8 x0 = Lanes.floats(input, x + j);
                    g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                    u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                }
                float gate0 = Lanes.sum(g0);
                float up0 = Lanes.sum(u0);
                for (int j = vectors; j < columns; j++) {
                    float gateWeight = Decode.f16(weights, gate + j);
                    float upWeight = Decode.f16(weights, up + j);
                    gate0 += gateWeight * input.get(x + j);
                    up0 += upWeight * input.get(x + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
            }
        }
    }

    /** quants: signed bytes [layers, 2 * rows, columns]; scales: float [layers, 2 * rows, columns / block, 1 + offset]. */
    public static void q8(KernelContext context, IntArray step, FloatArray input, ByteArray quants, FloatArray scales, FloatArray bias,
            FloatArray output, GatedShape shape) {
        int i = context.globalIdx;
        if (i < shape.rows()) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int row = 0;
            for (; row + 2 <= tokens; row += 2) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float gateScale = Decode.scale(scales, gate / shape.block() + block, shape.offset());
                    float gateOffset = Decode.offset(scales, gate / shape.block() + block, shape.offset());
                    float upScale = Decode.scale(scales, up / shape.block() + block, shape.offset());
                    float upOffset = Decode.offset(scales, up / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 gateWeight = Float8.add(Float8.mult(Lanes.bytes(quants, gate + j), gateScale), gateOffset);
                        Float8 upWeight = Float8.add(Float8.mult(Lanes.bytes(quants, up + j), upScale), upOffset);
                        Float8 x0 = Lanes.floats(input, x + j);
                        g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                        u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                        Float8 x1 = Lanes.floats(input, x + columns + j);
                        g1 = Lanes.multiplyAdd(g1, gateWeight, x1);
                        u1 = Lanes.multiplyAdd(u1, upWeight, x1);
                    }
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float gateScale = Decode.scale(scales, gate / shape.block() + block, shape.offset());
                    float gateOffset = Decode.offset(scales, gate / shape.block() + block, shape.offset());
                    float upScale = Decode.scale(scales, up / shape.block() + block, shape.offset());
                    float upOffset = Decode.offset(scales, up / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 gateWeight = Float8.add(Float8.mult(Lanes.bytes(quants, gate + j), gateScale), gateOffset);
                        Float8 upWeight = Float8.add(Float8.mult(Lanes.bytes(quants, up + j), upScale), upOffset);
                        Float8 x0 = Lanes.floats(input, x + j);
                        g0 = Lanes.multiplyAdd(g0, gateWeight, x0);
                        u0 = Lanes.multiplyAdd(u0, upWeight, x0);
                    }
                }
                float gate0 = Lanes.sum(g0);
                float up0 = Lanes.sum(u0);
                store(step, bias, output, shape, row, i, gate0, up0);
            }
        }
    }

    /** quants: nibbles [layers, 2 * rows, columns / 2]; scales: float [layers, 2 * rows, columns / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, FloatArray input, ByteArray quants, FloatArray scales, FloatArray bias,
            FloatArray output, GatedShape shape) {
        int i = context.globalIdx;
        if (i < shape.rows()) {
            int columns = shape.columns();
            int tokens = step.get(Step.ROWS);
            int zero = step.get(Step.ZERO);
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int row = 0;
            for (; row + 2 <= tokens; row += 2) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float gateScale = Decode.scale(scales, gate / shape.block() + block, 1);
                    float gateOffset = Decode.offset(scales, gate / shape.block() + block, 1);
                    float upScale = Decode.scale(scales, up / shape.block() + block, 1);
                    float upOffset = Decode.offset(scales, up / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int gatePair = (gate + from) / 2 + j - from;
                        Float8 gateLow = Float8.add(Float8.mult(Lanes.lowNibbles(quants, gatePair), gateScale), gateOffset);
                        Float8 gateHigh = Float8.add(Float8.mult(Lanes.highNibbles(quants, gatePair), gateScale), gateOffset);
                        int upPair = (up + from) / 2 + j - from;
                        Float8 upLow = Float8.add(Float8.mult(Lanes.lowNibbles(quants, upPair), upScale), upOffset);
                        Float8 upHigh = Float8.add(Float8.mult(Lanes.highNibbles(quants, upPair), upScale), upOffset);
                        Float8 low0 = Lanes.floats(input, x + j);
                        g0 = Lanes.multiplyAdd(g0, gateLow, low0);
                        u0 = Lanes.multiplyAdd(u0, upLow, low0);
                        Float8 low1 = Lanes.floats(input, x + columns + j);
                        g1 = Lanes.multiplyAdd(g1, gateLow, low1);
                        u1 = Lanes.multiplyAdd(u1, upLow, low1);
                        Float8 high0 = Lanes.floats(input, x + j + shape.block() / 2);
                        g0 = Lanes.multiplyAdd(g0, gateHigh, high0);
                        u0 = Lanes.multiplyAdd(u0, upHigh, high0);
                        Float8 high1 = Lanes.floats(input, x + columns + j + shape.block() / 2);
                        g1 = Lanes.multiplyAdd(g1, gateHigh, high1);
                        u1 = Lanes.multiplyAdd(u1, upHigh, high1);
                    }
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
            }
            for (; row < tokens; row++) {
                int x = row * columns + zero;
                Float8 g0 = Lanes.zero();
                Float8 u0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float gateScale = Decode.scale(scales, gate / shape.block() + block, 1);
                    float gateOffset = Decode.offset(scales, gate / shape.block() + block, 1);
                    float upScale = Decode.scale(scales, up / shape.block() + block, 1);
                    float upOffset = Decode.offset(scales, up / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int gatePair = (gate + from) / 2 + j - from;
                        Float8 gateLow = Float8.add(Float8.mult(Lanes.lowNibbles(quants, gatePair), gateScale), gateOffset);
                        Float8 gateHigh = Float8.add(Float8.mult(Lanes.highNibbles(quants, gatePair), gateScale), gateOffset);
                        int upPair = (up + from) / 2 + j - from;
                        Float8 upLow = Float8.add(Float8.mult(Lanes.lowNibbles(quants, upPair), upScale), upOffset);
                        Float8 upHigh = Float8.add(Float8.mult(Lanes.highNibbles(quants, upPair), upScale), upOffset);
                        Float8 low0 = Lanes.floats(input, x + j);
                        g0 = Lanes.multiplyAdd(g0, gateLow, low0);
                        u0 = Lanes.multiplyAdd(u0, upLow, low0);
                        Float8 high0 = Lanes.floats(input, x + j + shape.block() / 2);
                        g0 = Lanes.multiplyAdd(g0, gateHigh, high0);
                        u0 = Lanes.multiplyAdd(u0, upHigh, high0);
                    }
                }
                float gate0 = Lanes.sum(g0);
                float up0 = Lanes.sum(u0);
                store(step, bias, output, shape, row, i, gate0, up0);
            }
        }
    }

    private static void store(IntArray step, FloatArray bias, FloatArray output, GatedShape shape, int row, int i, float gateProduct,
            float upProduct) {
        float gate = gateProduct;
        float up = upProduct;
        if (shape.bias() == 1) {
            int biases = step.get(Step.LAYER) * 2 * shape.rows();
            gate += bias.get(biases + i);
            up += bias.get(biases + shape.rows() + i);
        }
        output.set(row * shape.rows() + i, Activations.apply(shape.function(), gate) * up);
    }
}
