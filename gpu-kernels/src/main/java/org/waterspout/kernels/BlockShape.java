package org.waterspout.kernels;

/**
 * Constants of a copy of blocks within the caches.
 *
 * @param width     numbers in a cached row
 * @param length    rows of a block
 * @param cacheRows rows of a cache
 * @param caches    caches in the arrays
 */
public record BlockShape(int width, int length, int cacheRows, int caches) {
}
