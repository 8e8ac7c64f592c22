package org.waterspout.generate;

import java.util.List;
import org.waterspout.error.InvalidRequestException;

/**
 * What to generate.
 *
 * @param prompt      what the answer continues
 * @param maxTokens   most tokens to generate, 0 or more; the context may end an answer earlier
 * @param sampling    how tokens are chosen
 * @param stopStrings the answer ends before the first of these
 * @param ignoreEnd   go on after an end token, for measuring
 * @param reusePrefix start from whatever the cache still holds of an earlier, equal beginning: fast for chats. Reused keys and
 *                    values may have been computed in batches of another size, which rounds differently in the last digits
 */
public record GenerationRequest(Prompt prompt, int maxTokens, Sampling sampling, List<String> stopStrings, boolean ignoreEnd,
        boolean reusePrefix) {

    /** Tokens generated when nothing is said. */
    public static final int DEFAULT_MAX_TOKENS = 256;

    public GenerationRequest {
        stopStrings = List.copyOf(stopStrings);
        if (maxTokens < 0) {
            throw new InvalidRequestException("max-tokens is " + maxTokens + "; it must be 0 or more");
        }
    }

    /** The most likely answer to {@code prompt}, which goes through the model's chat template if it has one. */
    public static GenerationRequest of(String prompt) {
        return of(new Prompt.Message(prompt));
    }

    public static GenerationRequest of(Prompt prompt) {
        return new GenerationRequest(prompt, DEFAULT_MAX_TOKENS, Sampling.GREEDY, List.of(), false, false);
    }

    public GenerationRequest withMaxTokens(int value) {
        return new GenerationRequest(prompt, value, sampling, stopStrings, ignoreEnd, reusePrefix);
    }

    public GenerationRequest withSampling(Sampling value) {
        return new GenerationRequest(prompt, maxTokens, value, stopStrings, ignoreEnd, reusePrefix);
    }

    public GenerationRequest withStopStrings(List<String> value) {
        return new GenerationRequest(prompt, maxTokens, sampling, value, ignoreEnd, reusePrefix);
    }

    public GenerationRequest withIgnoreEnd(boolean value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, value, reusePrefix);
    }

    public GenerationRequest withReusePrefix(boolean value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, value);
    }
}
