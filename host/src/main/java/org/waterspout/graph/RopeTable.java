package org.waterspout.graph;

import java.util.Arrays;

/**
 * The rotary angles of a model (Su et al. 2021): pair {@code i} of a head at position {@code p} is turned by
 * {@code p * frequencies[i]} radians and scaled by {@code magnitude}. Every scaling scheme (linear, Llama 3, YaRN,
 * LongRoPE) is a choice of these numbers, made once when the graph is built.
 *
 * @param frequencies radians per position, one for each rotated pair; a head of 64 that is rotated whole has 32
 * @param magnitude   factor on both the sine and the cosine; 1 without YaRN or LongRoPE
 */
public record RopeTable(double[] frequencies, double magnitude) {

    public RopeTable {
        frequencies = frequencies.clone();
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
    public boolean equals(Object other) {
        return other instanceof RopeTable that && magnitude == that.magnitude
                && Arrays.equals(frequencies, that.frequencies);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(frequencies) + Double.hashCode(magnitude);
    }

    @Override
    public String toString() {
        return "rope(" + rotatedWidth() + ")";
    }
}
