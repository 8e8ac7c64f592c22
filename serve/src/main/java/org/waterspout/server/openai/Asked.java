package org.waterspout.server.openai;

import java.util.List;
import java.util.Optional;
import org.waterspout.LanguageModel;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.RequestOptions;
import org.waterspout.server.model.ServedModel;

/**
 * A request for text, read and checked.
 *
 * @param served      the model by its name
 * @param model       the same model
 * @param prompts     each with all that is asked for
 * @param answers     to each prompt
 * @param stream      whether the answer comes in events
 * @param usage       whether the last event tells the numbers of tokens
 * @param oneCall     whether an answer ends with its first call of a tool
 * @param top         most likely tokens of each place that are told; empty where no log-probabilities are
 * @param options     how long it may take
 */
record Asked(ServedModel served, LanguageModel model, List<GenerationRequest> prompts, int answers, boolean stream, boolean usage,
        boolean oneCall, Optional<Integer> top, RequestOptions options) {

    int choices() {
        return prompts.size() * answers;
    }
}
