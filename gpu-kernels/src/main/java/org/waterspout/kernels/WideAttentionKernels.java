package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/** Attention for devices of type CPU. {@link GroupAttentionKernels} is its twin. */
public final class WideAttentionKernels {

    /** Positions whose scores an item holds at a time. */
    public static final int TILE = 64;

    private WideAttentionKernels() {
    }

    /**
     * For query head h of row r, over the positions t that {@link AttendedPositions#first} and {@link AttendedPositions#end} give: out =
     * sum of softmax(cap(scale * q . k[t]) + bias[table, h, t - position + reach - 1]) v[t], cap(s) = softCap tanh(s / softCap); in one
     * pass by the online softmax (Milakov and Gimelshein 2018): a running maximum and total, the sums rescaled whenever the maximum grows.
     * query: float [rows, queryStride]; keys, values: float, or halfKeys, halfValues: of 16 bits, as shape.kept() says ({@link
     * KeptNumbers}), rows of keyStride and valueStride, which are [caches, cacheRows], those of the step, or [memories, sources,
     * positions]; biases: float [tables, heads, 2 * reach - 1], read when shape.biased() is 1; places: float [sequences, positions], read
     * when shape.placed() is above 0: how many blocks of so many rows that position of the sequence lies behind where it would lie in
     * block 0; output: float [rows, heads * headDimension]. An item makes one head of one row; private memory for its sums and a tile of
     * scores; no local memory. Where a key or value is infinite or NaN, the output holds no number. Error limit: 3e-6 of the largest value.
     */
    public static void attend(KernelContext context, IntArray step, FloatArray query, FloatArray keys, FloatArray values,
            ShortArray halfKeys, ShortArray halfValues, FloatArray biases, FloatArray places, FloatArray output, AttentionShape shape) {
        int item = context.globalIdx;
        float[] scores = new float[TILE];
        float[] sums = new float[shape.headDimension()];
        if (item < step.get(StepLayout.ROWS) * shape.heads()) {
            int row = item / shape.heads();
            int head = item % shape.heads();
            int position = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.POSITION);
            int sequence = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.SEQUENCE);
            int begin = AttendedPositions.begin(step, shape, row);
            int first = AttendedPositions.first(step, shape, row);
            int end = AttendedPositions.end(step, shape, row);
            int kvHead = head / (shape.heads() / shape.kvHeads());
            int within = kvHead * shape.headStride() + step.get(StepLayout.ZERO);
            int scales = kvHead * KeptNumbers.groups(shape.headDimension());
            int q = row * shape.queryStride() + shape.queryOffset() + head * shape.headDimension() + step.get(StepLayout.ZERO);
            int bias = AttendedPositions.bias(step, shape, head, position);
            int vectors = shape.headDimension() / 8 * 8;
            for (int d = 0; d < shape.headDimension(); d++) {
                sums[d] = 0f;
            }
            float zero = (float) step.get(StepLayout.ZERO);
            float largest = -1e30f;
            float total = 0f;
            for (int start = first; start < end; start += TILE) {
                int count = end - start < TILE ? end - start : TILE;
                float peak = largest;
                float spoilt = 0f;
                for (int t = 0; t < count; t++) {
                    int place = begin + start + t + AttendedPositions.moved(places, shape, sequence, start + t);
                    int k = place * shape.keyStride() + shape.keyOffset() + within;
                    int scale = place * shape.scaleStride() + scales;
                    Float8 dots = FloatLanes.zero();
                    for (int d = 0; d < vectors; d += 8) {
                        dots = FloatLanes.multiplyAdd(dots, FloatLanes.floats(query, q + d),
                                KeptNumbers.eight(keys, halfKeys, k, d, scale, shape.kept()));
                    }
                    float dot = FloatLanes.sum(dots);
                    for (int d = vectors; d < shape.headDimension(); d++) {
                        dot += query.get(q + d) * KeptNumbers.one(keys, halfKeys, k, d, scale, shape.kept());
                    }
                    float score = dot * shape.scale();
                    // maxima pass over NaN; the product of what is not finite with a zero that no compiler knows does not
                    spoilt += dot * zero;
                    if (shape.softCap() > 0f) {
                        score = shape.softCap() * TornadoMath.tanh(Activations.clamp(score / shape.softCap()));
                    }
                    if (shape.biased() == 1) {
                        score += biases.get(bias + start + t);
                    }
                    scores[t] = score;
                    peak = TornadoMath.max(peak, score);
                }
                float keep = TornadoMath.exp(TornadoMath.max(largest - peak, -80f));
                total = total * keep + spoilt;
                for (int t = 0; t < count; t++) {
                    float share = TornadoMath.exp(TornadoMath.max(scores[t] - peak, -80f));
                    scores[t] = share;
                    total += share;
                }
                for (int d = 0; d < vectors; d += 8) {
                    Float8 sum = Float8.mult(new Float8(sums[d], sums[d + 1], sums[d + 2], sums[d + 3], sums[d + 4], sums[d + 5],
                            sums[d + 6], sums[d + 7]), keep);
                    for (int t = 0; t < count; t++) {
                        int place = begin + start + t + AttendedPositions.moved(places, shape, sequence, start + t);
                        int v = place * shape.valueStride() + shape.valueOffset() + within;
                        int scale = place * shape.scaleStride() + scales;
                        sum = Float8.add(sum, Float8.mult(KeptNumbers.eight(values, halfValues, v, d, scale, shape.kept()), scores[t]));
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
                for (int d = vectors; d < shape.headDimension(); d++) {
                    float sum = sums[d] * keep;
                    for (int t = 0; t < count; t++) {
                        int place = begin + start + t + AttendedPositions.moved(places, shape, sequence, start + t);
                        int v = place * shape.valueStride() + shape.valueOffset() + within;
                        int scale = place * shape.scaleStride() + scales;
                        sum += KeptNumbers.one(values, halfValues, v, d, scale, shape.kept()) * scores[t];
                    }
                    sums[d] = sum;
                }
                largest = peak;
            }
            for (int d = 0; d < shape.headDimension(); d++) {
                output.set(item * shape.headDimension() + d, sums[d] / total);
            }
        }
    }
}
