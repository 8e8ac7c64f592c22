package org.waterspout.constrain;

import java.util.Arrays;

/**
 * Where to go on when a rule is done: the stacks of a pushdown automaton as a graph that shares their common parts (Tomita 1987). Each return
 * is a position and the returns of the rule that it stands in. Equal ones are one object within a {@link Transitions}.
 */
final class Returns {

    /** Of the root: nothing comes after it. */
    static final Returns ROOT = new Returns(0, true, new int[0], new Returns[0]);

    private final long number;
    private final boolean ends;
    private final int[] positions;
    private final Returns[] outer;
    private final int hash;

    /**
     * @param number    tells it from others
     * @param ends      whether the answer may end when the rule is done
     * @param positions ascending; of equal ones the lower number of {@code outer} first
     * @param outer     [positions]
     */
    Returns(long number, boolean ends, int[] positions, Returns[] outer) {
        this.number = number;
        this.ends = ends;
        this.positions = positions;
        this.outer = outer;
        int value = Arrays.hashCode(positions) + (ends ? 1 : 0);
        for (Returns one : outer) {
            value = 31 * value + System.identityHashCode(one);
        }
        hash = value;
    }

    long number() {
        return number;
    }

    boolean ends() {
        return ends;
    }

    int count() {
        return positions.length;
    }

    int position(int index) {
        return positions[index];
    }

    Returns outer(int index) {
        return outer[index];
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Returns all) || ends != all.ends || !Arrays.equals(positions, all.positions)) {
            return false;
        }
        for (int i = 0; i < outer.length; i++) {
            if (outer[i] != all.outer[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
