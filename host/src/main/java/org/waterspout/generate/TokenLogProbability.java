package org.waterspout.generate;

import java.util.List;

/**
 * How likely a token is where it stands, by the model's own distribution: the softmax of its logits before biases, penalties, temperature,
 * filters and what is forbidden.
 *
 * @param id             of the token
 * @param logProbability natural logarithm of its probability after all before it
 * @param mostLikely     whether no token was more likely there
 * @param top            the most likely tokens there, as many as were asked for, the most likely first, of equal ones the lower id first
 */
public record TokenLogProbability(int id, double logProbability, boolean mostLikely, List<Top> top) {

    /** One of the most likely tokens of a place. */
    public record Top(int id, double logProbability) {
    }

    public TokenLogProbability {
        top = List.copyOf(top);
    }
}
