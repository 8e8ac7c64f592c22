package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * The first half of a gated feed-forward for devices of type CPU: out[r, i] = function(gate[layer, i] . input[r]) * (up[layer, i] . input[r]), with
 * a bias on each product when shape.bias() is 1. The two weights are stacked, [layers, 2 * rows, columns], the gate's rows first.
 * An item owns output column i and takes the tokens four at a time, then what is left. No local memory, no barriers.
 * input: float [rows of the step, columns]; bias: float [layers, 2 * rows]; output: float [rows of the step, rows]. Error limit: 4e-6
 * of the product of the two sums' magnitudes. {@link GroupGatedKernels} is its twin.
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
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int vectors = columns / 8 * 8;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 g2 = Lanes.zero();
                Float8 g3 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.floats(weights, gate + j);
                    g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                    g1 = Lanes.multiplyAdd(g1, weight, Lanes.floats(input, x + columns + j));
                    g2 = Lanes.multiplyAdd(g2, weight, Lanes.floats(input, x + 2 * columns + j));
                    g3 = Lanes.multiplyAdd(g3, weight, Lanes.floats(input, x + 3 * columns + j));
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float gate2 = Lanes.sum(g2);
                float gate3 = Lanes.sum(g3);
                for (int j = vectors; j < columns; j++) {
                    float weight = weights.get(gate + j);
                    gate0 += weight * input.get(x + j);
                    gate1 += weight * input.get(x + columns + j);
                    gate2 += weight * input.get(x + 2 * columns + j);
                    gate3 += weight * input.get(x + 3 * columns + j);
                }
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                Float8 u2 = Lanes.zero();
                Float8 u3 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.floats(weights, up + j);
                    u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                    u1 = Lanes.multiplyAdd(u1, weight, Lanes.floats(input, x + columns + j));
                    u2 = Lanes.multiplyAdd(u2, weight, Lanes.floats(input, x + 2 * columns + j));
                    u3 = Lanes.multiplyAdd(u3, weight, Lanes.floats(input, x + 3 * columns + j));
                }
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                float up2 = Lanes.sum(u2);
                float up3 = Lanes.sum(u3);
                for (int j = vectors; j < columns; j++) {
                    float weight = weights.get(up + j);
                    up0 += weight * input.get(x + j);
                    up1 += weight * input.get(x + columns + j);
                    up2 += weight * input.get(x + 2 * columns + j);
                    up3 += weight * input.get(x + 3 * columns + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
                store(step, bias, output, shape, row + 2, i, gate2, up2);
                store(step, bias, output, shape, row + 3, i, gate3, up3);
            }
            for (; row < tokens; row++) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.floats(weights, gate + j);
                    g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                }
                float gate0 = Lanes.sum(g0);
                for (int j = vectors; j < columns; j++) {
                    float weight = weights.get(gate + j);
                    gate0 += weight * input.get(x + j);
                }
                Float8 u0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.floats(weights, up + j);
                    u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                }
                float up0 = Lanes.sum(u0);
                for (int j = vectors; j < columns; j++) {
                    float weight = weights.get(up + j);
                    up0 += weight * input.get(x + j);
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
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int vectors = columns / 8 * 8;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 g2 = Lanes.zero();
                Float8 g3 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, gate + j);
                    g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                    g1 = Lanes.multiplyAdd(g1, weight, Lanes.floats(input, x + columns + j));
                    g2 = Lanes.multiplyAdd(g2, weight, Lanes.floats(input, x + 2 * columns + j));
                    g3 = Lanes.multiplyAdd(g3, weight, Lanes.floats(input, x + 3 * columns + j));
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float gate2 = Lanes.sum(g2);
                float gate3 = Lanes.sum(g3);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, gate + j);
                    gate0 += weight * input.get(x + j);
                    gate1 += weight * input.get(x + columns + j);
                    gate2 += weight * input.get(x + 2 * columns + j);
                    gate3 += weight * input.get(x + 3 * columns + j);
                }
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                Float8 u2 = Lanes.zero();
                Float8 u3 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, up + j);
                    u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                    u1 = Lanes.multiplyAdd(u1, weight, Lanes.floats(input, x + columns + j));
                    u2 = Lanes.multiplyAdd(u2, weight, Lanes.floats(input, x + 2 * columns + j));
                    u3 = Lanes.multiplyAdd(u3, weight, Lanes.floats(input, x + 3 * columns + j));
                }
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                float up2 = Lanes.sum(u2);
                float up3 = Lanes.sum(u3);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, up + j);
                    up0 += weight * input.get(x + j);
                    up1 += weight * input.get(x + columns + j);
                    up2 += weight * input.get(x + 2 * columns + j);
                    up3 += weight * input.get(x + 3 * columns + j);
                }
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
                store(step, bias, output, shape, row + 2, i, gate2, up2);
                store(step, bias, output, shape, row + 3, i, gate3, up3);
            }
            for (; row < tokens; row++) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, gate + j);
                    g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                }
                float gate0 = Lanes.sum(g0);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, gate + j);
                    gate0 += weight * input.get(x + j);
                }
                Float8 u0 = Lanes.zero();
                for (int j = 0; j < vectors; j += 8) {
                    Float8 weight = Lanes.halves(weights, up + j);
                    u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                }
                float up0 = Lanes.sum(u0);
                for (int j = vectors; j < columns; j++) {
                    float weight = Decode.f16(weights, up + j);
                    up0 += weight * input.get(x + j);
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
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 g2 = Lanes.zero();
                Float8 g3 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, gate / shape.block() + block, shape.offset());
                    float offset = Decode.offset(scales, gate / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 weight = Float8.add(Float8.mult(Lanes.bytes(quants, gate + j), scale), offset);
                        g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                        g1 = Lanes.multiplyAdd(g1, weight, Lanes.floats(input, x + columns + j));
                        g2 = Lanes.multiplyAdd(g2, weight, Lanes.floats(input, x + 2 * columns + j));
                        g3 = Lanes.multiplyAdd(g3, weight, Lanes.floats(input, x + 3 * columns + j));
                    }
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float gate2 = Lanes.sum(g2);
                float gate3 = Lanes.sum(g3);
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                Float8 u2 = Lanes.zero();
                Float8 u3 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, up / shape.block() + block, shape.offset());
                    float offset = Decode.offset(scales, up / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 weight = Float8.add(Float8.mult(Lanes.bytes(quants, up + j), scale), offset);
                        u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                        u1 = Lanes.multiplyAdd(u1, weight, Lanes.floats(input, x + columns + j));
                        u2 = Lanes.multiplyAdd(u2, weight, Lanes.floats(input, x + 2 * columns + j));
                        u3 = Lanes.multiplyAdd(u3, weight, Lanes.floats(input, x + 3 * columns + j));
                    }
                }
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                float up2 = Lanes.sum(u2);
                float up3 = Lanes.sum(u3);
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
                store(step, bias, output, shape, row + 2, i, gate2, up2);
                store(step, bias, output, shape, row + 3, i, gate3, up3);
            }
            for (; row < tokens; row++) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, gate / shape.block() + block, shape.offset());
                    float offset = Decode.offset(scales, gate / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 weight = Float8.add(Float8.mult(Lanes.bytes(quants, gate + j), scale), offset);
                        g0 = Lanes.multiplyAdd(g0, weight, Lanes.floats(input, x + j));
                    }
                }
                float gate0 = Lanes.sum(g0);
                Float8 u0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, up / shape.block() + block, shape.offset());
                    float offset = Decode.offset(scales, up / shape.block() + block, shape.offset());
                    for (int j = from; j < from + shape.block(); j += 8) {
                        Float8 weight = Float8.add(Float8.mult(Lanes.bytes(quants, up + j), scale), offset);
                        u0 = Lanes.multiplyAdd(u0, weight, Lanes.floats(input, x + j));
                    }
                }
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
            int gate = (step.get(Step.LAYER) * 2 * shape.rows() + i) * columns;
            int up = gate + shape.rows() * columns;
            int row = 0;
            for (; row + Step.TOKENS <= tokens; row += Step.TOKENS) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                Float8 g1 = Lanes.zero();
                Float8 g2 = Lanes.zero();
                Float8 g3 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, gate / shape.block() + block, 1);
                    float offset = Decode.offset(scales, gate / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (gate + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        g0 = Lanes.multiplyAdd(g0, low, Lanes.floats(input, x + j));
                        g1 = Lanes.multiplyAdd(g1, low, Lanes.floats(input, x + columns + j));
                        g2 = Lanes.multiplyAdd(g2, low, Lanes.floats(input, x + 2 * columns + j));
                        g3 = Lanes.multiplyAdd(g3, low, Lanes.floats(input, x + 3 * columns + j));
                        g0 = Lanes.multiplyAdd(g0, high, Lanes.floats(input, x + j + shape.block() / 2));
                        g1 = Lanes.multiplyAdd(g1, high, Lanes.floats(input, x + columns + j + shape.block() / 2));
                        g2 = Lanes.multiplyAdd(g2, high, Lanes.floats(input, x + 2 * columns + j + shape.block() / 2));
                        g3 = Lanes.multiplyAdd(g3, high, Lanes.floats(input, x + 3 * columns + j + shape.block() / 2));
                    }
                }
                float gate0 = Lanes.sum(g0);
                float gate1 = Lanes.sum(g1);
                float gate2 = Lanes.sum(g2);
                float gate3 = Lanes.sum(g3);
                Float8 u0 = Lanes.zero();
                Float8 u1 = Lanes.zero();
                Float8 u2 = Lanes.zero();
                Float8 u3 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, up / shape.block() + block, 1);
                    float offset = Decode.offset(scales, up / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (up + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        u0 = Lanes.multiplyAdd(u0, low, Lanes.floats(input, x + j));
                        u1 = Lanes.multiplyAdd(u1, low, Lanes.floats(input, x + columns + j));
                        u2 = Lanes.multiplyAdd(u2, low, Lanes.floats(input, x + 2 * columns + j));
                        u3 = Lanes.multiplyAdd(u3, low, Lanes.floats(input, x + 3 * columns + j));
                        u0 = Lanes.multiplyAdd(u0, high, Lanes.floats(input, x + j + shape.block() / 2));
                        u1 = Lanes.multiplyAdd(u1, high, Lanes.floats(input, x + columns + j + shape.block() / 2));
                        u2 = Lanes.multiplyAdd(u2, high, Lanes.floats(input, x + 2 * columns + j + shape.block() / 2));
                        u3 = Lanes.multiplyAdd(u3, high, Lanes.floats(input, x + 3 * columns + j + shape.block() / 2));
                    }
                }
                float up0 = Lanes.sum(u0);
                float up1 = Lanes.sum(u1);
                float up2 = Lanes.sum(u2);
                float up3 = Lanes.sum(u3);
                store(step, bias, output, shape, row, i, gate0, up0);
                store(step, bias, output, shape, row + 1, i, gate1, up1);
                store(step, bias, output, shape, row + 2, i, gate2, up2);
                store(step, bias, output, shape, row + 3, i, gate3, up3);
            }
            for (; row < tokens; row++) {
                int x = row * columns;
                Float8 g0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, gate / shape.block() + block, 1);
                    float offset = Decode.offset(scales, gate / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (gate + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        g0 = Lanes.multiplyAdd(g0, low, Lanes.floats(input, x + j));
                        g0 = Lanes.multiplyAdd(g0, high, Lanes.floats(input, x + j + shape.block() / 2));
                    }
                }
                float gate0 = Lanes.sum(g0);
                Float8 u0 = Lanes.zero();
                for (int block = 0; block < columns / shape.block(); block++) {
                    int from = block * shape.block();
                    float scale = Decode.scale(scales, up / shape.block() + block, 1);
                    float offset = Decode.offset(scales, up / shape.block() + block, 1);
                    for (int j = from; j < from + shape.block() / 2; j += 8) {
                        int pair = (up + from) / 2 + j - from;
                        Float8 low = Float8.add(Float8.mult(Lanes.lowNibbles(quants, pair), scale), offset);
                        Float8 high = Float8.add(Float8.mult(Lanes.highNibbles(quants, pair), scale), offset);
                        u0 = Lanes.multiplyAdd(u0, low, Lanes.floats(input, x + j));
                        u0 = Lanes.multiplyAdd(u0, high, Lanes.floats(input, x + j + shape.block() / 2));
                    }
                }
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
