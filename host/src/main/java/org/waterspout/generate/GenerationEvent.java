package org.waterspout.generate;

/** What a generation tells while it runs. */
public sealed interface GenerationEvent {

    /** More text, whole characters only; never empty. Text of several tokens may arrive in one event. */
    record Text(String text) implements GenerationEvent {
    }

    /** The last event. */
    record Finished(Completion completion) implements GenerationEvent {
    }
}
