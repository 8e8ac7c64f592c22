package org.waterspout.graph;

/**
 * A bias on attention scores by the distance of key and query, Raffel et al. 2020, section 2.1.
 *
 * @param table       [buckets, heads]
 * @param maxDistance distances from here on share the last bucket
 * @param mask        with BIDIRECTIONAL, half the buckets are for keys behind the query; with CAUSAL there are none such
 */
public record RelativeBias(Weight table, int maxDistance, Op.Mask mask) {

    /**
     * The bucket of a key {@code distance} positions behind the query (negative: before it). Distances below half the buckets of a
     * direction have one each; from there on buckets grow with the logarithm of the distance.
     */
    public int bucket(int distance) {
        int buckets = mask == Op.Mask.BIDIRECTIONAL ? table.rows() / 2 : table.rows();
        int first = mask == Op.Mask.BIDIRECTIONAL && distance > 0 ? buckets : 0;
        int away = mask == Op.Mask.BIDIRECTIONAL ? Math.abs(distance) : Math.max(-distance, 0);
        int exact = buckets / 2;
        if (away < exact) {
            return first + away;
        }
        // single precision, as in the models' training: a distance on the edge of two buckets falls to the same side
        float share = (float) Math.log((float) away / exact) / (float) Math.log((double) maxDistance / exact);
        return first + Math.min(exact + (int) (share * (buckets - exact)), buckets - 1);
    }

    /** The biases of one head for distances -(positions - 1) to positions - 1: [heads][2 * positions - 1]. */
    public float[][] biases(int positions) {
        int heads = table.columns();
        float[] entries = table.tensor().decode();
        float[][] biases = new float[heads][2 * positions - 1];
        for (int distance = 1 - positions; distance < positions; distance++) {
            int at = bucket(distance) * heads;
            for (int head = 0; head < heads; head++) {
                biases[head][distance + positions - 1] = entries[at + head];
            }
        }
        return biases;
    }
}
