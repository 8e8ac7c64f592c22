package org.waterspout.backend;

/**
 * Bytes by purpose.
 *
 * @param mapped      weights read in place from the mapped file (the operating system may drop and reread them)
 * @param weights     weights held in memory of their own, on the host or the device
 * @param cache       keys and values of all layers, sequences and positions
 * @param activations buffers between operations
 */
public record MemoryUse(long mapped, long weights, long cache, long activations) {

    public long total() {
        return mapped + weights + cache + activations;
    }

    public MemoryUse plus(MemoryUse other) {
        return new MemoryUse(mapped + other.mapped, weights + other.weights, cache + other.cache, activations + other.activations);
    }
}
