package org.waterspout.generate;

import java.util.List;
import java.util.OptionalLong;
import org.waterspout.tools.ToolCall;

/**
 * A finished answer.
 *
 * @param text                      the answer, without what a stop string cut off, and without calls of tools
 * @param tokens                    ids of the generated tokens, an end token not included
 * @param promptTokens              tokens of the prompt
 * @param reusedTokens              prompt tokens whose keys and values were still in the cache
 * @param finishReason              why it ended
 * @param queuedSeconds             from when it was asked for until it began
 * @param prefillSeconds            from there to the first token's logits
 * @param decodeSeconds             from there to the end
 * @param seed                      what the tokens were drawn with; empty where none were
 * @param logProbabilities          of {@code tokens}; empty where they were not asked for
 * @param promptLogProbabilities    of the prompt's tokens from its second on; empty where they were not asked for
 * @param toolCalls                 the tools that the answer calls, in its order
 * @param toolCallFaults            why parts of the text that began as calls are none
 * @param proposedTokens            tokens that speculation proposed and a step checked
 * @param acceptedTokens            of them, those that came
 */
public record Completion(String text, int[] tokens, int promptTokens, int reusedTokens, FinishReason finishReason,
        double queuedSeconds, double prefillSeconds, double decodeSeconds, OptionalLong seed, List<TokenLogProbability> logProbabilities,
        List<TokenLogProbability> promptLogProbabilities, List<ToolCall> toolCalls, List<String> toolCallFaults,
        int proposedTokens, int acceptedTokens) {

    public Completion {
        logProbabilities = List.copyOf(logProbabilities);
        promptLogProbabilities = List.copyOf(promptLogProbabilities);
        toolCalls = List.copyOf(toolCalls);
        toolCallFaults = List.copyOf(toolCallFaults);
    }


    /** Prompt tokens computed per second. */
    public double prefillTokensPerSecond() {
        return prefillSeconds <= 0 ? 0 : (promptTokens - reusedTokens) / prefillSeconds;
    }

    /** Generated tokens per second after the first, which the prefill pays for; 0 when there was no step after it. */
    public double decodeTokensPerSecond() {
        return tokens.length < 2 || decodeSeconds <= 0 ? 0 : (tokens.length - 1) / decodeSeconds;
    }
}
