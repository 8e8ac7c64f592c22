package org.waterspout;

import java.util.List;
import org.waterspout.generate.TokenLogProbability;

/**
 * How likely a model finds a continuation.
 *
 * @param logProbability natural logarithm of the continuation's probability: the sum of its tokens'
 * @param tokens         of the continuation, in order
 */
public record Score(double logProbability, List<TokenLogProbability> tokens) {

    public Score {
        tokens = List.copyOf(tokens);
    }

    Score(List<TokenLogProbability> tokens) {
        this(tokens.stream().mapToDouble(TokenLogProbability::logProbability).sum(), tokens);
    }

    /** What e to the mean of minus the tokens' logarithms is: 1 for a model that is sure of all. */
    public double perplexity() {
        return tokens.isEmpty() ? 1 : Math.exp(-logProbability / tokens.size());
    }
}
