package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * The first half of a gated feed-forward for GPUs: out[r, i] = function(gate[layer, i] . input[r]) * (up[layer, i] . input[r]), with a bias
 * on each product when shape.bias() is 1. The two weights are stacked, [layers, 2 * rows, columns], the gate's rows first. A work-group of
 * {@link StepLayout#GROUP} items owns output column i of two tokens: group g has i = g % rows and tokens from 2 (g / rows). Each item sums
 * every 64th product; a tree in local memory (4 x 64 floats, one array: TornadoVM makes one of two that are declared alike) adds the items'
 * sums. A token beyond the last repeats it and is not stored. The grid has rows * ceil(tokens / 2) groups. input: float [rows of the step,
 * columns]; bias: float [layers, 2 * rows]; output: float [rows of the step, rows]. Error limit: 4e-6 of the product of the two sums'
 * magnitudes. Devices of type CPU compute the two products as one and gate them with {@link ElementKernels#gate}.
 */
public final class GroupGatedKernels {

    /** Tokens of one work-group. */
    public static final int TOKENS = 2;

    private GroupGatedKernels() {
    }

    /** weights: float [layers, 2 * rows, columns]. */
    public static void f32(KernelContext context, IntArray step, FloatArray input, FloatArray weights, FloatArray bias,
            FloatArray output, GatedShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % shape.rows();
        int row = context.groupIdx / shape.rows() * TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * 2 * shape.rows() + i) * columns;
        int up = base + shape.rows() * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        float g0 = 0f;
        float g1 = 0f;
        float u0 = 0f;
        float u1 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float gateWeight = weights.get(base + j);
            float upWeight = weights.get(up + j);
            g0 += gateWeight * input.get(x0 + j);
            g1 += gateWeight * input.get(x1 + j);
            u0 += upWeight * input.get(x0 + j);
            u1 += upWeight * input.get(x1 + j);
        }
        sums[lane] = g0;
        sums[StepLayout.GROUP + lane] = g1;
        sums[2 * StepLayout.GROUP + lane] = u0;
        sums[3 * StepLayout.GROUP + lane] = u1;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
                sums[StepLayout.GROUP + lane] += sums[StepLayout.GROUP + lane + half];
                sums[2 * StepLayout.GROUP + lane] += sums[2 * StepLayout.GROUP + lane + half];
                sums[3 * StepLayout.GROUP + lane] += sums[3 * StepLayout.GROUP + lane + half];
            }
        }
        context.localBarrier();
        if (lane < TOKENS && row + lane <= last) {
            store(step, bias, output, shape, row + lane, i, sums[lane * StepLayout.GROUP], sums[(2 + lane) * StepLayout.GROUP]);
        }
    }

    /** weights: halves [layers, 2 * rows, columns]. */
    public static void f16(KernelContext context, IntArray step, FloatArray input, ShortArray weights, FloatArray bias,
            FloatArray output, GatedShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % shape.rows();
        int row = context.groupIdx / shape.rows() * TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * 2 * shape.rows() + i) * columns;
        int up = base + shape.rows() * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        float g0 = 0f;
        float g1 = 0f;
        float u0 = 0f;
        float u1 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float gateWeight = Decode.f16(weights, base + j);
            float upWeight = Decode.f16(weights, up + j);
            g0 += gateWeight * input.get(x0 + j);
            g1 += gateWeight * input.get(x1 + j);
            u0 += upWeight * input.get(x0 + j);
            u1 += upWeight * input.get(x1 + j);
        }
        sums[lane] = g0;
        sums[StepLayout.GROUP + lane] = g1;
        sums[2 * StepLayout.GROUP + lane] = u0;
        sums[3 * StepLayout.GROUP + lane] = u1;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
                sums[StepLayout.GROUP + lane] += sums[StepLayout.GROUP + lane + half];
                sums[2 * StepLayout.GROUP + lane] += sums[2 * StepLayout.GROUP + lane + half];
                sums[3 * StepLayout.GROUP + lane] += sums[3 * StepLayout.GROUP + lane + half];
            }
        }
        context.localBarrier();
        if (lane < TOKENS && row + lane <= last) {
            store(step, bias, output, shape, row + lane, i, sums[lane * StepLayout.GROUP], sums[(2 + lane) * StepLayout.GROUP]);
        }
    }

    /** quants: signed bytes [layers, 2 * rows, columns]; scales: float [layers, 2 * rows, columns / block, 1 + offset]. */
    public static void q8(KernelContext context, IntArray step, FloatArray input, ByteArray quants, FloatArray scales, FloatArray bias,
            FloatArray output, GatedShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % shape.rows();
        int row = context.groupIdx / shape.rows() * TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * 2 * shape.rows() + i) * columns;
        int up = base + shape.rows() * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        float g0 = 0f;
        float g1 = 0f;
        float u0 = 0f;
        float u1 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float gateWeight = Decode.q8(quants, scales, base + j, shape.block(), shape.offset());
            float upWeight = Decode.q8(quants, scales, up + j, shape.block(), shape.offset());
            g0 += gateWeight * input.get(x0 + j);
            g1 += gateWeight * input.get(x1 + j);
            u0 += upWeight * input.get(x0 + j);
            u1 += upWeight * input.get(x1 + j);
        }
        sums[lane] = g0;
        sums[StepLayout.GROUP + lane] = g1;
        sums[2 * StepLayout.GROUP + lane] = u0;
        sums[3 * StepLayout.GROUP + lane] = u1;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
                sums[StepLayout.GROUP + lane] += sums[StepLayout.GROUP + lane + half];
                sums[2 * StepLayout.GROUP + lane] += sums[2 * StepLayout.GROUP + lane + half];
                sums[3 * StepLayout.GROUP + lane] += sums[3 * StepLayout.GROUP + lane + half];
            }
        }
        context.localBarrier();
        if (lane < TOKENS && row + lane <= last) {
            store(step, bias, output, shape, row + lane, i, sums[lane * StepLayout.GROUP], sums[(2 + lane) * StepLayout.GROUP]);
        }
    }

    /** quants: nibbles [layers, 2 * rows, columns / 2]; scales: float [layers, 2 * rows, columns / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, FloatArray input, ByteArray quants, FloatArray scales, FloatArray bias,
            FloatArray output, GatedShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % shape.rows();
        int row = context.groupIdx / shape.rows() * TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * 2 * shape.rows() + i) * columns;
        int up = base + shape.rows() * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        float g0 = 0f;
        float g1 = 0f;
        float u0 = 0f;
        float u1 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float gateWeight = Decode.q4(quants, scales, base + j, shape.block());
            float upWeight = Decode.q4(quants, scales, up + j, shape.block());
            g0 += gateWeight * input.get(x0 + j);
            g1 += gateWeight * input.get(x1 + j);
            u0 += upWeight * input.get(x0 + j);
            u1 += upWeight * input.get(x1 + j);
        }
        sums[lane] = g0;
        sums[StepLayout.GROUP + lane] = g1;
        sums[2 * StepLayout.GROUP + lane] = u0;
        sums[3 * StepLayout.GROUP + lane] = u1;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
                sums[StepLayout.GROUP + lane] += sums[StepLayout.GROUP + lane + half];
                sums[2 * StepLayout.GROUP + lane] += sums[2 * StepLayout.GROUP + lane + half];
                sums[3 * StepLayout.GROUP + lane] += sums[3 * StepLayout.GROUP + lane + half];
            }
        }
        context.localBarrier();
        if (lane < TOKENS && row + lane <= last) {
            store(step, bias, output, shape, row + lane, i, sums[lane * StepLayout.GROUP], sums[(2 + lane) * StepLayout.GROUP]);
        }
    }

    private static void store(IntArray step, FloatArray bias, FloatArray output, GatedShape shape, int row, int i, float gateProduct,
            float upProduct) {
        float gate = gateProduct;
        float up = upProduct;
        if (shape.bias() == 1) {
            int biases = step.get(StepLayout.LAYER) * 2 * shape.rows();
            gate += bias.get(biases + i);
            up += bias.get(biases + shape.rows() + i);
        }
        output.set(row * shape.rows() + i, Activations.apply(shape.function(), gate) * up);
    }
}
