package org.waterspout.model.text.jinja;

/**
 * What one rendering may take: steps, so that it ends, and characters and elements made, so that it does not fill the memory. Whatever
 * takes more time the longer its input is counts by that length.
 */
final class Budget {

    /** No string or list grows beyond this many characters or elements. */
    static final int LARGEST = 1 << 24;
    /** Characters and list elements that one rendering may make in all. */
    private static final long MAX_MADE = 1L << 26;
    /** Characters or elements that are looked at in about the time of one step. */
    private static final int UNITS_PER_STEP = 64;
    /** How often an interruption is looked for: some ten times a millisecond. */
    private static final long STEPS_PER_LOOK = 1 << 10;

    private final long maxSteps;
    private long steps;
    private long units;
    private long made;
    private long nextLook = STEPS_PER_LOOK;

    /** @param maxSteps statements and parts of expressions */
    Budget(long maxSteps) {
        this.maxSteps = maxSteps;
    }

    void step() {
        if (++steps > maxSteps) {
            throw JinjaException.limit("the template takes more than " + maxSteps + " steps");
        }
        if (steps >= nextLook) {
            nextLook = steps + STEPS_PER_LOOK;
            if (Thread.currentThread().isInterrupted()) {
                throw JinjaException.interrupted();
            }
        }
    }

    /** Counts characters or elements that were, or are to be, looked at. */
    void looked(long count) {
        units += count;
        if (units >= UNITS_PER_STEP) {
            steps += units / UNITS_PER_STEP;
            units %= UNITS_PER_STEP;
            steps--;
            step();
        }
    }

    /** Counts characters or elements of a new value. */
    void made(long count) {
        looked(count);
        made += count;
        if (made > MAX_MADE) {
            throw JinjaException.limit("the template makes more than " + MAX_MADE + " characters and elements");
        }
    }

    /** Refuses a length before something so long is made. */
    static void requireLength(long length) {
        if (length > LARGEST) {
            throw JinjaException.limit("a text or list grows beyond " + LARGEST + " characters or elements");
        }
    }
}
