package org.waterspout.backend;

/**
 * Blocks of positions that outlive the sequence in which they were computed, with the keys and values of all layers. Whoever has a block,
 * sequences or those who keep it, has the same memory, which is free when nobody has it any more. As {@link Plan}, for one thread, between
 * steps.
 */
public interface KeptBlocks {

    /** Positions of a block. */
    int blockLength();

    /** Blocks that should be kept at one time, at most. */
    long max();

    /**
     * Keeps a full block: positions {@code block * blockLength()} up to the next block's of {@code sequence}.
     *
     * @return its number, until it is dropped
     * @throws org.waterspout.error.InvalidRequestException for a block that the sequence has not filled
     */
    int keep(int sequence, int block);

    /**
     * From now on {@code sequence} holds the positions of kept blocks, in their order from position 0 on, in place of what it held. They
     * stay kept.
     *
     * @param blocks numbers of blocks, each kept as the one at this place of its sequence
     * @throws org.waterspout.error.InvalidRequestException for a number that is not kept
     */
    void resume(int sequence, int[] blocks);

    /**
     * Keeps a block no longer.
     *
     * @return whether nobody has it any more, so that its memory serves others
     * @throws org.waterspout.error.InvalidRequestException for a number that is not kept
     */
    boolean drop(int block);
}
