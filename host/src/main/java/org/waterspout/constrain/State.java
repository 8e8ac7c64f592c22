package org.waterspout.constrain;

import java.util.Arrays;

/**
 * All places of a grammar at which an answer may be: positions that wait for a byte, and for each where its rule returns to. Equal ones are
 * one object within a {@link Transitions}; what follows is found when it is asked for, and kept.
 */
final class State {

    /** No answer comes here. */
    static final State DEAD = new State(new int[0], new Returns[0], false, 0);

    private final int[] positions;
    private final Returns[] returns;
    private final boolean ends;
    private final int hash;
    /** [classes of bytes] Null where nobody asked yet. Written under the lock, read without: a state's other fields are final. */
    private final State[] next;
    private TokenMask mask;

    /**
     * @param positions ascending
     * @param returns   [positions]
     * @param ends      whether the answer may end here
     * @param classes   of bytes
     */
    State(int[] positions, Returns[] returns, boolean ends, int classes) {
        this.positions = positions;
        this.returns = returns;
        this.ends = ends;
        next = new State[classes];
        int value = Arrays.hashCode(positions) + (ends ? 1 : 0);
        for (Returns one : returns) {
            value = 31 * value + System.identityHashCode(one);
        }
        hash = value;
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

    Returns returns(int index) {
        return returns[index];
    }

    State next(int byteClass) {
        return next[byteClass];
    }

    void setNext(int byteClass, State state) {
        next[byteClass] = state;
    }

    TokenMask mask() {
        return mask;
    }

    void setMask(TokenMask value) {
        mask = value;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof State all) || ends != all.ends || !Arrays.equals(positions, all.positions)) {
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
    public int hashCode() {
        return hash;
    }
}
