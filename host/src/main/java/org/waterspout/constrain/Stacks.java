package org.waterspout.constrain;

import java.util.Arrays;

/** Positions of a grammar, and for each where its rule returns to. Two of one kind are equal where all of it is the same. */
abstract sealed class Stacks permits Returns, State {

    private final int[] positions;
    private final Returns[] returns;
    private final boolean ends;
    private final int hash;

    /**
     * @param positions ascending
     * @param returns   [positions]
     * @param ends      whether the answer may end here
     */
    Stacks(int[] positions, Returns[] returns, boolean ends) {
        this.positions = positions;
        this.returns = returns;
        this.ends = ends;
        int value = Arrays.hashCode(positions) + (ends ? 1 : 0);
        for (Returns one : returns) {
            value = 31 * value + System.identityHashCode(one);
        }
        hash = value;
    }

    /** Whether the answer may end here. */
    final boolean ends() {
        return ends;
    }

    final int count() {
        return positions.length;
    }

    final int position(int index) {
        return positions[index];
    }

    final Returns returns(int index) {
        return returns[index];
    }

    @Override
    public final boolean equals(Object other) {
        if (!(other instanceof Stacks all) || getClass() != all.getClass() || ends != all.ends
                || !Arrays.equals(positions, all.positions)) {
            return false;
        }
        for (int i = 0; i < returns.length; i++) {
            if (returns[i] != all.returns[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public final int hashCode() {
        return hash;
    }
}
