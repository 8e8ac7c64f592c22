package org.waterspout.decode;

/** Where the tokens come from that are proposed for one answer. Belongs to one thread. */
public interface Proposer {

    /**
     * What may come next.
     *
     * @param sequence [.., length]: prompt and answer so far
     * @param max      tokens that there is room for, 1 or more
     * @return [0 to max]
     */
    int[] propose(int[] sequence, int length, int max);
}
