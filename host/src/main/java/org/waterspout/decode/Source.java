package org.waterspout.decode;

/**
 * A source as an encoder takes it.
 *
 * @param tokens     with the model's special tokens
 * @param candidates ascending ids of the tokens its target may have; empty for all
 */
public record Source(int[] tokens, int[] candidates) {

    private static final int[] ALL = {};

    /** Whose target may have any token. */
    public Source(int[] tokens) {
        this(tokens, ALL);
    }
}
