package org.waterspout.generate;

import java.util.Locale;

/** Why an answer ended. */
public enum FinishReason {
    /** The model said so with one of its end tokens. */
    END,
    /** The model said so, or its answer is whole, and it calls tools: {@link Completion#toolCalls()}. */
    TOOL_CALLS,
    /** A stop string appeared; it and what follows are not part of the text. */
    STOP_STRING,
    /** The asked number of tokens was reached. */
    MAX_TOKENS,
    /** The context is full. */
    CONTEXT_FULL,
    /** The caller cancelled or closed the generation. */
    CANCELLED,
    /** The time that the caller gave has passed. */
    TIMED_OUT;

    /** As JSON and the command line print it: "max_tokens". */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
