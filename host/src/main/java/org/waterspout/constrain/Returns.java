package org.waterspout.constrain;

/**
 * Where to go on when a rule is done: the stacks of a pushdown automaton as a graph that shares their common parts (Tomita 1987). Each
 * return is a position and the returns of the rule that it stands in. Equal ones are one object within a {@link Transitions}.
 */
final class Returns extends Stacks {

    /** Of the root: nothing comes after it. */
    static final Returns ROOT = new Returns(0, true, new int[0], new Returns[0]);

    private final long number;

    /**
     * @param number    tells it from others
     * @param ends      whether the answer may end when the rule is done
     * @param positions ascending; of equal ones the lower number of {@code outer} first
     * @param outer     [positions]
     */
    Returns(long number, boolean ends, int[] positions, Returns[] outer) {
        super(positions, outer, ends);
        this.number = number;
    }

    long number() {
        return number;
    }
}
