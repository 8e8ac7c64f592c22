package org.waterspout.model;

import java.lang.foreign.MemorySegment;

/** Turns one block of a {@link WeightType} into numbers; the definition of what the bytes mean. */
@FunctionalInterface
interface BlockDecoder {

    /**
     * @param data   weights
     * @param at     where the block begins, in bytes; need not be aligned
     * @param out    receives the block's numbers
     * @param outAt  index of the first of them
     */
    void decode(MemorySegment data, long at, float[] out, int outAt);
}
