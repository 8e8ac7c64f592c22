package org.waterspout.constrain;

/**
 * All places of a grammar at which an answer may be: positions that wait for a byte, and for each where its rule returns to. Equal ones are
 * one object within a {@link Transitions}; what follows is found when it is asked for, and kept.
 */
final class State extends Stacks {

    /** No answer comes here. */
    static final State DEAD = new State(new int[0], new Returns[0], false, 0);

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
        super(positions, returns, ends);
        next = new State[classes];
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
}
