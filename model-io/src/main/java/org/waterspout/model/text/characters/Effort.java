package org.waterspout.model.text.characters;

import org.waterspout.error.CancelledException;

/**
 * How much work one text may still cost, counted in characters looked at. Ends the work when it is spent, or when the thread is
 * interrupted.
 */
public final class Effort {

    /** An expression that looks at each character more often than this, on average, is one that tries ways without end. */
    private static final long PER_CHARACTER = 100;
    private static final long MIN = 1_000_000;
    /** Steps between two looks at the interrupt: a fraction of a millisecond. */
    private static final int OFTEN = 1 << 12;

    private long left;
    private int unchecked;

    /** @throws CancelledException if the thread is interrupted */
    public Effort(int characters) {
        left = MIN + PER_CHARACTER * characters;
        refuseIfInterrupted();
    }

    /** Counts one character; whether there is still work allowed. */
    boolean one() {
        step();
        return --left >= 0;
    }

    /** Some work whose amount is bounded otherwise. */
    public void step() {
        if (++unchecked >= OFTEN) {
            unchecked = 0;
            refuseIfInterrupted();
        }
    }

    /** Leaves the interrupt set, for whoever asked for it. */
    private static void refuseIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("tokenizing was cancelled: its thread was interrupted");
        }
    }
}
