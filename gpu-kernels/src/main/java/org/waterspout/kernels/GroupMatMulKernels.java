package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Matrix products for GPUs: the formula and the arrays of {@link WideMatMulKernels}. A work-group of {@link StepLayout#GROUP} items owns
 * row i of the weight for four tokens: group g has i = g % rows and tokens from 4 (g / rows). Neighbouring items read neighbouring weights;
 * each item sums every 64th product, and a tree in local memory (4 x 64 floats, one array: TornadoVM makes one of two that are declared
 * alike) adds the items' sums. Tokens beyond the last repeat it and are not stored. The grid has rows * ceil(tokens / 4) groups. Error
 * limit: 2e-6 of the sum of the products' magnitudes.
 */
public final class GroupMatMulKernels {

    private GroupMatMulKernels() {
    }

    /** weights: float [layers, rows, columns]. */
    public static void f32(KernelContext context, IntArray step, FloatArray input, FloatArray residual, FloatArray weights,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % ListedRows.count(candidates, shape);
        int row = context.groupIdx / ListedRows.count(candidates, shape) * StepLayout.TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * shape.rows() + ListedRows.row(candidates, shape, i)) * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        int x2 = (row + 2 < last ? row + 2 : last) * columns;
        int x3 = (row + 3 < last ? row + 3 : last) * columns;
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float weight = weights.get(base + j);
            s0 += weight * input.get(x0 + j);
            s1 += weight * input.get(x1 + j);
            s2 += weight * input.get(x2 + j);
            s3 += weight * input.get(x3 + j);
        }
        sums[lane] = s0;
        sums[StepLayout.GROUP + lane] = s1;
        sums[2 * StepLayout.GROUP + lane] = s2;
        sums[3 * StepLayout.GROUP + lane] = s3;
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
        if (lane < StepLayout.TOKENS && row + lane <= last) {
            Products.store(step, residual, bias, candidates, output, shape, row + lane, i, sums[lane * StepLayout.GROUP]);
        }
    }

    /** weights: halves [layers, rows, columns]. */
    public static void f16(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ShortArray weights,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % ListedRows.count(candidates, shape);
        int row = context.groupIdx / ListedRows.count(candidates, shape) * StepLayout.TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * shape.rows() + ListedRows.row(candidates, shape, i)) * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        int x2 = (row + 2 < last ? row + 2 : last) * columns;
        int x3 = (row + 3 < last ? row + 3 : last) * columns;
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float weight = Decode.f16(weights, base + j);
            s0 += weight * input.get(x0 + j);
            s1 += weight * input.get(x1 + j);
            s2 += weight * input.get(x2 + j);
            s3 += weight * input.get(x3 + j);
        }
        sums[lane] = s0;
        sums[StepLayout.GROUP + lane] = s1;
        sums[2 * StepLayout.GROUP + lane] = s2;
        sums[3 * StepLayout.GROUP + lane] = s3;
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
        if (lane < StepLayout.TOKENS && row + lane <= last) {
            Products.store(step, residual, bias, candidates, output, shape, row + lane, i, sums[lane * StepLayout.GROUP]);
        }
    }

    /** quants: signed bytes [layers, rows, columns]; scales: float [layers, rows, columns / block, 1 + offset]. */
    public static void q8(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ByteArray quants, FloatArray scales,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % ListedRows.count(candidates, shape);
        int row = context.groupIdx / ListedRows.count(candidates, shape) * StepLayout.TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * shape.rows() + ListedRows.row(candidates, shape, i)) * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        int x2 = (row + 2 < last ? row + 2 : last) * columns;
        int x3 = (row + 3 < last ? row + 3 : last) * columns;
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float weight = Decode.q8(quants, scales, base + j, shape.block(), shape.offset());
            s0 += weight * input.get(x0 + j);
            s1 += weight * input.get(x1 + j);
            s2 += weight * input.get(x2 + j);
            s3 += weight * input.get(x3 + j);
        }
        sums[lane] = s0;
        sums[StepLayout.GROUP + lane] = s1;
        sums[2 * StepLayout.GROUP + lane] = s2;
        sums[3 * StepLayout.GROUP + lane] = s3;
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
        if (lane < StepLayout.TOKENS && row + lane <= last) {
            Products.store(step, residual, bias, candidates, output, shape, row + lane, i, sums[lane * StepLayout.GROUP]);
        }
    }

    /** quants: nibbles [layers, rows, columns / 2]; scales: float [layers, rows, columns / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, FloatArray input, FloatArray residual, ByteArray quants, FloatArray scales,
            FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape) {
        float[] sums = context.allocateFloatLocalArray(4 * StepLayout.GROUP);
        int lane = context.localIdx;
        int i = context.groupIdx % ListedRows.count(candidates, shape);
        int row = context.groupIdx / ListedRows.count(candidates, shape) * StepLayout.TOKENS;
        int columns = shape.columns();
        int last = step.get(StepLayout.ROWS) - 1;
        int base = (step.get(StepLayout.LAYER) * shape.rows() + ListedRows.row(candidates, shape, i)) * columns;
        int x0 = row * columns;
        int x1 = (row + 1 < last ? row + 1 : last) * columns;
        int x2 = (row + 2 < last ? row + 2 : last) * columns;
        int x3 = (row + 3 < last ? row + 3 : last) * columns;
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int j = lane; j < columns; j += StepLayout.GROUP) {
            float weight = Decode.q4(quants, scales, base + j, shape.block());
            s0 += weight * input.get(x0 + j);
            s1 += weight * input.get(x1 + j);
            s2 += weight * input.get(x2 + j);
            s3 += weight * input.get(x3 + j);
        }
        sums[lane] = s0;
        sums[StepLayout.GROUP + lane] = s1;
        sums[2 * StepLayout.GROUP + lane] = s2;
        sums[3 * StepLayout.GROUP + lane] = s3;
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
        if (lane < StepLayout.TOKENS && row + lane <= last) {
            Products.store(step, residual, bias, candidates, output, shape, row + lane, i, sums[lane * StepLayout.GROUP]);
        }
    }
}
