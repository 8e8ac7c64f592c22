package org.waterspout.backend.tornado.lowering;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.CandidateFeed;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.backend.tornado.buffers.RowAngles;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section;
import org.waterspout.backend.tornado.launches.Section.Rows;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.graph.Graph;

/**
 * A graph, and its encoder, as kernels, buffers and constants, before anything is allocated.
 *
 * @param graph     the graph itself
 * @param encoder   of an encoder-decoder
 * @param places    what brings the places of positions to the device; empty where they never change
 * @param copies    what copies blocks that sequences share; empty where they share none
 * @param resources what all of these share
 * @param buffers   arrays that kernels write, to allocate: shared activations, then caches
 * @param constants arrays that kernels only read
 */
public record DeviceProgram(GraphProgram graph, Optional<GraphProgram> encoder, Optional<Section> places, Optional<Section> copies,
        Resources resources, List<DeviceBuffer> buffers, List<Constant> constants) {

    /**
     * @param blocks        how the rows of caches are divided
     * @param maxAllocation most bytes in one array of the device
     */
    public static DeviceProgram lower(Graph graph, PlanOptions options, KernelFamily family, CacheBlocks blocks, long maxAllocation) {
        Resources resources = new Resources(graph, options, family, blocks);
        PlanOptions source = new PlanOptions(Math.max(1, options.sourceLength()), Math.max(1, options.maxSources()), options.maxRows(),
                options.observable());
        Optional<GraphProgram> encoder = graph.encoder().map(one -> GraphLowering.lower(one, source, resources, "encoder-", maxAllocation));
        GraphProgram main = GraphLowering.lower(graph, options, resources, "", maxAllocation);
        Optional<Section> places = resources.places().map(buffer -> {
            Launch copy = resources.kernels().upload(resources.placesFeed().orElseThrow(), View.whole(buffer, options.contextLength()));
            return new Section(Rows.ALL, List.of(List.of()), List.of(new Stage("places", List.of(copy), Optional.empty())));
        });
        Optional<Section> copies = resources.copiedBlocks().map(pairs -> copies(pairs, resources));
        List<List<Launch>> stages = stages(encoder, places, copies, main).map(Stage::launches).toList();
        List<Constant> constants = stages.stream().flatMap(List::stream).<Constant>flatMap(launch -> launch.constants().stream()).distinct()
                .toList();
        return new DeviceProgram(main, encoder, places, copies, resources, BufferPlan.of(stages), constants);
    }

    private static Section copies(Feed pairs, Resources resources) {
        CacheBlocks blocks = resources.blocks();
        List<Launch> launches = new ArrayList<>();
        resources.caches().ofAttention().values().forEach(pair -> launches.addAll(resources.kernels().copyBlocks(pairs, pair, blocks)));
        return new Section(Rows.ALL, List.of(List.of()), List.of(new Stage("copies", launches, Optional.empty())));
    }

    /**
     * All stages. An array that several read is uploaded by the first of these and handed on from stage to stage, so each must run behind
     * one that has it: a graph's stages run one after the other, and places behind the encoder's or the graph's.
     */
    public Stream<Stage> stages() {
        return stages(encoder, places, copies, graph);
    }

    private static Stream<Stage> stages(Optional<GraphProgram> encoder, Optional<Section> places, Optional<Section> copies,
            GraphProgram main) {
        return Stream.of(encoder.stream().flatMap(GraphProgram::all), places.stream(), copies.stream(), main.all())
                .flatMap(sections -> sections).flatMap(section -> section.stages().stream());
    }

    public Stream<Feed> feeds() {
        return Stream.of(resources.inputEmbeddings(), resources.candidates().map(CandidateFeed::feed), resources.placesFeed(),
                resources.copiedBlocks(), resources.rowAngles().map(RowAngles::feed)).flatMap(Optional::stream);
    }

    public MemoryUse memory() {
        long weights = constants.stream().flatMap(constant -> constant.bytes().stream())
                .mapToLong(bytes -> bytes + DeviceBuffer.HEADER_BYTES).sum();
        long cache = caches().stream().mapToLong(DeviceBuffer::bytes).sum();
        long all = buffers.stream().mapToLong(DeviceBuffer::bytes).sum() + feeds().mapToLong(Feed::bytes).sum();
        return new MemoryUse(0, weights, cache, all - cache);
    }

    /** Those of the buffers that outlive a step. */
    public List<DeviceBuffer> caches() {
        return resources.caches().buffers();
    }
}
