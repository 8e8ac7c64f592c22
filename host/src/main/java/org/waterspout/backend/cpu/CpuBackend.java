package org.waterspout.backend.cpu;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Device;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;

/**
 * The path that needs nothing but a JDK: vectors and threads. Weights stay as they lie in the mapped file; activations, sums and
 * the key-value cache are 32-bit floats, and nothing is rounded to less on the way.
 */
public final class CpuBackend implements Backend {

    private static final Logger LOG = LoggerFactory.getLogger(CpuBackend.class);
    private static final int MOST_THREADS = 1024;

    private final Kernels kernels;
    private final Workers workers;

    /** @throws InvalidRequestException for a number of threads that is negative or beyond reason, or a device other than "cpu" */
    public CpuBackend(BackendOptions options) {
        this(options, chooseKernels());
    }

    CpuBackend(BackendOptions options, Kernels kernels) {
        if (options.threads() < 0 || options.threads() > MOST_THREADS) {
            throw new InvalidRequestException("threads must be between 1 and " + MOST_THREADS + ", or 0 for as many as there are cores; got "
                    + options.threads());
        }
        options.device().filter(device -> !device.equals("cpu")).ifPresent(device -> {
            throw new InvalidRequestException("the cpu backend has one device, \"cpu\"; got \"" + device + "\"");
        });
        this.kernels = kernels;
        this.workers = new Workers(options.threads() == BackendOptions.DEFAULT_THREADS
                ? Runtime.getRuntime().availableProcessors() : options.threads());
        LOG.debug("cpu backend: {} threads, {}", workers.count(), kernels.description());
    }

    private static Kernels chooseKernels() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            LOG.warn("slow: the Vector API is missing; start Java with --add-modules jdk.incubator.vector");
            return new ScalarKernels();
        }
        if (!Lanes.wide()) {
            LOG.warn("slow: vectors of this processor have {} bits, 256 are needed for the fast kernels; plain loops are used", Lanes.COUNT * 32);
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
        return new Device(name(), "cpu", workers.count() + " threads, " + kernels.description(), "CPU", memory.physical(), memory.physical());
    }

    @Override
    public CpuPlan prepare(Graph graph, PlanOptions options) {
        MemoryUse use = estimate(graph, options);
        requireFits(use, options, HostMemory.now());
        String types = weightTypes(graph);
        LOG.debug("{}: {} on {} threads with {}", graph.name(), types, workers.count(), kernels.description());
        return new CpuPlan(kernels, workers, graph, options, use);
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
                if (CpuPlan.isVector(op, weight)) {
                    weights += (long) Float.BYTES * weight.tensor().count();
                } else if (seen.add(weight.tensor())) {
                    long bytes = weight.tensor().data().byteSize();
                    mapped += weight.tensor().data().isMapped() ? bytes : 0;
                    weights += weight.tensor().data().isNative() ? 0 : bytes;
                }
            }
        }
        return new MemoryUse(mapped, weights, CpuPlan.cacheBytes(graph, options, kernels),
                CpuPlan.activationBytes(graph, options, kernels, workers.count()));
    }

    /** Package-private for tests: refuses what exceeds {@code memory}. */
    static void requireFits(MemoryUse use, PlanOptions options, HostMemory memory) {
        refuse(use.total(), use, options, memory.physical(), "of memory", "a machine with more memory");
        refuse(use.cache() + use.activations(), use, options, memory.heap(), "of Java heap", "a larger -Xmx");
    }

    private static void refuse(long needed, MemoryUse use, PlanOptions options, long available, String kind, String remedy) {
        if (needed <= available) {
            return;
        }
        double position = (double) use.cache() / options.contextLength();
        long fitting = position == 0 ? 0 : (long) Math.floor((available - (needed - use.cache())) / position);
        fitting = fitting / Kernels.BLOCK * Kernels.BLOCK;
        throw new OutOfMemoryException("%d MB %s are needed (weights %d, cache %d, activations %d) and %d are free: use %s%s".formatted(
                needed >> 20, kind, (use.mapped() + use.weights()) >> 20, use.cache() >> 20, use.activations() >> 20, available >> 20,
                fitting > 0 ? "a context length of at most " + fitting + ", fewer sequences, or " : "fewer sequences or rows, a smaller model, or ",
                remedy));
    }

    @Override
    public void close() {
        workers.close();
    }
}
