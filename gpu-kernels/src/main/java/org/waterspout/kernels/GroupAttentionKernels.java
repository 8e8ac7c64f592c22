package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Attention for GPUs. {@link WideAttentionKernels} is its twin. */
public final class GroupAttentionKernels {

    private GroupAttentionKernels() {
    }

    /**
     * Formula and arrays of {@link WideAttentionKernels#attend}. A work-group of {@link Step#GROUP} items makes one head of one row, in tiles of
     * as many positions: an item scores one position, trees in local memory find the tile's maximum and total, then an item sums
     * elements d, d + 64, ... of the head over the tile. Local memory: 3 x 64 + headWidth floats. The grid has rows * heads groups. Every
     * branch around a barrier depends on the group alone. Error limit: 3e-6 of the largest value.
     */
    public static void attend(KernelContext context, IntArray step, FloatArray query, FloatArray keys, FloatArray values,
            FloatArray output, AttentionShape shape) {
        // one array for all: TornadoVM makes one of two local arrays that are declared alike
        float[] local = context.allocateFloatLocalArray(3 * Step.GROUP + shape.headWidth());
        int totals = Step.GROUP;
        int shares = 2 * Step.GROUP;
        int sums = 3 * Step.GROUP;
        int lane = context.localIdx;
        int item = context.groupIdx;
        int row = item / shape.heads();
        int head = item % shape.heads();
        int ints = Step.HEADER + row * Step.ROW;
        int position = step.get(ints + Step.POSITION);
        int window = step.get(Step.SLOTS + shape.slot() + 1);
        int width = shape.kvHeads() * shape.headWidth();
        int sequence = step.get(Step.SLOTS + shape.slot()) * shape.sequences() + step.get(ints + Step.SEQUENCE);
        int base = sequence * shape.contextLength() * width + head / (shape.heads() / shape.kvHeads()) * shape.headWidth();
        int q = row * shape.queryStride() + shape.queryOffset() + head * shape.headWidth();
        int first = window > 0 && position >= window ? position - window + 1 : 0;
        for (int d = lane; d < shape.headWidth(); d += Step.GROUP) {
            local[sums + d] = 0f;
        }
        float largest = -1e30f;
        float total = 0f;
        for (int start = first; start <= position; start += Step.GROUP) {
            float score = -1e30f;
            if (start + lane <= position) {
                int k = base + (start + lane) * width;
                float dot = 0f;
                for (int d = 0; d < shape.headWidth(); d++) {
                    dot += query.get(q + d) * keys.get(k + d);
                }
                score = dot * shape.scale();
                if (shape.softCap() > 0f) {
                    score = shape.softCap() * TornadoMath.tanh(Activations.clamp(score / shape.softCap()));
                }
            }
            local[lane] = score;
            for (int half = Step.GROUP / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (lane < half) {
                    local[lane] = TornadoMath.max(local[lane], local[lane + half]);
                }
            }
            context.localBarrier();
            float peak = TornadoMath.max(largest, local[0]);
            float share = start + lane <= position ? TornadoMath.exp(TornadoMath.max(score - peak, -80f)) : 0f;
            local[shares + lane] = share;
            local[totals + lane] = share;
            for (int half = Step.GROUP / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (lane < half) {
                    local[totals + lane] += local[totals + lane + half];
                }
            }
            context.localBarrier();
            float keep = TornadoMath.exp(TornadoMath.max(largest - peak, -80f));
            total = total * keep + local[totals];
            int count = position + 1 - start < Step.GROUP ? position + 1 - start : Step.GROUP;
            for (int d = lane; d < shape.headWidth(); d += Step.GROUP) {
                float sum = local[sums + d] * keep;
                for (int t = 0; t < count; t++) {
                    sum += local[shares + t] * values.get(base + (start + t) * width + d);
                }
                local[sums + d] = sum;
            }
            largest = peak;
            context.localBarrier();
        }
        for (int d = lane; d < shape.headWidth(); d += Step.GROUP) {
            output.set(item * shape.headWidth() + d, local[sums + d] / total);
        }
    }
}
