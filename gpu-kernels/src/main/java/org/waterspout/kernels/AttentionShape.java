package org.waterspout.kernels;

/**
 * Attention's constants.
 *
 * @param heads         query heads
 * @param kvHeads       key and value heads; divides heads
 * @param headWidth     numbers in a head
 * @param contextLength positions of a sequence in the cache
 * @param sequences     sequences in the cache
 * @param queryStride   numbers from one row of the query to the next
 * @param queryOffset   first number of row 0 in the query
 * @param slot          step slot with the cache's number; the next slot holds the window, 0 for none
 * @param scale         factor on q . k
 * @param softCap       0 for none
 */
public record AttentionShape(int heads, int kvHeads, int headWidth, int contextLength, int sequences, int queryStride,
        int queryOffset, int slot, float scale, float softCap) {
}
