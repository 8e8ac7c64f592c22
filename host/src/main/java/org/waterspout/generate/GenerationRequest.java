package org.waterspout.generate;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.tools.ToolUse;

/**
 * What to generate.
 *
 * @param prompt      what the answer continues
 * @param maxTokens   most tokens to generate, 0 or more; the context may end an answer earlier. Empty: as the model's file says, else
 *                    {@link #DEFAULT_MAX_TOKENS}
 * @param sampling    how tokens are chosen. Empty: as the model's file says, be it with a beam or drawn, else always the most
 *                    likely. The file's rules (forbidden tokens,
 *                    penalties) hold with either
 * @param stopStrings the answer ends before the first of these
 * @param ignoreEnd   go on after an end token, for measuring
 * @param sharing     what of the prompt may be taken from keys and values that are there already
 * @param form        what the whole answer has to be like, where anything is asked; it holds for an answer that ends by itself, not for one
 *                    that is ended by its length, a stop string or its caller
 * @param logProbabilities which log-probabilities are wanted; not of a search with a beam
 * @param tools       what the answer may call; none for an answer that is text only
 * @param words       words that may not come, or the only ones that may, besides what the model's file forbids
 * @param speculation how tokens are proposed, to be quicker; not for a search with a beam
 */
public record GenerationRequest(Prompt prompt, OptionalInt maxTokens, Optional<Sampling> sampling, List<String> stopStrings,
        boolean ignoreEnd, Sharing sharing, Optional<AnswerForm> form, Optional<LogProbabilities> logProbabilities, Optional<ToolUse> tools,
        WordLimits words, Speculation speculation) {

    /** Tokens generated when nothing is said. */
    public static final int DEFAULT_MAX_TOKENS = 256;

    /** Stop strings of a request: each is looked for at every token. */
    public static final int MAX_STOP_STRINGS = 256;

    /** Characters of all stop strings of a request. */
    public static final int MAX_STOP_CHARACTERS = 1 << 14;

    public GenerationRequest {
        if (stopStrings.size() > MAX_STOP_STRINGS || stopStrings.stream().mapToLong(String::length).sum() > MAX_STOP_CHARACTERS) {
            throw new InvalidRequestException(stopStrings.size() + " stop strings are given; give at most " + MAX_STOP_STRINGS + " of "
                    + MAX_STOP_CHARACTERS + " characters together");
        }
        stopStrings = List.copyOf(stopStrings);
        if (ignoreEnd && form.isPresent()) {
            throw new InvalidRequestException(
                    "an answer in a given form ends where the form says, and cannot go on after its end: ask for one of both");
        }
        if (form.isPresent() && !tools.map(ToolUse::callable).orElse(List.of()).isEmpty()) {
            throw new InvalidRequestException(
                    "an answer in a given form can call no tools: ask for one of both, or choose that none is called");
        }
        if (ignoreEnd && tools.map(ToolUse::isForced).orElse(false)) {
            throw new InvalidRequestException(
                    "an answer that has to call a tool ends with the call, and cannot go on after its end: ask for one of both");
        }
        if (maxTokens.orElse(0) < 0) {
            throw new InvalidRequestException("max-tokens is " + maxTokens.getAsInt() + "; it must be 0 or more");
        }
    }

    /** The answer that the model's file asks for to {@code prompt}, which goes through the model's chat template if it has one. */
    public static GenerationRequest of(String prompt) {
        return of(new Prompt.Message(prompt));
    }

    public static GenerationRequest of(Prompt prompt) {
        return new GenerationRequest(prompt, OptionalInt.empty(), Optional.empty(), List.of(), false, Sharing.PROMPTS, Optional.empty(),
                Optional.empty(), Optional.empty(), WordLimits.ANY, Speculation.NONE);
    }

    public GenerationRequest withMaxTokens(int value) {
        return new GenerationRequest(prompt, OptionalInt.of(value), sampling, stopStrings, ignoreEnd, sharing, form, logProbabilities,
                tools, words, speculation);
    }

    public GenerationRequest withSampling(Sampling value) {
        return new GenerationRequest(prompt, maxTokens, Optional.of(value), stopStrings, ignoreEnd, sharing, form, logProbabilities, tools,
                words, speculation);
    }

    public GenerationRequest withStopStrings(List<String> value) {
        return new GenerationRequest(prompt, maxTokens, sampling, value, ignoreEnd, sharing, form, logProbabilities, tools, words,
                speculation);
    }

    public GenerationRequest withIgnoreEnd(boolean value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, value, sharing, form, logProbabilities, tools, words,
                speculation);
    }

    public GenerationRequest withSharing(Sharing value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, value, form, logProbabilities, tools, words,
                speculation);
    }

    public GenerationRequest withForm(AnswerForm value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, sharing, Optional.of(value), logProbabilities,
                tools, words, speculation);
    }

    public GenerationRequest withLogProbabilities(LogProbabilities value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, sharing, form, Optional.of(value), tools, words,
                speculation);
    }

    /** The model is told these tools by its chat template, and what it calls is in {@link Completion#toolCalls()}. */
    public GenerationRequest withTools(ToolUse value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, sharing, form, logProbabilities,
                Optional.of(value), words, speculation);
    }

    public GenerationRequest withWords(WordLimits value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, sharing, form, logProbabilities, tools, value,
                speculation);
    }

    public GenerationRequest withSpeculation(Speculation value) {
        return new GenerationRequest(prompt, maxTokens, sampling, stopStrings, ignoreEnd, sharing, form, logProbabilities, tools, words,
                value);
    }
}
