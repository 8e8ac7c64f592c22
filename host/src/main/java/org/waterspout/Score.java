package org.waterspout;

import java.util.List;

/**
 * How likely a model finds a continuation.
 *
 * @param logProbability natural logarithm of the continuation's probability: the sum of its tokens'
 * @param tokens         of the continuation, in order
 */
public record Score(double logProbability, List<Token> tokens) {

    /**
     * A token of the continuation.
     *
     * @param id             in the vocabulary
     * @param logProbability natural logarithm of its probability after all before it
     * @param mostLikely     whether no token was more likely there
     */
    public record Token(int id, double logProbability, boolean mostLikely) {
    }

    public Score {
        tokens = List.copyOf(tokens);
    }

    /** What e to the mean of minus the tokens' logarithms is: 1 for a model that is sure of all. */
    public double perplexity() {
        return tokens.isEmpty() ? 1 : Math.exp(-logProbability / tokens.size());
    }
}
