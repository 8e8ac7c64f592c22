package org.waterspout.backend.tornado;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Device;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.Constants;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.backend.tornado.lowering.DeviceProgram;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Fusion;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;

/**
 * Graphs on a device that TornadoVM reaches; its name is "tornado". The same code on the emulator, where the JVM was started without
 * an SDK, is named "emulator". The JVM's flags are in {@link TornadoFlags}.
 */
public final class TornadoBackend implements Backend {

    private static final Logger LOG = LoggerFactory.getLogger(TornadoBackend.class);

    /** Each saves launches, of which each costs 50 to 150 microseconds on OpenCL for CPUs. */
    private static final Set<FusionKind> FUSED = Collections.unmodifiableSet(
            EnumSet.of(FusionKind.MATMULS, FusionKind.GATED, FusionKind.MATMUL_ADD, FusionKind.RECURRENCE_ADD));

    private final TornadoDevices.Found device;
    private final KernelFamily family;
    private final Set<FusionKind> kinds;

    /**
     * @throws org.waterspout.error.DeviceException when there is no SDK, no driver, no device, or none of the id asked for
     */
    public TornadoBackend(BackendOptions options) {
        this(options, TornadoDevices.choose(options.device()));
    }

    /** As {@link #TornadoBackend(BackendOptions)}, with a family of kernels that need not be the device's own: slower, and as right. */
    public TornadoBackend(BackendOptions options, KernelFamily family) {
        this(options, family, FUSED);
    }

    /**
     * As {@link #TornadoBackend(BackendOptions, KernelFamily)}, fusing other groups of operations than are faster: none for an empty set.
     */
    public TornadoBackend(BackendOptions options, KernelFamily family, Set<FusionKind> kinds) {
        this(options, TornadoDevices.choose(options.device()), family, kinds);
    }

    private TornadoBackend(BackendOptions options, TornadoDevices.Found device) {
        this(options, device, device.isCpu() ? KernelFamily.WIDE : KernelFamily.GROUP, FUSED);
    }

    private TornadoBackend(BackendOptions options, TornadoDevices.Found device, KernelFamily family, Set<FusionKind> kinds) {
        if (options.threads() != BackendOptions.DEFAULT_THREADS) {
            throw new InvalidRequestException("the " + TornadoDevices.backendName()
                    + " backend has no threads to set: leave their number out");
        }
        this.device = device;
        this.family = family;
        this.kinds = Set.copyOf(kinds);
    }

    @Override
    public String name() {
        return TornadoDevices.backendName();
    }

    @Override
    public Device device() {
        return device.device();
    }

    @Override
    public TornadoPlan prepare(Graph graph, PlanOptions options) {
        if (graph.encoder().isPresent() && (options.maxSources() == 0 || options.sourceLength() == 0)) {
            throw new InvalidRequestException("the model " + graph.name() + " reads sources: prepare its plan with room for them");
        }
        Graph fused = fused(graph);
        DeviceProgram program = lower(fused, options, CacheBlocks.of(fused, options));
        requireFits(program, graph, options);
        CacheBlocks blocks = program.resources().blocks();
        CacheBlocks all = blocks.withRoomForKept(fused, options, program.caches(), maxPiece(),
                device.device().memory() - program.memory().total());
        return plan(fused, options, all.equals(blocks) ? program : lower(fused, options, all));
    }

    /** As {@link #prepare(Graph, PlanOptions)}, with blocks of another length and number than suit the options. */
    TornadoPlan prepare(Graph graph, PlanOptions options, CacheBlocks blocks) {
        Graph fused = fused(graph);
        return plan(fused, options, lower(fused, options, blocks));
    }

    private TornadoPlan plan(Graph graph, PlanOptions options, DeviceProgram program) {
        EventCheck.check(program.stages().toList(), EventCheck.length());
        LOG.info("{} kernels on {}; weights: {}", family == KernelFamily.WIDE ? "wide" : "group", device.device().name(),
                Constants.repacked(graph.weights()).entrySet().stream().map(entry -> entry.getKey() + " as " + entry.getValue())
                        .collect(Collectors.joining(", ")));
        CacheBlocks blocks = program.resources().blocks();
        if (blocks.shared()) {
            LOG.info("keys and values: {} blocks of {} positions", blocks.count(), blocks.length());
        }
        return new TornadoPlan(graph, options, program, device);
    }

    /** A graph that is fused already is run as it is. */
    private Graph fused(Graph graph) {
        return graph.ops().anyMatch(Op.Fused.class::isInstance) ? graph : Fusion.apply(graph, kinds);
    }

    private DeviceProgram lower(Graph graph, PlanOptions options, CacheBlocks blocks) {
        return DeviceProgram.lower(graph, options, family, blocks, device.device().maxAllocation());
    }

    /** Most bytes of an array. */
    private long maxPiece() {
        return Math.min(device.device().maxAllocation(), Float.BYTES * (long) Integer.MAX_VALUE);
    }

    /** More than on a CPU, since a step costs dozens of launches however few its rows are. */
    @Override
    public int sequencesOfStep() {
        return 64;
    }

    @Override
    public MemoryUse estimate(Graph graph, PlanOptions options) {
        return lower(fused(graph), options, CacheBlocks.of(graph, options)).memory();
    }

    private void requireFits(DeviceProgram program, Graph graph, PlanOptions options) {
        MemoryUse use = program.memory();
        if (options.cacheBytes() > 0) { // a decoder's sequences make room for each other
            PlanOptions together = graph.encoder().isPresent() ? options : options.withSequences(1);
            together.requireCache(estimate(graph, together).cache());
        }
        long available = device.device().memory();
        long perPosition = Math.max(1, use.cache() / options.contextLength());
        if (use.total() > available) {
            long fitting = (available - use.weights() - use.activations()) / perPosition;
            throw new OutOfMemoryException(graph.name() + " needs " + megabytes(use.total()) + " of " + device.device().id()
                    + ", which gives " + megabytes(available) + ": " + (fitting > 0 ? "use a context of at most " + fitting + ", or " : "")
                    + "raise WATERSPOUT_DEVICE_MEMORY_GB (-Dtornado.device.memory without the launcher) if the device has more");
        }
        long limit = maxPiece();
        program.caches().stream().filter(cache -> cache.bytes() > limit || cache.count() > Integer.MAX_VALUE).findFirst()
                .ifPresent(cache -> {
                    boolean crossCache = program.resources().caches().isCrossCache(cache);
                    int positions = crossCache ? options.sourceLength() : options.contextLength();
                    throw new OutOfMemoryException("the " + (crossCache ? "cross-attention cache" : "cache") + " of " + graph.name()
                            + " needs " + megabytes(cache.bytes()) + " in one piece, " + device.device().id()
                            + " gives at most " + megabytes(limit) + ": use " + (crossCache ? "sources" : "a context") + " of at most "
                            + limit / (cache.bytes() / positions));
                });
        LongStream largest = Stream.concat(program.constants().stream().flatMap(constant -> constant.bytes().stream()),
                program.buffers().stream().map(DeviceBuffer::bytes)).mapToLong(Long::longValue);
        long piece = largest.max().orElse(0);
        boolean indexable = program.constants().stream().allMatch(constant -> constant.elements() <= Integer.MAX_VALUE);
        if (piece > limit || !indexable) {
            throw new OutOfMemoryException("a single weight or buffer of " + graph.name() + " needs " + megabytes(piece) + " in one piece, "
                    + device.device().id() + " gives at most " + megabytes(limit) + ": use a smaller model, or the cpu backend");
        }
    }

    private static String megabytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20) + " MB";
    }

    @Override
    public void close() {
        // plans hold the device's memory; TornadoVM's contexts live as long as the process
    }
}
