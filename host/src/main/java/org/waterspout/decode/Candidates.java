package org.waterspout.decode;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.waterspout.generate.Sampling;

/**
 * The tokens that a draw chooses among: what the filters of a {@link Sampling} leave, the most likely first, of equal ones the lower number
 * first. Filters come in the order of Transformers, each counting from what those before it left.
 */
final class Candidates {

    /** Tokens that top-h looks at (Transformers' TopHLogitsWarper.top_n). */
    private static final int OF_TOP_H = 100;

    private final Sampling sampling;
    private final float[] logits;
    private final float max;
    private final MostLikelyFirst order;
    private int[] tokens = new int[64];
    private double[] weights = new double[64];
    private int taken;
    private int count;

    /**
     * @param logits [vocabulary]; -Infinity for what is forbidden
     * @param max    the largest of them, a finite number
     */
    Candidates(Sampling sampling, float[] logits, float max) {
        this.sampling = sampling;
        this.logits = logits;
        this.max = max;
        order = new MostLikelyFirst(logits);
        mostLikely();
        Sampling.Cutoffs cutoffs = sampling.cutoffs();
        if (cutoffs.typicalP() < 1) {
            keepTypical(cutoffs.typicalP());
        }
        if (cutoffs.epsilon() > 0) {
            keepFrom(cutoffs.epsilon());
        }
        if (cutoffs.eta() > 0) {
            keepFrom(Math.min(cutoffs.eta(), Math.sqrt(cutoffs.eta()) * Math.exp(-entropy(count))));
        }
    }

    /** A token's probability as a part of the most likely one's. */
    static double weight(float logit, float max, Sampling sampling) {
        return Math.exp((logit - max) / (double) sampling.temperature());
    }

    int count() {
        return count;
    }

    int token(int rank) {
        return tokens[rank];
    }

    /** In proportion to its probability. */
    double weight(int rank) {
        return weights[rank];
    }

    /** The sum of all weights. */
    double total() {
        return sum(count);
    }

    private void take(int wanted) {
        if (wanted > tokens.length) {
            int length = Math.min(Math.max(wanted, 2 * tokens.length), logits.length);
            tokens = Arrays.copyOf(tokens, length);
            weights = Arrays.copyOf(weights, length);
        }
        while (taken < wanted) {
            tokens[taken] = order.next();
            weights[taken] = weight(logits[tokens[taken]], max, sampling);
            taken++;
        }
    }

    private double sum(int first) {
        double sum = 0;
        for (int i = 0; i < first; i++) {
            sum += weights[i];
        }
        return sum;
    }

    /** The first tokens, as top-h, top-k, top-p and min-p say. */
    private void mostLikely() {
        int limit = logits.length;
        if (sampling.cutoffs().topH() > 0) {
            limit = firstOfTopH();
        }
        limit = sampling.topK() == 0 ? limit : Math.min(sampling.topK(), limit);
        double enough = sampling.topP() == 1 ? Double.POSITIVE_INFINITY : sampling.topP() * total(limit);
        double sum = 0;
        while (count < limit && (count == 0 || sum < enough)) {
            take(count + 1);
            if (weights[count] < sampling.minP() || weights[count] == 0) {
                break;
            }
            sum += weights[count++];
        }
    }

    private double total(int limit) {
        if (limit < logits.length) {
            take(limit);
            return sum(limit);
        }
        double total = 0;
        for (float logit : logits) {
            total += weight(logit, max, sampling);
        }
        return total;
    }

    /** How many of the most likely tokens together reach no more than a part of the entropy of the first hundred, 1 or more. */
    private int firstOfTopH() {
        int count = Math.min(OF_TOP_H, logits.length);
        take(count);
        double total = sum(count);
        double enough = sampling.cutoffs().topH() * entropy(count);
        double sum = 0;
        int first = 0;
        while (first < count && weights[first] > 0) {
            double probability = weights[first] / total;
            sum -= probability * Math.log(probability);
            if (sum > enough) {
                break;
            }
            first++;
        }
        return Math.max(1, first);
    }

    /** Of the first tokens' distribution, in nats. */
    private double entropy(int first) {
        double total = sum(first);
        double entropy = 0;
        for (int i = 0; i < first; i++) {
            double probability = weights[i] / total;
            entropy -= probability > 0 ? probability * Math.log(probability) : 0;
        }
        return entropy;
    }

    /** Those whose information is nearest to the entropy, until they reach {@code mass}. */
    private void keepTypical(double mass) {
        double total = sum(count);
        double entropy = entropy(count);
        double[] distances = IntStream.range(0, count).mapToDouble(i -> Math.abs(-Math.log(weights[i] / total) - entropy)).toArray();
        int[] nearest = IntStream.range(0, count).boxed().sorted(Comparator.comparingDouble(i -> distances[i])).mapToInt(i -> i).toArray();
        int last = 0;
        double sum = weights[nearest[0]] / total;
        while (sum < mass && last < count - 1) {
            sum += weights[nearest[++last]] / total;
        }
        double farthest = distances[nearest[last]];
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (distances[i] <= farthest) {
                tokens[kept] = tokens[i];
                weights[kept++] = weights[i];
            }
        }
        count = kept;
    }

    /** Those of at least this probability, and the most likely. */
    private void keepFrom(double min) {
        double total = sum(count);
        int kept = 1;
        while (kept < count && (weights[kept] / total >= min || weights[kept] == weights[0])) {
            kept++;
        }
        count = kept;
    }

    /**
     * Tokens from the most likely down, ties by lower number. A heap, because a draw mostly looks at a few of very many:
     * building costs a pass over the logits, each token then a logarithm of their number.
     */
    private static final class MostLikelyFirst {
        private final long[] heap; // inverted order of the logit above, the token below: the smallest is next
        private int size;

        MostLikelyFirst(float[] logits) {
            heap = new long[logits.length];
            size = logits.length;
            for (int token = 0; token < size; token++) {
                int bits = Float.floatToIntBits(logits[token] + 0f); // -0 becomes 0, which it equals
                int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
                heap[token] = ((long) ~ascending << 32) | token;
            }
            for (int i = size / 2 - 1; i >= 0; i--) {
                sink(i);
            }
        }

        int next() {
            long top = heap[0];
            heap[0] = heap[--size];
            sink(0);
            return (int) top;
        }

        private void sink(int start) {
            int parent = start;
            while (2 * parent + 1 < size) {
                int child = 2 * parent + 1;
                if (child + 1 < size && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[parent] <= heap[child]) {
                    return;
                }
                long swap = heap[parent];
                heap[parent] = heap[child];
                heap[child] = swap;
                parent = child;
            }
        }
    }
}
