package org.waterspout.kernels;

/**
 * Constants of the launch that turns queries and keys and fills the caches. One record, not two: TornadoVM takes an object that
 * is in no transfer list as the last argument only.
 *
 * @param queryWidth    numbers in a row of the query
 * @param width         numbers in a row of the key and the value
 * @param headDimension     numbers in a head
 * @param rowQuants     pairs of quants in a cached row, where it is of quants
 * @param rowScales     scales in a cached row, 0 where it has none
 * @param pairs         rotated pairs of each head
 * @param interleaved   1 when pair i is elements 2i and 2i + 1, 0 when it is i and i + pairs
 * @param queryStride   numbers from one row of the query to the next
 * @param queryOffset   first number of row 0 in the query
 * @param keyStride     as queryStride, of the key
 * @param keyOffset     as queryOffset, of the key
 * @param valueStride   as queryStride, of the value
 * @param valueOffset   as queryOffset, of the value
 * @param cacheRows     rows of a cache
 * @param positions     positions of an angle table
 * @param tableSlot     step slot with the angle table's number
 * @param cacheSlot     step slot with the cache's number
 */
public record RotateShape(int queryWidth, int width, int headDimension, int rowQuants, int rowScales, int pairs, int interleaved,
        int queryStride, int queryOffset, int keyStride, int keyOffset, int valueStride, int valueOffset, int cacheRows, int positions,
        int tableSlot, int cacheSlot) {
}
