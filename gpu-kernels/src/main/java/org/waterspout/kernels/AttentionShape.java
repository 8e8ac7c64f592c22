package org.waterspout.kernels;

/**
 * Attention's constants.
 *
 * @param kind        where keys and values lie: {@link #CACHE}, {@link #STEP} or {@link #MEMORY}
 * @param heads       query heads
 * @param kvHeads     key and value heads; divides heads
 * @param headDimension   numbers in a head
 * @param positions   positions of a sequence in the cache, or of a source in the memory
 * @param cacheRows   rows of a cache or of a memory
 * @param queryStride numbers from one row of the query to the next
 * @param queryOffset first number of row 0 in the query
 * @param keyStride   numbers from one row of the keys to the next
 * @param keyOffset   first number of row 0 in the keys
 * @param valueStride numbers from one row of the values to the next
 * @param valueOffset first number of row 0 in the values
 * @param halves      1 when keys and values are halves, 0 when they are floats
 * @param slot        step slot with the number of the cache or memory; the next slots hold the window, 0 for none, and the number of the
 *                    table of biases
 * @param scale       factor on q . k
 * @param softCap     0 for none
 * @param biased      1 when biases by distance are added to the scores, else 0
 * @param reach       the biases are for distances from -(reach - 1) to reach - 1
 * @param placed      rows of a block when positions of a sequence lie where the places say, 0 when all lie at the sequence's number
 */
public record AttentionShape(int kind, int heads, int kvHeads, int headDimension, int positions, int cacheRows, int queryStride,
        int queryOffset, int keyStride, int keyOffset, int valueStride, int valueOffset, int halves, int slot, float scale, float softCap,
        int biased, int reach, int placed) {

    /** In the cache of the row's sequence, up to the row's position. */
    public static final int CACHE = 0;
    /** In the rows of this step: all of the row's sequence, which lie one after the other from position 0 on. */
    public static final int STEP = 1;
    /** In the memory of the row's source, all of it. */
    public static final int MEMORY = 2;
}
