package org.waterspout.backend.tornado.buffers;

import java.util.Optional;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;

/**
 * How the rows of a cache of causal attention are divided. Without a bound on their bytes each sequence has a block as long as the
 * context; with one, a decoder's sequences take short blocks as they need them.
 *
 * @param count  blocks of a cache
 * @param length positions of a block
 * @param shared whether the blocks are too few for all positions of all sequences
 */
public record CacheBlocks(int count, int length, boolean shared) {

    /** Positions of a block that sequences share, as on the cpu; fewer where the context is shorter. */
    static final int SHARED = 64;

    public static CacheBlocks of(Graph graph, PlanOptions options) {
        CacheBlocks own = new CacheBlocks(options.maxSequences(), options.contextLength(), false);
        long position = graph.kept().mapToLong(kept -> kept instanceof Kept.KeysAndValues(int _, int kvHeads, int headDimension)
                ? 2L * kvHeads * options.cacheType().bytes(headDimension) : 0).sum();
        if (options.cacheBytes() == 0 || graph.encoder().isPresent() || position == 0) {
            return own;
        }
        int length = Math.min(SHARED, options.contextLength());
        int ofContext = Math.ceilDiv(options.contextLength(), length);
        if (options.maxSequences() == 1) {
            return new CacheBlocks(1, Math.multiplyExact(ofContext, length), false);
        }
        long blocks = options.cacheBytes() / (position * length);
        if (blocks >= (long) ofContext * options.maxSequences()) {
            return own;
        }
        // fewer than one sequence needs are refused when the plan is prepared
        return new CacheBlocks(Math.clamp(blocks, ofContext, Integer.MAX_VALUE), length, true);
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
