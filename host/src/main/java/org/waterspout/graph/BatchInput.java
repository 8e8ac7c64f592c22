package org.waterspout.graph;

/**
 * What an operation reads of a step's batch for each row.
 *
 * @param size of the table that a number of the batch chooses a row of, or numbers of a row
 */
public record BatchInput(Kind kind, int size) {

    /** The parts of a batch. */
    public enum Kind {
        /** Numbers of tokens, each below the size. */
        TOKENS,
        /** Positions that a table has learned, each below the size. */
        POSITIONS,
        /** Token types, each below the size. */
        TYPES,
        /** Input embeddings, as many numbers for each row as the size says. */
        EMBEDDINGS,
        /** Candidates, each below the size: the rows of a weight that are multiplied. */
        CANDIDATES
    }
}
