package org.waterspout.graph;

import java.util.Arrays;

/**
 * The rotary angles of a model (Su et al. 2021): pair {@code i} of a head at position {@code p} is turned by
 * {@code p * frequencies[i]} radians and scaled by {@code magnitude}. Every scaling scheme (linear, Llama 3, YaRN,
 * LongRoPE) is a choice of these numbers, made once when the graph is built. LongRoPE has two sets of frequencies: all positions of a
 * sequence are turned by the one that the sequence's length asks for.
 *
 * @param frequencies     radians per position, one for each rotated pair; a head of 64 that is rotated whole has 32
 * @param magnitude       factor on both the sine and the cosine; 1 without YaRN or LongRoPE
 * @param border          longest sequence that {@code frequencies} are for; {@link #NONE} where they are for all
 * @param longFrequencies of longer sequences
 */
public record RopeTable(double[] frequencies, double magnitude, int border, double[] longFrequencies) {

    /** A border that no sequence passes. */
    public static final int NONE = Integer.MAX_VALUE;

    public RopeTable {
        frequencies = frequencies.clone();
        longFrequencies = longFrequencies.clone();
        if (longFrequencies.length != frequencies.length) {
            throw new IllegalArgumentException(frequencies.length + " frequencies, but " + longFrequencies.length + " for long sequences");
        }
    }

    /** One set of frequencies for sequences of any length. */
    public RopeTable(double[] frequencies, double magnitude) {
        this(frequencies, magnitude, NONE, frequencies);
    }

    /** The border of a graph's tables: sequences up to this length are turned otherwise than longer ones; {@link #NONE} without one. */
    public static int border(Graph graph) {
        return graph.plainOps().filter(Op.Rope.class::isInstance).mapToInt(op -> ((Op.Rope) op).table().border()).min().orElse(NONE);
    }

    /** Leading elements of each head that are rotated; the rest pass unchanged. */
    public int rotatedWidth() {
        return 2 * frequencies.length;
    }

    @Override
    public double[] frequencies() {
        return frequencies.clone();
    }

    @Override
    public double[] longFrequencies() {
        return longFrequencies.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RopeTable that && magnitude == that.magnitude && border == that.border
                && Arrays.equals(frequencies, that.frequencies) && Arrays.equals(longFrequencies, that.longFrequencies);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(frequencies) + Arrays.hashCode(longFrequencies)) + 17 * Double.hashCode(magnitude) + border;
    }

    @Override
    public String toString() {
        return "rope(" + rotatedWidth() + (border == NONE ? "" : ", other frequencies beyond " + border) + ")";
    }
}
