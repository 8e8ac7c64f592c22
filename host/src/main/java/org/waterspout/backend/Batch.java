package org.waterspout.backend;

import org.waterspout.error.InvalidRequestException;

/**
 * One step's rows: a prompt of one sequence, one token each of several sequences, or any mix. Rows of one sequence are in
 * ascending, gapless position order and continue where its cache ends (or overwrite from an earlier position).
 *
 * @param tokens     token ids, one a row
 * @param positions  position of each row in its sequence, from 0
 * @param sequences  cache slot of each row's sequence, from 0, below the plan's maxSequences
 * @param outputRows rows whose output is wanted, ascending
 */
public record Batch(int[] tokens, int[] positions, int[] sequences, int[] outputRows) {

    public Batch {
        if (tokens.length == 0 || positions.length != tokens.length || sequences.length != tokens.length) {
            throw new IllegalArgumentException("a batch of " + tokens.length + " tokens, " + positions.length
                    + " positions and " + sequences.length + " sequences");
        }
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

    public int rows() {
        return tokens.length;
    }

    /**
     * Checks rows, positions, sequences and output rows against what a plan was made for.
     *
     * @throws InvalidRequestException naming the first that does not fit
     */
    public void requireFits(PlanOptions options) {
        if (rows() > options.maxRows()) {
            throw new InvalidRequestException("a step of " + rows() + " tokens exceeds the plan's " + options.maxRows()
                    + ": split it, or prepare the plan with more rows");
        }
        for (int row = 0; row < rows(); row++) {
            if (positions[row] < 0 || positions[row] >= options.contextLength()) {
                throw new InvalidRequestException("position " + positions[row] + " is outside the context of "
                        + options.contextLength() + " tokens: shorten the prompt or raise the context length");
            }
            if (sequences[row] < 0 || sequences[row] >= options.maxSequences()) {
                throw new InvalidRequestException("sequence " + sequences[row] + " is outside the plan's "
                        + options.maxSequences() + ": prepare the plan with more sequences");
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
