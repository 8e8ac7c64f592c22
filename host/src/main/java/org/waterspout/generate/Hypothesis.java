package org.waterspout.generate;

import java.util.OptionalLong;

/**
 * What a search found for a source.
 *
 * @param tokens without the start token and the end token
 * @param score  sum of the tokens' log-probabilities, the end token's among them, as the {@link BeamRule} scales it
 * @param ended  whether it has an end token; else it was cut at its limit
 * @param seed   of the draws; empty where none were made
 */
public record Hypothesis(int[] tokens, float score, boolean ended, OptionalLong seed) {
}
