package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanBlocks;
import org.waterspout.backend.PlanContract;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.cache.CpuCaches;
import org.waterspout.backend.cpu.cache.KeyValueCache;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Attends;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Weight;
import org.waterspout.graph.WeightUse;
import org.waterspout.model.Tensor;

/** A graph on the CPU, and that of its encoder if it has one: two programs that share workers, matrices and remembered sources. */
public final class CpuPlan implements Plan {

    /** What an encoder is run with. */
    private record Side(Program program, CpuCaches caches) {
    }

    private final Graph graph;
    private final PlanOptions options;
    private final MemoryUse memory;
    private final Arena arena = Arena.ofShared();
    private final Side decoder;
    private final Optional<Side> encoder;
    private final PlanContract contract;
    private final long maxKept;

    CpuPlan(CpuKernels kernels, int few, Workers workers, Graph graph, PlanOptions options, MemoryUse memory) {
        this.graph = graph;
        this.options = options;
        this.memory = memory;
        this.contract = new PlanContract(graph, options);
        Map<Weight, Matrix> matrices = matrices(graph);
        Scratch[] scratches = Stream.generate(() -> new Scratch(kernels, scratch(graph, options))).limit(workers.count())
                .toArray(Scratch[]::new);
        CpuCaches caches = CpuCaches.of(graph, options, kernels.lanes());
        decoder = new Side(new Program(kernels, workers, scratches, graph, matrices, caches, Program.Size.of(options, few)), caches);
        encoder = graph.encoder().map(source -> {
            CpuCaches own = CpuCaches.ofEncoder(source, options, kernels.lanes(), caches);
            return new Side(new Program(kernels, workers, scratches, source, matrices, own, Program.Size.ofSources(options, few)), own);
        });
        maxKept = caches.cache().maxKept(options, Runtime.getRuntime().maxMemory());
    }

    /** The operations, groups taken apart, with those of an encoder. */
    static List<Op> allOps(Graph graph) {
        return Stream.concat(graph.encoder().stream().flatMap(Graph::plainOps), graph.plainOps()).toList();
    }

    private Map<Weight, Matrix> matrices(Graph graph) {
        Map<Tensor, Matrix> byTensor = new HashMap<>(); // one for a table that is also the output's weights, or both sides'
        Map<Weight, Matrix> byWeight = new HashMap<>();
        Set<Tensor> multiplied = allOps(graph).stream().flatMap(op -> op.weights().stream()
                .filter(weight -> op.use(weight) == WeightUse.PRODUCT)).map(Weight::tensor).collect(Collectors.toSet());
        for (Op op : allOps(graph)) {
            for (Weight weight : op.weights()) {
                if (!op.use(weight).asFloats()) {
                    byWeight.put(weight, byTensor.computeIfAbsent(weight.tensor(),
                            tensor -> Matrix.of(tensor, arena, multiplied.contains(tensor))));
                }
            }
        }
        return byWeight;
    }

    static long cacheBytes(Graph graph, PlanOptions options, CpuKernels kernels) {
        return CpuCaches.bytes(graph, options, kernels.lanes());
    }

    static long minCacheBytes(Graph graph, PlanOptions options, CpuKernels kernels) {
        return CpuCaches.minBytes(graph, options, kernels.lanes());
    }

    static long activationBytes(Graph graph, PlanOptions options, CpuKernels kernels, int few, int workers) {
        return Program.bytes(graph, kernels, workers, Program.Size.of(options, few))
                + graph.encoder().map(encoder -> Program.bytes(encoder, kernels, workers, Program.Size.ofSources(options, few))).orElse(0L)
                + workers * Scratch.bytes(kernels, scratch(graph, options));
    }

    private static Scratch.Size scratch(Graph graph, PlanOptions options) {
        int widest = allOps(graph).stream().flatMap(op -> op.weights().stream()).mapToInt(Weight::columns).max().orElse(1);
        int headDimension = 1;
        int group = 1;
        for (Attends attends : Stream.concat(graph.attends(), graph.encoder().stream().flatMap(Graph::attends)).toList()) {
            headDimension = Math.max(headDimension, attends.headDimension());
            group = Math.max(group, attends.heads() / attends.kvHeads());
        }
        return new Scratch.Size(widest, headDimension, group, options.cacheType() != CacheType.F32);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public PlanOptions options() {
        return options;
    }

    @Override
    public MemoryUse memory() {
        return memory;
    }

    @Override
    public Optional<CacheLimit> cacheLimit() {
        return decoder.caches.cache().limit().filter(_ -> options.cacheBytes() > 0);
    }

    @Override
    public Optional<KeptBlocks> keptBlocks() {
        return maxKept == 0 || graph.isRecurrent() ? Optional.empty()
                : Optional.of(new PlanBlocks(contract, decoder.caches.cache(), maxKept));
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        contract.checkStep(batch, output.length, observer);
        contract.step(batch, () -> {
            run(decoder, batch, decoder.caches.cache(), observer);
            decoder.program.readOutput(output);
        });
    }

    @Override
    public void encode(Batch batch, float[] output, StepObserver observer) {
        contract.checkEncode(batch, output.length, observer);
        Side side = encoder.orElseThrow();
        contract.encode(batch, () -> {
            side.caches.sources().reach(batch.sequences(), batch.positions());
            run(side, batch, side.caches.cache(), observer);
        });
        if (output.length > 0) {
            side.program.readOutput(output);
        }
    }

    private static void run(Side side, Batch batch, KeyValueCache cache, StepObserver observer) {
        cache.reach(batch.sequences(), batch.positions());
        side.program.run(batch, observer);
    }

    @Override
    public void reorder(int[] parents) {
        contract.checkParents(parents);
        decoder.caches.cache().reorder(parents);
        decoder.caches.states().reorder(parents);
        contract.reordered(parents);
    }

    @Override
    public void forget(int sequence) {
        contract.checkSequence(sequence);
        decoder.caches.cache().forget(sequence);
        contract.forgotten(sequence);
    }

    @Override
    public void close() {
        contract.closed();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
