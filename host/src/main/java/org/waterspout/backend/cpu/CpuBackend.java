package org.waterspout.backend.cpu;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Device;
import org.waterspout.backend.HostMemory;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;

/**
 * The path that needs nothing but a JDK: vectors and threads. Weights stay as they lie in the mapped file; activations and sums
 * are 32-bit floats, the key-value cache is what {@link PlanOptions#cacheType} says, and nothing else is rounded to less on the way.
 */
public final class CpuBackend implements Backend {

    private static final Logger LOG = LoggerFactory.getLogger(CpuBackend.class);
    private static final int MAX_THREADS = 1024;

    private final CpuKernels kernels;
    private final Workers workers;
    private final int few;

    /** @throws InvalidRequestException for a number of threads that is negative or beyond reason, or a device other than "cpu" */
    public CpuBackend(BackendOptions options) {
        this(options, chooseKernels());
    }

    CpuBackend(BackendOptions options, CpuKernels kernels) {
        this(options, kernels, CpuStep.FEW);
    }

    /** @param few rows up to which a step is computed row-wise */
    CpuBackend(BackendOptions options, CpuKernels kernels, int few) {
        if (options.threads() < 0 || options.threads() > MAX_THREADS) {
            throw new InvalidRequestException("threads must be between 1 and " + MAX_THREADS + ", or 0 for as many as there are cores; got "
                    + options.threads());
        }
        options.device().filter(device -> !device.equals("cpu")).ifPresent(device -> {
            throw new InvalidRequestException("the cpu backend has one device, \"cpu\"; got \"" + device + "\"");
        });
        this.kernels = kernels;
        this.few = few;
        this.workers = new Workers(options.threads() == BackendOptions.DEFAULT_THREADS
                ? Runtime.getRuntime().availableProcessors() : options.threads());
        LOG.debug("cpu backend: {} threads, {}", workers.count(), kernels.description());
    }

    private static CpuKernels chooseKernels() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            LOG.warn("slow: the Vector API is missing; start Java with --add-modules jdk.incubator.vector");
            return new ScalarKernels();
        }
        if (!VectorShapes.wide()) {
            LOG.warn("slow: the fast kernels need vectors of 128 bits with fused multiply-adds, this processor has {} bits; plain loops"
                    + " are used", VectorShapes.COUNT * 32);
            return new ScalarKernels();
        }
        return new VectorKernels();
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Device device() {
        HostMemory memory = HostMemory.now();
        return new Device(name(), "cpu", workers.count() + " threads, " + kernels.description(), "CPU", memory.physical(),
                memory.physical());
    }

    @Override
    public CpuPlan prepare(Graph graph, PlanOptions options) {
        MemoryUse full = estimate(graph, options);
        // a decoder's sequences make room for each other
        PlanOptions together = graph.encoder().isPresent() ? options : options.withSequences(1);
        together.requireCache(estimate(graph, together).cache());
        MemoryUse min = new MemoryUse(full.mapped(), full.weights(), CpuPlan.minCacheBytes(graph, options, kernels), full.activations());
        requireFits(min, options, HostMemory.now(), HostMemory::withoutGarbage);
        LOG.debug("{}: {} on {} threads with {}", graph.name(), weightTypes(graph), workers.count(), kernels.description());
        CpuPlan plan = new CpuPlan(kernels, few, workers, graph, options, full);
        // several sequences make room for each other, one cannot
        PlanOptions single = options.withSequences(1);
        MemoryUse alone = estimate(graph, single);
        tooLongCache(alone, single, HostMemory.now()).flatMap(garbage -> tooLongCache(alone, single, HostMemory.withoutGarbage()))
                .ifPresent(LOG::warn);
        return plan;
    }

    private static String weightTypes(Graph graph) {
        Map<String, Integer> counts = new TreeMap<>();
        graph.weights().forEach(weight -> counts.merge(weight.tensor().type().name(), 1, Integer::sum));
        return counts.toString();
    }

    @Override
    public int sequencesOfStep() {
        return 32;
    }

    @Override
    public MemoryUse estimate(Graph graph, PlanOptions options) {
        long mapped = 0;
        long weights = 0;
        Set<Tensor> seen = new HashSet<>();
        for (Op op : CpuPlan.allOps(graph)) {
            for (Weight weight : op.weights()) {
                if (op.use(weight).asFloats()) {
                    weights += (long) Float.BYTES * weight.tensor().count();
                } else if (seen.add(weight.tensor())) {
                    long bytes = weight.tensor().data().byteSize();
                    mapped += weight.tensor().data().isMapped() ? bytes : 0;
                    weights += weight.tensor().data().isNative() ? 0 : bytes;
                }
            }
        }
        return new MemoryUse(mapped, weights, CpuPlan.cacheBytes(graph, options, kernels),
                CpuPlan.activationBytes(graph, options, kernels, few, workers.count()));
    }

    /**
     * Package-private for tests: refuses what exceeds the memory that there is.
     *
     * @param min            what is needed to compute at all; the cache grows later
     * @param afterACollection asked only where {@code memory} would not do
     */
    static void requireFits(MemoryUse min, PlanOptions options, HostMemory memory, Supplier<HostMemory> afterACollection) {
        long outside = min.mapped() + min.weights();
        long onHeap = min.cache() + min.activations();
        if (memory.holds(outside, onHeap)) {
            return;
        }
        HostMemory rest = afterACollection.get();
        if (onHeap > rest.heap()) {
            throw refused(min, options, onHeap, "Java heap", rest.heap(), "a larger -Xmx");
        }
        if (!rest.holds(outside, onHeap)) {
            throw refused(min, options, outside + rest.taken(onHeap), "memory", rest.physical(), "a machine with more memory");
        }
    }

    private static OutOfMemoryException refused(MemoryUse min, PlanOptions options, long needed, String kind, long available,
            String remedy) {
        return new OutOfMemoryException(
                ("%d MB of %s are needed (weights %d, cache %d at first, activations %d) and %d are free: use fewer rows than %d, "
                + "fewer sequences than %d, a shorter context, a smaller model, or %s")
                .formatted(needed >> 20, kind, (min.mapped() + min.weights()) >> 20,
                min.cache() >> 20, min.activations() >> 20, available >> 20, options.maxRows(), options.maxSequences(), remedy));
    }

    /** Package-private for tests: says how long sequences can become, where that is less than the plan allows. */
    static Optional<String> tooLongCache(MemoryUse full, PlanOptions options, HostMemory memory) {
        long free = Math.min(memory.heap(), memory.physical() - full.mapped() + memory.held());
        if (full.cache() <= free) {
            return Optional.empty();
        }
        long fitting = (long) ((double) Math.max(0, free) / full.cache() * options.contextLength() * options.maxSequences());
        return Optional.of(("the cache of %d positions of %d sequences takes %d MB when it is full and %d are free: there is room for"
                + " about %d of them").formatted(options.contextLength(), options.maxSequences(), full.cache() >> 20, free >> 20, fitting));
    }

    @Override
    public void close() {
        workers.close();
    }
}
