package org.waterspout.generate;

import org.waterspout.tools.ToolCall;

/** What a generation tells while it runs. */
public sealed interface GenerationEvent {

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
