package org.waterspout.model.text;

import org.waterspout.error.InvalidRequestException;

/** How much work one text may still cost, counted in characters looked at. Ends the work when it is spent, or when the thread is interrupted. */
final class Effort {

    /** An expression that looks at each character more often than this, on average, is one that tries ways without end. */
    private static final long PER_CHARACTER = 200;
    private static final long LEAST = 1_000_000;
    private static final int CHECK = 1 << 16;

    private long left;
    private int unchecked;

    Effort(int characters) {
        left = LEAST + PER_CHARACTER * characters;
    }

    /** Counts one character; whether there is still work allowed. */
    boolean one() {
        if (++unchecked >= CHECK) {
            check();
        }
        return --left >= 0;
    }

    private void check() {
        unchecked = 0;
        refuseIfInterrupted();
    }

    /** Ends tokenizing, leaving the interrupt set, if somebody asked for that. */
    static void refuseIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new InvalidRequestException("tokenizing was cancelled: its thread was interrupted");
        }
    }
}
