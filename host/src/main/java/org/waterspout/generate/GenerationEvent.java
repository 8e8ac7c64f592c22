package org.waterspout.generate;

import java.util.List;
import org.waterspout.tools.ToolCall;

/** What a generation tells while it runs. */
public sealed interface GenerationEvent {

    /** The prompt's tokens from its second on, before anything else; only where their log-probabilities were asked for. */
    record Prompt(List<TokenLogProbability> tokens) implements GenerationEvent {
        public Prompt {
            tokens = List.copyOf(tokens);
        }
    }

    /** A token of the answer, before the text that it makes; only where log-probabilities were asked for. */
    record Token(TokenLogProbability token) implements GenerationEvent {
    }

    /** More text, whole characters only; never empty. Text of several tokens may arrive in one event. */
    record Text(String text) implements GenerationEvent {
    }

    /** The model calls a tool. Comes in the order of the answer, between the texts before and behind it. */
    record Called(ToolCall call) implements GenerationEvent {
    }

    /** The last event. */
    record Finished(Completion completion) implements GenerationEvent {
    }
}
