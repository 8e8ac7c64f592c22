package org.waterspout.model;

import java.lang.foreign.MemorySegment;

/** Turns numbers into one block of a {@link WeightType}. */
@FunctionalInterface
interface BlockEncoder {

    /**
     * @param in   numbers
     * @param inAt index of the block's first
     * @param data receives the block
     * @param at   where it begins, in bytes; need not be aligned
     * @return whether the type can hold these numbers; false for a finite one that becomes infinite, and in quantized
     *         blocks for one that is not finite
     */
    boolean encode(float[] in, int inAt, MemorySegment data, long at);
}
