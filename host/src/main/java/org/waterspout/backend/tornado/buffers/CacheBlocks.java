package org.waterspout.backend.tornado.buffers;

import java.util.List;
import java.util.Optional;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;

/**
 * How the rows of a cache of causal attention are divided. Without a bound on their bytes each sequence has a block as long as the
 * context; with one, a decoder's sequences take short blocks as they need them, and what is left over keeps what ended ones had.
 *
 * @param count  blocks of a cache
 * @param length positions of a block
 * @param shared whether sequences take blocks as they need them
 */
public record CacheBlocks(int count, int length, boolean shared) {

    /** Positions of a block that sequences share, as on the cpu; fewer where the context is shorter. */
    static final int SHARED = 64;

    /** As many as the sequences can fill, where the bytes are not fewer. */
    public static CacheBlocks of(Graph graph, PlanOptions options) {
        long position = Caches.positionBytes(graph, options.cacheType());
        if (options.cacheBytes() == 0 || graph.encoder().isPresent() || position == 0) {
            return new CacheBlocks(options.maxSequences(), options.contextLength(), false);
        }
        int length = Math.min(SHARED, options.contextLength());
        int ofContext = Math.ceilDiv(options.contextLength(), length);
        // fewer than one sequence needs are refused when the plan is prepared
        return new CacheBlocks((int) Math.min(Integer.MAX_VALUE, Math.clamp(options.cacheBytes() / (position * length), ofContext,
                (long) ofContext * options.maxSequences())), length, true);
    }

    /**
     * As many as the bytes allow, also more than the sequences can fill: what ended ones leave is kept there.
     *
     * @param caches the arrays of these blocks
     * @param piece  most bytes of an array
     * @param spare  bytes that the device has beside these blocks
     */
    public CacheBlocks withRoomForKept(Graph graph, PlanOptions options, List<DeviceBuffer> caches, long piece, long spare) {
        if (!shared || graph.isRecurrent()) {
            return this;
        }
        long block = Caches.positionBytes(graph, options.cacheType()) * length;
        long most = caches.stream().mapToLong(cache -> Math.min(piece / Math.ceilDiv(cache.bytes(), count),
                Integer.MAX_VALUE / (cache.count() / count))).min().orElse(count);
        return new CacheBlocks((int) Math.max(count, Math.min(most, Math.min(options.cacheBytes() / block, count + spare / block))), length,
                true);
    }

    /** Positions of all blocks; what an int does not hold is refused when the plan is prepared. */
    public int rows() {
        return (int) Math.min((long) count * length, Integer.MAX_VALUE);
    }

    /** What the sequences may have together; nothing where each has a block of its own. */
    public Optional<CacheLimit> limit() {
        return shared ? Optional.of(new CacheLimit(count, length)) : Optional.empty();
    }
}
