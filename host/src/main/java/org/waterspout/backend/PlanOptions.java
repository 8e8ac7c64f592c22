package org.waterspout.backend;

import org.waterspout.error.OutOfMemoryException;

/**
 * @param contextLength positions that each sequence's cache holds
 * @param maxSequences  sequences with a cache at one time
 * @param maxRows       most rows in a batch; no sequence with attention in both directions can be longer
 * @param observable    keep every operation's values readable for a {@link StepObserver}, at the cost of speed and memory
 * @param maxSources    of an encoder-decoder: sources whose keys and values are kept at one time; else 0
 * @param sourceLength  of an encoder-decoder: positions of a source; else 0
 * @param cacheType     how keys and values of causal attention are kept; those of sources stay in 32 bits
 * @param cacheBytes    bytes that caches may take; 0 for what memory allows. Where sequences share a cache ({@link Plan#cacheLimit}), they
 *                      bound the positions of all together, and one sequence of the context's length must fit; elsewhere all must
 */
public record PlanOptions(int contextLength, int maxSequences, int maxRows, boolean observable, int maxSources, int sourceLength,
        CacheType cacheType, long cacheBytes) {

    public PlanOptions {
        if (contextLength <= 0 || maxSequences <= 0 || maxRows <= 0 || maxSources < 0 || sourceLength < 0 || cacheBytes < 0) {
            throw new IllegalArgumentException("context length, sequences and rows are positive: " + contextLength + ", "
                    + maxSequences + ", " + maxRows + "; sources and their length are not negative: " + maxSources + ", " + sourceLength
                    + "; nor are the cache's bytes: " + cacheBytes);
        }
    }

    /** Without sources, with keys and values in 32 bits. */
    public PlanOptions(int contextLength, int maxSequences, int maxRows, boolean observable) {
        this(contextLength, maxSequences, maxRows, observable, 0, 0, CacheType.F32, 0);
    }

    public PlanOptions withSequences(int value) {
        return new PlanOptions(contextLength, value, maxRows, observable, maxSources, sourceLength, cacheType, cacheBytes);
    }

    /** With room for sources of an encoder-decoder. */
    public PlanOptions withSources(int sources, int length) {
        return new PlanOptions(contextLength, maxSequences, maxRows, observable, sources, length, cacheType, cacheBytes);
    }

    public PlanOptions withCacheType(CacheType value) {
        return new PlanOptions(contextLength, maxSequences, maxRows, observable, maxSources, sourceLength, value, cacheBytes);
    }

    public PlanOptions withCacheBytes(long value) {
        return new PlanOptions(contextLength, maxSequences, maxRows, observable, maxSources, sourceLength, cacheType, value);
    }

    /**
     * @param bytes of the caches of these sequences
     * @throws OutOfMemoryException when they are more than {@link #cacheBytes}
     */
    public void requireCache(long bytes) {
        if (cacheBytes > 0 && bytes > cacheBytes) {
            String fewer = maxSequences > 1 ? ", fewer sequences" : "";
            throw new OutOfMemoryException(("keys and values of %d positions of %d sequences take %d KB, and may take %d: use a shorter"
                    + " context%s, or give them more").formatted(contextLength, maxSequences, Math.ceilDiv(bytes, 1024), cacheBytes / 1024,
                    fewer));
        }
    }
}
