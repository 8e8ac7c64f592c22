package org.waterspout.runtime;

import org.waterspout.error.CancelledException;
import org.waterspout.error.DeadlineException;

/** What the engine computes for a caller: one of the state machines below. Its methods are the engine thread's. */
abstract sealed class Task permits EncodingTask, SequenceTask {

    private final Call<?> call;
    private final int number;
    private boolean done;

    /** A task of {@code call}, after those that it has already. */
    Task(Call<?> call) {
        this.call = call;
        this.number = call.tasks().size();
        call.add(this);
    }

    /** Why the engine ends a task before its end. */
    enum Stop {
        CANCELLED, LATE;

        RuntimeException exception() {
            return this == CANCELLED ? new CancelledException("the request was cancelled")
                    : new DeadlineException("the time given for the request has passed: give it more, or ask when less is going on");
        }
    }

    Call<?> call() {
        return call;
    }

    /** Among the tasks of its call. */
    int number() {
        return number;
    }

    /** Whether nothing more is to be computed. */
    boolean done() {
        return done;
    }

    /** It has its result. */
    void end() {
        done = true;
        call.taskEnded();
    }

    /** It cannot have a result, and so its call has none. */
    void fail(RuntimeException why) {
        done = true;
        call.fail(why);
    }

    /** Ends it with what it has; where that is no result, the call fails. */
    void stop(Stop why) {
        fail(why.exception());
    }
}
