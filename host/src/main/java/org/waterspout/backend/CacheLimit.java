package org.waterspout.backend;

/**
 * Blocks of positions that the sequences of a plan share. Sequences that begin the same have full blocks in common.
 *
 * @param blocks      of all sequences together
 * @param blockLength positions of a block
 */
public record CacheLimit(long blocks, int blockLength) {

    /**
     * Whether there is room for {@code sequences} that begin with the same {@code length} positions and then go on, each in a block of its
     * own.
     */
    public boolean holds(int length, int sequences) {
        return length / blockLength + (long) sequences <= blocks;
    }
}
