package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.CpuKernels.BLOCK;
import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.waterspout.backend.CacheType;

/** Attention over one block of the key-value cache. Keys lie in tiles [headDimension][lanes], so that a lane is a position. */
final class VectorAttention {

    private VectorAttention() {
    }

    /**
     * Elements side by side are of a position each, of one scale each, or of one position, where a group has one scale: its last vector may
     * be a part.
     */
    static void decodeCache(byte[] quants, int quantsAt, float[] scales, int scalesAt, int width, int across, int positions,
            float[] out) {
        int at = 0;
        int scaleAt = scalesAt;
        for (int tile = 0; tile < positions / across; tile++) {
            for (int first = 0; first < width; first += CacheType.GROUP, scaleAt += across) {
                int behind = at + Math.min(CacheType.GROUP, width - first) * across;
                FloatVector scale = across == 1 ? FloatVector.broadcast(FLOATS, scales[scaleAt])
                        : FloatVector.fromArray(FLOATS, scales, scaleAt);
                for (; at + BYTES.length() <= behind; at += COUNT) {
                    ((FloatVector) ByteVector.fromArray(BYTES, quants, quantsAt + at).castShape(FLOATS, 0)).mul(scale).intoArray(out, at);
                }
                for (; at < behind; at++) {
                    out[at] = scales[across == 1 ? scaleAt : scaleAt + at % across] * quants[quantsAt + at];
                }
            }
        }
    }

    static void scores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int from, int to, float[] scores) {
        int tile = headDimension * COUNT;
        for (int t = from / (4 * COUNT) * 4 * COUNT; t < to; t += 4 * COUNT) {
            int k0 = keysAt + t * headDimension;
            if (to - t <= COUNT) { // takes as long as four, but reads less
                tileScores(q, qAt, keys, k0, headDimension).intoArray(scores, t);
                return;
            }
            FloatVector a0 = FloatVector.zero(FLOATS);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int d = 0; d < headDimension; d++) {
                FloatVector query = FloatVector.broadcast(FLOATS, q[qAt + d]);
                int k = k0 + d * COUNT;
                a0 = FloatVector.fromArray(FLOATS, keys, k).fma(query, a0);
                a1 = FloatVector.fromArray(FLOATS, keys, k + tile).fma(query, a1);
                a2 = FloatVector.fromArray(FLOATS, keys, k + 2 * tile).fma(query, a2);
                a3 = FloatVector.fromArray(FLOATS, keys, k + 3 * tile).fma(query, a3);
            }
            a0.intoArray(scores, t);
            a1.intoArray(scores, t + COUNT);
            a2.intoArray(scores, t + 2 * COUNT);
            a3.intoArray(scores, t + 3 * COUNT);
        }
    }

    private static FloatVector tileScores(float[] q, int qAt, float[] keys, int keysAt, int headDimension) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int d = 0; d < headDimension; d++) {
            sum = FloatVector.fromArray(FLOATS, keys, keysAt + d * COUNT).fma(FloatVector.broadcast(FLOATS, q[qAt + d]), sum);
        }
        return sum;
    }

    static void weigh(float[] weights, int from, int to, float[] values, int valuesAt, int width, float[] sum, int sumAt) {
        int d = 0;
        for (; d + 4 * COUNT <= width; d += 4 * COUNT) {
            FloatVector a0 = FloatVector.fromArray(FLOATS, sum, sumAt + d);
            FloatVector a1 = FloatVector.fromArray(FLOATS, sum, sumAt + d + COUNT);
            FloatVector a2 = FloatVector.fromArray(FLOATS, sum, sumAt + d + 2 * COUNT);
            FloatVector a3 = FloatVector.fromArray(FLOATS, sum, sumAt + d + 3 * COUNT);
            for (int t = from; t < to; t++) {
                FloatVector weight = FloatVector.broadcast(FLOATS, weights[t]);
                int v = valuesAt + t * width + d;
                a0 = FloatVector.fromArray(FLOATS, values, v).fma(weight, a0);
                a1 = FloatVector.fromArray(FLOATS, values, v + COUNT).fma(weight, a1);
                a2 = FloatVector.fromArray(FLOATS, values, v + 2 * COUNT).fma(weight, a2);
                a3 = FloatVector.fromArray(FLOATS, values, v + 3 * COUNT).fma(weight, a3);
            }
            a0.intoArray(sum, sumAt + d);
            a1.intoArray(sum, sumAt + d + COUNT);
            a2.intoArray(sum, sumAt + d + 2 * COUNT);
            a3.intoArray(sum, sumAt + d + 3 * COUNT);
        }
        for (; d < width; d += COUNT) {
            FloatVector a = FloatVector.fromArray(FLOATS, sum, sumAt + d);
            for (int t = from; t < to; t++) {
                a = FloatVector.fromArray(FLOATS, values, valuesAt + t * width + d).fma(FloatVector.broadcast(FLOATS, weights[t]), a);
            }
            a.intoArray(sum, sumAt + d);
        }
    }

    /** Eight positions at a time, neighbours in a tile or, with four lanes, in two; the rest one by one. */
    static void panelScores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int positions, float[] scores, int scoresAt) {
        int second = COUNT == 4 ? headDimension * COUNT : 4; // from the first four positions to the others
        int t = 0;
        for (; t + 8 <= positions; t += 8) {
            int k = keysAt + t / COUNT * COUNT * headDimension + t % COUNT;
            FloatVector a0 = FloatVector.zero(FLOATS);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector a4 = a0;
            FloatVector a5 = a0;
            FloatVector a6 = a0;
            FloatVector a7 = a0;
            for (int d = 0; d < headDimension; d++, k += COUNT) {
                FloatVector query = FloatVector.fromArray(FLOATS, q, qAt + d * COUNT);
                a0 = FloatVector.broadcast(FLOATS, keys[k]).fma(query, a0);
                a1 = FloatVector.broadcast(FLOATS, keys[k + 1]).fma(query, a1);
                a2 = FloatVector.broadcast(FLOATS, keys[k + 2]).fma(query, a2);
                a3 = FloatVector.broadcast(FLOATS, keys[k + 3]).fma(query, a3);
                a4 = FloatVector.broadcast(FLOATS, keys[k + second]).fma(query, a4);
                a5 = FloatVector.broadcast(FLOATS, keys[k + second + 1]).fma(query, a5);
                a6 = FloatVector.broadcast(FLOATS, keys[k + second + 2]).fma(query, a6);
                a7 = FloatVector.broadcast(FLOATS, keys[k + second + 3]).fma(query, a7);
            }
            a0.intoArray(scores, scoresAt + t * COUNT);
            a1.intoArray(scores, scoresAt + (t + 1) * COUNT);
            a2.intoArray(scores, scoresAt + (t + 2) * COUNT);
            a3.intoArray(scores, scoresAt + (t + 3) * COUNT);
            a4.intoArray(scores, scoresAt + (t + 4) * COUNT);
            a5.intoArray(scores, scoresAt + (t + 5) * COUNT);
            a6.intoArray(scores, scoresAt + (t + 6) * COUNT);
            a7.intoArray(scores, scoresAt + (t + 7) * COUNT);
        }
        for (; t < positions; t++) {
            int k = keysAt + t / COUNT * COUNT * headDimension + t % COUNT;
            FloatVector a = FloatVector.zero(FLOATS);
            for (int d = 0; d < headDimension; d++, k += COUNT) {
                a = FloatVector.broadcast(FLOATS, keys[k]).fma(FloatVector.fromArray(FLOATS, q, qAt + d * COUNT), a);
            }
            a.intoArray(scores, scoresAt + t * COUNT);
        }
    }

    static void panelSoftmax(float[] scores, int positions, float[] largest, float[] total, float[] sum, int width) {
        FloatVector before = FloatVector.fromArray(FLOATS, largest, 0);
        FloatVector now = before;
        for (int t = 0; t < positions; t++) {
            now = now.max(FloatVector.fromArray(FLOATS, scores, t * COUNT));
        }
        FloatVector factor = VectorElements.exp(before.sub(now));
        now.intoArray(largest, 0);
        FloatVector added = FloatVector.fromArray(FLOATS, total, 0).mul(factor);
        for (int t = 0; t < positions; t++) {
            FloatVector weight = VectorElements.exp(FloatVector.fromArray(FLOATS, scores, t * COUNT).sub(now));
            weight.intoArray(scores, t * COUNT);
            added = added.add(weight);
        }
        added.intoArray(total, 0);
        for (int d = 0; d < width; d++) {
            FloatVector.fromArray(FLOATS, sum, d * COUNT).mul(factor).intoArray(sum, d * COUNT);
        }
    }

    /** Eight columns of the values at a time, the rest, with four lanes, one by one. */
    static void panelWeigh(float[] weights, float[] values, int valuesAt, int width, float[] sum) {
        int d = 0;
        for (; d + 8 <= width; d += 8) {
            int at = d * COUNT;
            FloatVector a0 = FloatVector.fromArray(FLOATS, sum, at);
            FloatVector a1 = FloatVector.fromArray(FLOATS, sum, at + COUNT);
            FloatVector a2 = FloatVector.fromArray(FLOATS, sum, at + 2 * COUNT);
            FloatVector a3 = FloatVector.fromArray(FLOATS, sum, at + 3 * COUNT);
            FloatVector a4 = FloatVector.fromArray(FLOATS, sum, at + 4 * COUNT);
            FloatVector a5 = FloatVector.fromArray(FLOATS, sum, at + 5 * COUNT);
            FloatVector a6 = FloatVector.fromArray(FLOATS, sum, at + 6 * COUNT);
            FloatVector a7 = FloatVector.fromArray(FLOATS, sum, at + 7 * COUNT);
            int v = valuesAt + d;
            for (int t = 0; t < BLOCK; t++, v += width) {
                FloatVector weight = FloatVector.fromArray(FLOATS, weights, t * COUNT);
                a0 = FloatVector.broadcast(FLOATS, values[v]).fma(weight, a0);
                a1 = FloatVector.broadcast(FLOATS, values[v + 1]).fma(weight, a1);
                a2 = FloatVector.broadcast(FLOATS, values[v + 2]).fma(weight, a2);
                a3 = FloatVector.broadcast(FLOATS, values[v + 3]).fma(weight, a3);
                a4 = FloatVector.broadcast(FLOATS, values[v + 4]).fma(weight, a4);
                a5 = FloatVector.broadcast(FLOATS, values[v + 5]).fma(weight, a5);
                a6 = FloatVector.broadcast(FLOATS, values[v + 6]).fma(weight, a6);
                a7 = FloatVector.broadcast(FLOATS, values[v + 7]).fma(weight, a7);
            }
            a0.intoArray(sum, at);
            a1.intoArray(sum, at + COUNT);
            a2.intoArray(sum, at + 2 * COUNT);
            a3.intoArray(sum, at + 3 * COUNT);
            a4.intoArray(sum, at + 4 * COUNT);
            a5.intoArray(sum, at + 5 * COUNT);
            a6.intoArray(sum, at + 6 * COUNT);
            a7.intoArray(sum, at + 7 * COUNT);
        }
        for (; d < width; d++) {
            FloatVector a = FloatVector.fromArray(FLOATS, sum, d * COUNT);
            for (int t = 0; t < BLOCK; t++) {
                a = FloatVector.broadcast(FLOATS, values[valuesAt + t * width + d])
                        .fma(FloatVector.fromArray(FLOATS, weights, t * COUNT), a);
            }
            a.intoArray(sum, d * COUNT);
        }
    }

    /** Eight columns of the values at a time, the rest one by one. */
    static void panelWeighColumns(float[] weights, int weightsAt, int from, int to, float[] values, int valuesAt, int width, float[] sum) {
        int d = 0;
        for (; d + 8 <= width; d += 8) {
            int at = d * COUNT;
            FloatVector a0 = FloatVector.fromArray(FLOATS, sum, at);
            FloatVector a1 = FloatVector.fromArray(FLOATS, sum, at + COUNT);
            FloatVector a2 = FloatVector.fromArray(FLOATS, sum, at + 2 * COUNT);
            FloatVector a3 = FloatVector.fromArray(FLOATS, sum, at + 3 * COUNT);
            FloatVector a4 = FloatVector.fromArray(FLOATS, sum, at + 4 * COUNT);
            FloatVector a5 = FloatVector.fromArray(FLOATS, sum, at + 5 * COUNT);
            FloatVector a6 = FloatVector.fromArray(FLOATS, sum, at + 6 * COUNT);
            FloatVector a7 = FloatVector.fromArray(FLOATS, sum, at + 7 * COUNT);
            for (int t = from; t < to; t++) {
                FloatVector weight = FloatVector.fromArray(FLOATS, weights, weightsAt + t * COUNT);
                int v = valuesAt + d * COUNT + t;
                a0 = FloatVector.broadcast(FLOATS, values[v]).fma(weight, a0);
                a1 = FloatVector.broadcast(FLOATS, values[v + COUNT]).fma(weight, a1);
                a2 = FloatVector.broadcast(FLOATS, values[v + 2 * COUNT]).fma(weight, a2);
                a3 = FloatVector.broadcast(FLOATS, values[v + 3 * COUNT]).fma(weight, a3);
                a4 = FloatVector.broadcast(FLOATS, values[v + 4 * COUNT]).fma(weight, a4);
                a5 = FloatVector.broadcast(FLOATS, values[v + 5 * COUNT]).fma(weight, a5);
                a6 = FloatVector.broadcast(FLOATS, values[v + 6 * COUNT]).fma(weight, a6);
                a7 = FloatVector.broadcast(FLOATS, values[v + 7 * COUNT]).fma(weight, a7);
            }
            a0.intoArray(sum, at);
            a1.intoArray(sum, at + COUNT);
            a2.intoArray(sum, at + 2 * COUNT);
            a3.intoArray(sum, at + 3 * COUNT);
            a4.intoArray(sum, at + 4 * COUNT);
            a5.intoArray(sum, at + 5 * COUNT);
            a6.intoArray(sum, at + 6 * COUNT);
            a7.intoArray(sum, at + 7 * COUNT);
        }
        for (; d < width; d++) {
            FloatVector a = FloatVector.fromArray(FLOATS, sum, d * COUNT);
            for (int t = from; t < to; t++) {
                a = FloatVector.broadcast(FLOATS, values[valuesAt + d * COUNT + t])
                        .fma(FloatVector.fromArray(FLOATS, weights, weightsAt + t * COUNT), a);
            }
            a.intoArray(sum, d * COUNT);
        }
    }
}
