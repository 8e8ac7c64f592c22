package org.waterspout.backend.tornado.lowering;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.Caches;
import org.waterspout.backend.tornado.buffers.CandidateFeed;
import org.waterspout.backend.tornado.buffers.Constants;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.backend.tornado.buffers.RowAngles;
import org.waterspout.backend.tornado.launches.KernelBindings;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;
import org.waterspout.graph.RopeTable;

/** What the graphs of a program share: kernels, constants, what outlives a step, and what the host fills in. */
public final class Resources {

    private final KernelBindings kernels;
    private final Constants constants = new Constants();
    private final CacheBlocks blocks;
    private final Caches caches;
    private final Optional<DeviceBuffer> places;
    private final Optional<Feed> placesFeed;
    private final Optional<Feed> copiedBlocks;
    private final Optional<RowAngles> rowAngles;
    private Optional<Feed> inputEmbeddings = Optional.empty();
    private Optional<CandidateFeed> candidates = Optional.empty();

    Resources(Graph graph, PlanOptions options, KernelFamily family, CacheBlocks blocks) {
        kernels = new KernelBindings(family);
        this.blocks = blocks;
        caches = new Caches(graph, options, blocks);
        // one sequence can take nobody's place, but for that of kept blocks
        boolean placed = (options.maxSequences() > 1 || blocks.shared())
                && graph.kept().anyMatch(Kept.KeysAndValues.class::isInstance);
        long count = (long) options.maxSequences() * options.contextLength();
        places = placed ? Optional.of(new DeviceBuffer("places", count, Life.PLAN)) : Optional.empty();
        placesFeed = placed ? Optional.of(Feed.floats("places", count)) : Optional.empty();
        copiedBlocks = blocks.shared() ? Optional.of(Feed.ints("copied blocks", 2L * options.maxRows())) : Optional.empty();
        List<RopeTable> tables = Stream.concat(Stream.of(graph), graph.encoder().stream()).flatMap(RopeTable::tables).distinct().toList();
        rowAngles = tables.stream().anyMatch(table -> table.dynamic().isPresent()) ? Optional.of(new RowAngles(tables, options.maxRows()))
                : Optional.empty();
    }

    KernelBindings kernels() {
        return kernels;
    }

    Constants constants() {
        return constants;
    }

    /** How causal attention's rows are divided. */
    public CacheBlocks blocks() {
        return blocks;
    }

    public Caches caches() {
        return caches;
    }

    /** Where positions of sequences lie, on the device: {@code AncestorTable}; empty where they lie at their sequence's number. */
    Optional<DeviceBuffer> places() {
        return places;
    }

    /** What {@link #places()} is copied from. */
    public Optional<Feed> placesFeed() {
        return placesFeed;
    }

    /** Pairs of blocks to copy, from and to, before a step; empty where blocks are not shared. */
    public Optional<Feed> copiedBlocks() {
        return copiedBlocks;
    }

    /** Angles of the rows of a step; empty where they follow from a row's position. */
    public Optional<RowAngles> rowAngles() {
        return rowAngles;
    }

    /** The array of what enters instead of tokens. */
    Feed inputEmbeddings(long floats) {
        inputEmbeddings = Optional.of(inputEmbeddings.orElseGet(() -> Feed.floats("given", floats)));
        return inputEmbeddings.get();
    }

    public Optional<Feed> inputEmbeddings() {
        return inputEmbeddings;
    }

    CandidateFeed candidates(int rows) {
        candidates = Optional.of(candidates.orElseGet(() -> new CandidateFeed(rows)));
        return candidates.get();
    }

    public Optional<CandidateFeed> candidates() {
        return candidates;
    }
}
