package org.waterspout.kernels;

/**
 * Constants of a write into a cache.
 *
 * @param width         numbers in a cached row
 * @param inputStride   numbers from one row of the input to the next
 * @param inputOffset   first number of row 0 in the input
 * @param contextLength positions of a sequence
 * @param sequences     sequences in the cache
 * @param slot          step slot with the cache's number
 */
public record CacheShape(int width, int inputStride, int inputOffset, int contextLength, int sequences, int slot) {
}
