package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Attention for GPUs. {@link WideAttentionKernels} is its twin. */
public final class GroupAttentionKernels {

    private GroupAttentionKernels() {
    }

    /**
     * Formula and arrays of {@link WideAttentionKernels#attend}. A work-group of {@link StepLayout#GROUP} items makes one head of one row,
     * in tiles of as many positions: an item scores one position, trees in local memory find the tile's maximum and total, then an item
     * sums elements d, d + 64, ... of the head over the tile. Local memory: 3 x 64 + headDimension floats. The grid has rows * heads
     * groups. Every branch around a barrier depends on the group alone. Error limit: 3e-6 of the largest value.
     */
    public static void attend(KernelContext context, IntArray step, FloatArray query, FloatArray keys, FloatArray values,
            ShortArray halfKeys, ShortArray halfValues, FloatArray biases, FloatArray places, FloatArray output, AttentionShape shape) {
        // one array for all: TornadoVM makes one of two local arrays that are declared alike
        float[] local = context.allocateFloatLocalArray(3 * StepLayout.GROUP + shape.headDimension());
        int totals = StepLayout.GROUP;
        int shares = 2 * StepLayout.GROUP;
        int sums = 3 * StepLayout.GROUP;
        int lane = context.localIdx;
        int item = context.groupIdx;
        int row = item / shape.heads();
        int head = item % shape.heads();
        int position = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.POSITION);
        int sequence = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.SEQUENCE);
        int begin = AttendedPositions.begin(step, shape, row);
        int first = AttendedPositions.first(step, shape, row);
        int end = AttendedPositions.end(step, shape, row);
        int kvHead = head / (shape.heads() / shape.kvHeads());
        int within = kvHead * shape.headStride();
        int scales = kvHead * KeptNumbers.groups(shape.headDimension());
        int q = row * shape.queryStride() + shape.queryOffset() + head * shape.headDimension();
        int bias = AttendedPositions.bias(step, shape, head, position);
        int fours = shape.headDimension() / 4 * 4;
        for (int d = lane; d < shape.headDimension(); d += StepLayout.GROUP) {
            local[sums + d] = 0f;
        }
        float zero = (float) step.get(StepLayout.ZERO);
        float largest = -1e30f;
        float total = 0f;
        for (int start = first; start < end; start += StepLayout.GROUP) {
            float score = -1e30f;
            float spoilt = 0f;
            if (start + lane < end) {
                int place = begin + start + lane + AttendedPositions.moved(places, shape, sequence, start + lane);
                int k = place * shape.keyStride() + shape.keyOffset() + within;
                int scale = place * shape.scaleStride() + scales;
                // four sums: less rounding, and no product waits for the one before
                float dot0 = 0f;
                float dot1 = 0f;
                float dot2 = 0f;
                float dot3 = 0f;
                for (int d = 0; d < fours; d += 4) {
                    dot0 += query.get(q + d) * KeptNumbers.one(keys, halfKeys, k, d, scale, shape.kept());
                    dot1 += query.get(q + d + 1) * KeptNumbers.one(keys, halfKeys, k, d + 1, scale, shape.kept());
                    dot2 += query.get(q + d + 2) * KeptNumbers.one(keys, halfKeys, k, d + 2, scale, shape.kept());
                    dot3 += query.get(q + d + 3) * KeptNumbers.one(keys, halfKeys, k, d + 3, scale, shape.kept());
                }
                for (int d = fours; d < shape.headDimension(); d++) {
                    dot0 += query.get(q + d) * KeptNumbers.one(keys, halfKeys, k, d, scale, shape.kept());
                }
                float dot = (dot0 + dot1) + (dot2 + dot3);
                // maxima pass over NaN; the product of what is not finite with a zero that no compiler knows does not
                spoilt = dot * zero;
                score = dot * shape.scale();
                if (shape.softCap() > 0f) {
                    score = shape.softCap() * TornadoMath.tanh(Activations.clamp(score / shape.softCap()));
                }
                if (shape.biased() == 1) {
                    score += biases.get(bias + start + lane);
                }
            }
            local[lane] = score;
            for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (lane < half) {
                    local[lane] = TornadoMath.max(local[lane], local[lane + half]);
                }
            }
            context.localBarrier();
            float peak = TornadoMath.max(largest, local[0]);
            float share = start + lane < end ? TornadoMath.exp(TornadoMath.max(score - peak, -80f)) : 0f;
            local[shares + lane] = share;
            local[totals + lane] = share + spoilt;
            for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (lane < half) {
                    local[totals + lane] += local[totals + lane + half];
                }
            }
            context.localBarrier();
            float keep = TornadoMath.exp(TornadoMath.max(largest - peak, -80f));
            total = total * keep + local[totals];
            int count = end - start < StepLayout.GROUP ? end - start : StepLayout.GROUP;
            for (int d = lane; d < shape.headDimension(); d += StepLayout.GROUP) {
                float sum = local[sums + d] * keep;
                for (int t = 0; t < count; t++) {
                    int place = begin + start + t + AttendedPositions.moved(places, shape, sequence, start + t);
                    int v = place * shape.valueStride() + shape.valueOffset() + within;
                    int scale = place * shape.scaleStride() + scales;
                    sum += local[shares + t] * KeptNumbers.one(values, halfValues, v, d, scale, shape.kept());
                }
                local[sums + d] = sum;
            }
            largest = peak;
            context.localBarrier();
        }
        for (int d = lane; d < shape.headDimension(); d += StepLayout.GROUP) {
            output.set(item * shape.headDimension() + d, local[sums + d] / total);
        }
    }
}
