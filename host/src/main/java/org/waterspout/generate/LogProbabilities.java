package org.waterspout.generate;

import org.waterspout.error.InvalidRequestException;

/**
 * Which log-probabilities a request wants: of each token of the answer, as {@link TokenLogProbability}.
 *
 * @param top      most likely tokens of each place that are wanted beside the one that stands there, 0 to {@value #MAX_TOP}
 * @param ofPrompt also of the prompt's tokens, from its second on. All of the prompt is computed then, whatever is there already
 */
public record LogProbabilities(int top, boolean ofPrompt) {

    public static final int MAX_TOP = 1000;

    public LogProbabilities {
        if (top < 0 || top > MAX_TOP) {
            throw new InvalidRequestException(top + " most likely tokens of each place are asked for; give 0 to " + MAX_TOP);
        }
    }

    /** Of the answer's tokens. */
    public static LogProbabilities top(int number) {
        return new LogProbabilities(number, false);
    }

    public LogProbabilities withPrompt(boolean value) {
        return new LogProbabilities(top, value);
    }
}
