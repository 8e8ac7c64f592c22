package org.waterspout.runtime;

/** Decides what the next steps of a plan are made of, and makes them. The engine thread's own. */
sealed interface Scheduler permits EncoderScheduler, DecoderScheduler {

    /** Lets waiting tasks begin, as far as there is room. */
    void admit(Waiting waiting);

    /** One round of steps for what has begun; a step that fails ends the tasks in it and nothing else. */
    void step(Waiting waiting);

    /** Whether no task has begun that needs more steps. */
    boolean isIdle();

    /** Takes back what tasks hold that have ended. */
    void removeEnded();
}
