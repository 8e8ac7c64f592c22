package org.waterspout.backend;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;

/**
 * One step's rows: a prompt of one sequence, one token each of several sequences, or any mix. Rows of one sequence are in
 * ascending, gapless position order and continue where its cache ends (or overwrite from an earlier position). For attention with a
 * bidirectional mask a batch holds whole sequences, one after the other, each from position 0: there is no padding.
 *
 * @param tokens     token ids, one a row; {@link #NO_TOKEN} for an embedding of zeros
 * @param positions  position of each row in its sequence, from 0
 * @param sequences  cache slot of each row's sequence, from 0, below the plan's maxSequences (maxSources for {@link Plan#encode})
 * @param outputRows rows whose output is wanted, ascending
 * @param types      token type of each row; empty for all 0
 * @param sources    source that each row's cross-attention reads; empty where there is none, or each sequence's is of its own number
 * @param candidates ascending token ids whose logits are wanted; empty for all
 * @param lengths    length of a sequence by which each row is turned, where the frequencies of LongRoPE or dynamic scaling go by it: the
 *                   prompt's for every row of a prompt, also where later steps bring more of it, and behind it what the row ends. Empty
 *                   where this step's last row of a sequence is its last
 * @param phase      what the rows are, which decides how a backend sums
 * @param inputEmbeddings      [rows, width] of {@link org.waterspout.graph.Op.InputEmbeddings}; empty where tokens enter
 */
public record Batch(int[] tokens, int[] positions, int[] sequences, int[] outputRows, int[] types, int[] sources, int[] candidates,
        int[] lengths, Phase phase, float[] inputEmbeddings) {

    /**
     * What rows are. A backend has several kernels for one operation, which sum in another order. With the phase stated, a row comes out
     * the same to the bit, whatever else is in the batch and however a prompt is cut in pieces.
     */
    public enum Phase {
        /** The kernels that are fastest for so many rows. */
        ANY,
        /** Rows of prompts. */
        PROMPT,
        /** Rows of tokens that were generated. */
        GENERATION
    }

    /** Stands for a token whose embedding is zeros: what Marian's decoders start from. */
    public static final int NO_TOKEN = -1;

    private static final int[] NONE = {};
    private static final float[] NO_NUMBERS = {};

    public Batch {
        if (tokens.length == 0 || positions.length != tokens.length || sequences.length != tokens.length
                || types.length != 0 && types.length != tokens.length || sources.length != 0 && sources.length != tokens.length
                || lengths.length != 0 && lengths.length != tokens.length || inputEmbeddings.length % tokens.length != 0) {
            throw new IllegalArgumentException("a batch of " + tokens.length + " tokens, " + positions.length + " positions, "
                    + sequences.length + " sequences, " + types.length + " types, " + sources.length + " sources, " + lengths.length
                    + " lengths and " + inputEmbeddings.length + " given numbers");
        }
    }

    /** Tokens of type 0, without sources or candidates. */
    public Batch(int[] tokens, int[] positions, int[] sequences, int[] outputRows) {
        this(tokens, positions, sequences, outputRows, NONE, NONE, NONE, NONE, Phase.ANY, NO_NUMBERS);
    }

    /** {@code tokens} of sequence 0 from {@code position} on; the last row's output is wanted, or every row's. */
    public static Batch of(int[] tokens, int position, boolean everyRow) {
        int[] positions = new int[tokens.length];
        int[] outputRows = everyRow ? new int[tokens.length] : new int[] {tokens.length - 1};
        for (int row = 0; row < tokens.length; row++) {
            positions[row] = position + row;
            if (everyRow) {
                outputRows[row] = row;
            }
        }
        return new Batch(tokens, positions, new int[tokens.length], outputRows);
    }

    public Batch withTypes(int[] value) {
        return new Batch(tokens, positions, sequences, outputRows, value, sources, candidates, lengths, phase, inputEmbeddings);
    }

    public Batch withSources(int[] value) {
        return new Batch(tokens, positions, sequences, outputRows, types, value, candidates, lengths, phase, inputEmbeddings);
    }

    public Batch withCandidates(int[] value) {
        return new Batch(tokens, positions, sequences, outputRows, types, sources, value, lengths, phase, inputEmbeddings);
    }

    public Batch withInputEmbeddings(float[] value) {
        return new Batch(tokens, positions, sequences, outputRows, types, sources, candidates, lengths, phase, value);
    }

    public Batch withLengths(int[] value) {
        return new Batch(tokens, positions, sequences, outputRows, types, sources, candidates, value, phase, inputEmbeddings);
    }

    public Batch withPhase(Phase value) {
        return new Batch(tokens, positions, sequences, outputRows, types, sources, candidates, lengths, value, inputEmbeddings);
    }

    /** For each row the length by which it is turned: as stated, else where its sequence ends in this step. */
    public int[] turnedLengths() {
        if (lengths.length > 0) {
            return lengths.clone();
        }
        Map<Integer, Integer> longest = new HashMap<>();
        for (int row = 0; row < rows(); row++) {
            longest.merge(sequences[row], positions[row] + 1, Math::max);
        }
        return Arrays.stream(sequences).map(longest::get).toArray();
    }

    public int rows() {
        return tokens.length;
    }

    public int type(int row) {
        return types.length == 0 ? 0 : types[row];
    }

    public int source(int row) {
        return sources.length == 0 ? sequences[row] : sources[row];
    }

    /**
     * Checks rows, positions, sequences, sources and output rows of a step against what a plan was made for.
     *
     * @throws InvalidRequestException naming the first that does not fit
     */
    public void requireFits(PlanOptions options) {
        requireFits(options.maxRows(), options.contextLength(), options.maxSequences());
        for (int source : sources) {
            if (source < 0 || source >= options.maxSources()) {
                throw new InvalidRequestException("source " + source + " is outside the plan's " + options.maxSources()
                        + ": prepare the plan with more sources");
            }
        }
    }

    /** As {@link #requireFits} for {@link Plan#encode}: sequences are sources here. */
    public void requireFitsSources(PlanOptions options) {
        requireFits(options.maxRows(), options.sourceLength(), options.maxSources());
    }

    /**
     * Checks that every sequence is whole: from position 0 on, its rows neighbours.
     *
     * @throws InvalidRequestException naming the first that is not
     */
    public void requireWhole() {
        for (int row = 0; row < rows(); row++) {
            boolean first = row == 0 || sequences[row] != sequences[row - 1];
            if (first ? positions[row] != 0 || earlier(row) : positions[row] != positions[row - 1] + 1) {
                throw new InvalidRequestException("attention in both directions needs whole sequences, one after the other: row " + row
                        + " is position " + positions[row] + " of sequence " + sequences[row]);
            }
        }
    }

    private boolean earlier(int row) {
        for (int i = 0; i < row; i++) {
            if (sequences[i] == sequences[row]) {
                return true;
            }
        }
        return false;
    }

    private void requireFits(int maxRows, int contextLength, int maxSequences) {
        if (rows() > maxRows) {
            throw new InvalidRequestException("a step of " + rows() + " tokens exceeds the plan's " + maxRows
                    + ": split it, or prepare the plan with more rows");
        }
        for (int row = 0; row < rows(); row++) {
            if (positions[row] < 0 || positions[row] >= contextLength) {
                throw new InvalidRequestException("position " + positions[row] + " is outside the context of "
                        + contextLength + " tokens: shorten the prompt or raise the context length");
            }
            if (sequences[row] < 0 || sequences[row] >= maxSequences) {
                throw new InvalidRequestException("sequence " + sequences[row] + " is outside the plan's "
                        + maxSequences + ": prepare the plan with more sequences");
            }
        }
        for (int i = 0; i < outputRows.length; i++) {
            if (outputRows[i] < 0 || outputRows[i] >= rows() || i > 0 && outputRows[i] <= outputRows[i - 1]) {
                throw new InvalidRequestException("output rows must ascend from 0 to at most " + (rows() - 1) + ", got row "
                        + outputRows[i]);
            }
        }
    }
}
