package org.waterspout.kernels;

/**
 * Constants of a write into the caches.
 *
 * @param width         numbers in a row of the key and the value
 * @param headDimension numbers in a head
 * @param rowQuants     pairs of quants in a cached row, where it is of quants
 * @param rowScales     scales in a cached row, 0 where it has none
 * @param keyStride     numbers from one row of the key to the next
 * @param keyOffset     first number of row 0 in the key
 * @param valueStride   numbers from one row of the value to the next
 * @param valueOffset   first number of row 0 in the value
 * @param cacheRows     rows of a cache
 * @param slot          step slot with the cache's number
 */
public record CacheShape(int width, int headDimension, int rowQuants, int rowScales, int keyStride, int keyOffset, int valueStride,
        int valueOffset, int cacheRows, int slot) {
}
