package org.waterspout.graph;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.model.architecture.Rotary;

/**
 * The rotary angles of a model (Su et al. 2021): pair {@code i} of a head at position {@code p} is turned by
 * {@code p * frequencies[i]} radians and scaled by {@code magnitude}. Every scaling scheme (linear, Llama 3, YaRN,
 * LongRoPE, dynamic) is a choice of these numbers. LongRoPE has two sets of frequencies, dynamic scaling one for each length beyond the
 * border: a row is turned by the one that its length ({@link org.waterspout.backend.Batch#lengths}) asks for.
 *
 * @param frequencies     radians per position, one for each rotated pair; a head of 64 that is rotated whole has 32
 * @param magnitude       factor on both the sine and the cosine; 1 without YaRN or LongRoPE
 * @param border          longest sequence that {@code frequencies} are for; {@link #NONE} where they are for all
 * @param longFrequencies of all longer sequences, where there is no {@code dynamic}
 * @param dynamic         what {@code frequencies} become in longer sequences, with every length
 */
public record RopeTable(double[] frequencies, double magnitude, int border, double[] longFrequencies, Optional<Rotary.Dynamic> dynamic) {

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

    /** One set of frequencies for sequences up to a border, another for longer ones. */
    public RopeTable(double[] frequencies, double magnitude, int border, double[] longFrequencies) {
        this(frequencies, magnitude, border, longFrequencies, Optional.empty());
    }

    /** Frequencies that change with every length beyond the original context. */
    public RopeTable(double[] frequencies, double magnitude, Rotary.Dynamic dynamic) {
        this(frequencies, magnitude, dynamic.originalContext(), frequencies, Optional.of(dynamic));
    }

    /**
     * The border of a graph's tables with two sets: sequences up to this length are turned otherwise than longer ones; {@link #NONE}
     * without one.
     */
    public static int border(Graph graph) {
        return tables(graph).filter(table -> table.dynamic.isEmpty()).mapToInt(RopeTable::border).min().orElse(NONE);
    }

    /** The length beyond which each length of a sequence has frequencies of its own; {@link #NONE} where none has. */
    public static int dynamicBorder(Graph graph) {
        return tables(graph).filter(table -> table.dynamic.isPresent()).mapToInt(RopeTable::border).min().orElse(NONE);
    }

    /** The tables of a graph's operations, each once. */
    public static Stream<RopeTable> tables(Graph graph) {
        return graph.plainOps().flatMap(op -> op.step().turns().stream()).map(Turn::table).distinct();
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

    /** Those of a row whose length is {@code length}. */
    public double[] frequencies(int length) {
        if (length <= border) {
            return frequencies();
        }
        return dynamic.map(growth -> growth.apply(frequencies, length)).orElseGet(this::longFrequencies);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RopeTable that && magnitude == that.magnitude && border == that.border && dynamic.equals(that.dynamic)
                && Arrays.equals(frequencies, that.frequencies) && Arrays.equals(longFrequencies, that.longFrequencies);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(frequencies) + Arrays.hashCode(longFrequencies)) + 17 * Double.hashCode(magnitude) + border
                + dynamic.hashCode();
    }

    @Override
    public String toString() {
        String beyond = dynamic.isPresent() ? ", other frequencies for each length beyond " : ", other frequencies beyond ";
        return "rope(" + rotatedWidth() + (border == NONE ? "" : beyond + border) + ")";
    }
}
