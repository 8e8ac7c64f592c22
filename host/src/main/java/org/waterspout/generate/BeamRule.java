package org.waterspout.generate;

import org.waterspout.error.InvalidRequestException;

/**
 * Which hypotheses a beam search goes on with, how finished ones are compared, and when it stops.
 *
 * @param lengthPenalty finished hypotheses are compared by sum of log-probabilities / (tokens, the end token counted) ^ lengthPenalty
 * @param stopping      when to stop although hypotheses are left that could go on
 * @param patience      finished hypotheses that are waited for, as a multiple of the beam (Kasai et al. 2022)
 * @param shrinking     a hypothesis that ends leaves its place in the beam empty (Marian, src/translator/beam_search.cpp); else
 *                      the next best takes it
 */
public record BeamRule(float lengthPenalty, Stopping stopping, float patience, boolean shrinking) {

    /** When a search stops. */
    public enum Stopping {
        /** When as many have ended as are waited for. Transformers' early_stopping = True. */
        FULL,
        /**
         * When they have ended, and the best that goes on would, if it ended now without another loss, be no better than the worst of them.
         * Transformers' early_stopping = False.
         */
        ESTIMATE,
        /** As {@link #ESTIMATE}, but if it ended at the length that the length penalty favours. Transformers' early_stopping = "never". */
        POSSIBLE,
        /** When none is left. */
        LAST
    }

    /** Transformers' without any setting. */
    public static final BeamRule DEFAULT = new BeamRule(1, Stopping.ESTIMATE, 1, false);

    public BeamRule {
        if (!Float.isFinite(lengthPenalty) || !(patience > 0) || !Float.isFinite(patience)) {
            throw new InvalidRequestException("the length penalty is " + lengthPenalty + " and the patience " + patience
                    + "; give a number, and one above 0");
        }
    }

    public BeamRule withLengthPenalty(float value) {
        return new BeamRule(value, stopping, patience, shrinking);
    }

    public BeamRule withPatience(float value) {
        return new BeamRule(lengthPenalty, stopping, value, shrinking);
    }

    /** The score of a hypothesis of {@code tokens} tokens. */
    public float score(float sum, int tokens) {
        return (float) (sum / Math.pow(tokens, lengthPenalty));
    }

    /** Whether no hypothesis that goes on can still be among the results. */
    public boolean stops(int wanted, int finished, float worstFinished, float bestLive, int tokens, int maxTokens) {
        if (finished < wanted) {
            return false;
        }
        return switch (stopping) {
            case FULL -> true;
            case ESTIMATE -> score(bestLive, tokens) <= worstFinished;
            case POSSIBLE -> score(bestLive, lengthPenalty > 0 ? maxTokens : tokens) <= worstFinished;
            case LAST -> false;
        };
    }
}
