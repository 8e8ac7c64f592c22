package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/** Attention for devices of type CPU. {@link GroupAttentionKernels} is its twin. */
public final class WideAttentionKernels {

    /** Positions whose scores an item holds at a time. */
    public static final int TILE = 64;

    private WideAttentionKernels() {
    }

    /**
     * For query head h of row r, over cache positions t from max(0, position - window + 1) to position: out = sum of softmax(cap(scale *
     * q . k[t])) v[t], cap(s) = softCap tanh(s / softCap); in one pass over the cache by the online softmax (Milakov and Gimelshein 2018):
     * a running maximum and total, the sums rescaled whenever the maximum grows. query: float [rows, queryStride]; keys, values: float
     * [caches, sequences, contextLength, kvHeads * headWidth]; output: float [rows, heads * headWidth]. An item makes one head of one row;
     * private memory for its sums and a tile of scores; no local memory. Error limit: 3e-6 of the largest value.
     */
    public static void attend(KernelContext context, IntArray step, FloatArray query, FloatArray keys, FloatArray values,
            FloatArray output, AttentionShape shape) {
        int item = context.globalIdx;
        float[] scores = new float[TILE];
        float[] sums = new float[shape.headWidth()];
        if (item < step.get(Step.ROWS) * shape.heads()) {
            int row = item / shape.heads();
            int head = item % shape.heads();
            int ints = Step.HEADER + row * Step.ROW;
            int position = step.get(ints + Step.POSITION);
            int window = step.get(Step.SLOTS + shape.slot() + 1);
            int width = shape.kvHeads() * shape.headWidth();
            int sequence = step.get(Step.SLOTS + shape.slot()) * shape.sequences() + step.get(ints + Step.SEQUENCE);
            int base = sequence * shape.contextLength() * width + head / (shape.heads() / shape.kvHeads()) * shape.headWidth()
                    + step.get(Step.ZERO);
            int q = row * shape.queryStride() + shape.queryOffset() + head * shape.headWidth() + step.get(Step.ZERO);
            int first = window > 0 && position >= window ? position - window + 1 : 0;
            int vectors = shape.headWidth() / 8 * 8;
            for (int d = 0; d < shape.headWidth(); d++) {
                sums[d] = 0f;
            }
            float largest = -1e30f;
            float total = 0f;
            for (int start = first; start <= position; start += TILE) {
                int count = position + 1 - start < TILE ? position + 1 - start : TILE;
                float peak = largest;
                for (int t = 0; t < count; t++) {
                    int k = base + (start + t) * width;
                    Float8 dots = Lanes.zero();
                    for (int d = 0; d < vectors; d += 8) {
                        dots = Lanes.multiplyAdd(dots, Lanes.floats(query, q + d), Lanes.floats(keys, k + d));
                    }
                    float dot = Lanes.sum(dots);
                    for (int d = vectors; d < shape.headWidth(); d++) {
                        dot += query.get(q + d) * keys.get(k + d);
                    }
                    float score = dot * shape.scale();
                    if (shape.softCap() > 0f) {
                        score = shape.softCap() * TornadoMath.tanh(Activations.clamp(score / shape.softCap()));
                    }
                    scores[t] = score;
                    peak = TornadoMath.max(peak, score);
                }
                float keep = TornadoMath.exp(TornadoMath.max(largest - peak, -80f));
                total = total * keep;
                for (int t = 0; t < count; t++) {
                    float share = TornadoMath.exp(TornadoMath.max(scores[t] - peak, -80f));
                    scores[t] = share;
                    total += share;
                }
                int v = base + start * width;
                for (int d = 0; d < vectors; d += 8) {
                    Float8 sum = Float8.mult(new Float8(sums[d], sums[d + 1], sums[d + 2], sums[d + 3], sums[d + 4], sums[d + 5],
                            sums[d + 6], sums[d + 7]), keep);
                    for (int t = 0; t < count; t++) {
                        sum = Float8.add(sum, Float8.mult(Lanes.floats(values, v + t * width + d), scores[t]));
                    }
                    sums[d] = sum.getS0();
                    sums[d + 1] = sum.getS1();
                    sums[d + 2] = sum.getS2();
                    sums[d + 3] = sum.getS3();
                    sums[d + 4] = sum.getS4();
                    sums[d + 5] = sum.getS5();
                    sums[d + 6] = sum.getS6();
                    sums[d + 7] = sum.getS7();
                }
                for (int d = vectors; d < shape.headWidth(); d++) {
                    float sum = sums[d] * keep;
                    for (int t = 0; t < count; t++) {
                        sum += values.get(v + t * width + d) * scores[t];
                    }
                    sums[d] = sum;
                }
                largest = peak;
            }
            for (int d = 0; d < shape.headWidth(); d++) {
                output.set(item * shape.headWidth() + d, sums[d] / total);
            }
        }
    }
}
