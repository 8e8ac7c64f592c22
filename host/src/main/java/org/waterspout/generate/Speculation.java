package org.waterspout.generate;

import org.waterspout.error.InvalidRequestException;

/**
 * How tokens are proposed that may come next, so that several of an answer are checked in one step. It changes no answer, only when it is
 * there.
 */
public sealed interface Speculation {

    /** Every token is computed after the one before it. */
    Speculation NONE = new None();

    /** What followed the last tokens where they stood before, be it in the prompt or in the answer. */
    static Speculation ngrams() {
        return new Ngrams(3, 7);
    }

    /** What the draft model says that the model was loaded with. */
    static Speculation draft() {
        return new Draft(4);
    }

    /** No tokens are proposed. */
    record None() implements Speculation {
    }

    /**
     * The tokens that followed as many of the last tokens as are found once more, where they were found last (prompt lookup).
     *
     * @param longest last tokens that are looked for, 1 or more; fewer, down to one, where so many are not found
     * @param tokens  proposed at a time, at most, 1 or more
     */
    record Ngrams(int longest, int tokens) implements Speculation {
        public Ngrams {
            if (longest < 1 || tokens < 1) {
                throw new InvalidRequestException("sequences of " + longest + " tokens are to be looked for and " + tokens
                        + " tokens proposed; both must be 1 or more");
            }
        }
    }

    /**
     * The tokens that a smaller model with the same vocabulary finds the most likely; the model is loaded with it
     * ({@link org.waterspout.DraftModel}).
     *
     * @param tokens proposed at a time, at most, 1 or more
     */
    record Draft(int tokens) implements Speculation {
        public Draft {
            if (tokens < 1) {
                throw new InvalidRequestException(tokens + " tokens are to be proposed at a time; it must be 1 or more");
            }
        }
    }
}
