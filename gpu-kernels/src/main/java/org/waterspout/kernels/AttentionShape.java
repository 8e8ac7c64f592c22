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
 * @param kept        what keys and values are: {@link #FLOATS}, {@link #HALVES} or {@link #QUANTS}
 * @param headStride  numbers of the keys' and values' arrays from one head to the next
 * @param scaleStride scales from one row to the next; 0 when there are none
 * @param slot        step slot with the number of the cache or memory; the next slots hold the window, 0 for none, and the number of the
 *                    table of biases
 * @param scale       factor on q . k
 * @param softCap     0 for none
 * @param biased      1 when biases by distance are added to the scores, else 0
 * @param reach       the biases are for distances from -(reach - 1) to reach - 1
 * @param placed      rows of a block when positions of a sequence lie where the places say, 0 when all lie at the sequence's number
 */
public record AttentionShape(int kind, int heads, int kvHeads, int headDimension, int positions, int cacheRows, int queryStride,
        int queryOffset, int keyStride, int keyOffset, int valueStride, int valueOffset, int kept, int headStride, int scaleStride,
        int slot, float scale, float softCap, int biased, int reach, int placed) {

    /** In the cache of the row's sequence, up to the row's position. */
    public static final int CACHE = 0;
    /** In the rows of this step: all of the row's sequence, which lie one after the other from position 0 on. */
    public static final int STEP = 1;
    /** In the memory of the row's source, all of it. */
    public static final int MEMORY = 2;

    /** Keys and values are floats. */
    public static final int FLOATS = 0;
    /** Keys and values are halves, by their bits. */
    public static final int HALVES = 1;
    /** Keys and values are whole numbers with a scale for each 32 of a head: {@link KeptNumbers}. */
    public static final int QUANTS = 2;
}
