package org.waterspout.emulator;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What stands behind an execution plan: its graphs, its device memory, its selection and grids. */
public final class PlanExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(PlanExecutor.class);

    /** Says once per JVM, when the first plan is made, what this is. */
    private static final class Announcement {
        static {
            LOG.warn("TornadoVM emulator: a test bench on the JVM that checks kernels; slow by nature, not a device");
        }

        static void once() {
            // Reaching this has loaded the class, which has said it.
        }
    }

    private final Settings settings = Settings.fromSystemProperties();
    private final List<GraphDescription> graphs;
    private final Map<String, KernelTask> tasks = new LinkedHashMap<>();
    private final DeviceMemory memory = new DeviceMemory(settings.globalMemoryBytes());
    private final AtomicReference<Thread> user = new AtomicReference<>();
    private int[] selected;
    private GridScheduler grids = new GridScheduler();
    /** Null while nobody measures. */
    private ProfilerMode profiler;

    public PlanExecutor(List<GraphDescription> graphs) {
        Announcement.once();
        this.graphs = graphs;
        Set<String> names = new HashSet<>();
        graphs.forEach(graph -> {
            if (!names.add(graph.name())) {
                throw KernelFault.argument("Two graphs of the plan are named " + graph.name() + ": grids and consumers could not "
                        + "tell them apart; give each its own name");
            }
            graph.nameTasks(tasks);
            GraphRun.checkParametersAreTransferred(graph);
        });
        selectAllGraphs();
    }

    /** TornadoVM ends the JVM when two threads use a plan; here the second one gets an exception. */
    private <T> T alone(Supplier<T> work) {
        Thread other = user.compareAndExchange(null, Thread.currentThread());
        if (other != null) {
            throw new KernelFault(KernelFault.Kind.THREADS, "The plan of graph " + graphs.getFirst().name()
                    + " is used by thread " + Thread.currentThread().getName() + " while thread " + other.getName()
                    + " is in it: give each plan one thread or a lock");
        }
        try {
            return work.get();
        } finally {
            user.set(null);
        }
    }

    /** Runs the selected graphs in order. */
    public Measurement execute() {
        return alone(() -> {
            Stopwatch watch = new Stopwatch();
            for (int index : selected) {
                new GraphRun(graphs.get(index), memory, settings, grids, watch).run();
            }
            memory.ranLast(graphs.get(selected[selected.length - 1]).name());
            Measurement measurement = watch.measurement(memory.used());
            if (profiler == ProfilerMode.CONSOLE) {
                LOG.info("{}", measurement);
            }
            return profiler == null ? Measurement.NOTHING : measurement;
        });
    }

    public void selectGraph(int index) {
        if (index < 0 || index >= graphs.size()) {
            throw new TornadoRuntimeException("Graph " + index + ": the plan has graphs 0 to " + (graphs.size() - 1));
        }
        selected = new int[] { index };
    }

    public void selectAllGraphs() {
        selected = IntStream.range(0, graphs.size()).toArray();
    }

    /** Sets the grids for the executions to come. */
    public void useGrids(GridScheduler scheduler) {
        if (scheduler.keySet().isEmpty()) {
            throw new KernelFault(KernelFault.Kind.GRID, "The GridScheduler is empty: TornadoVM refuses that; add a grid for "
                    + "each task with a KernelContext, or call no withGridScheduler");
        }
        for (String key : scheduler.keySet()) {
            if (!tasks.containsKey(key)) {
                throw new KernelFault(KernelFault.Kind.GRID, "Grid \"" + key + "\" names no task of the plan: its tasks are "
                        + String.join(", ", tasks.keySet()));
            }
            if (!tasks.get(key).usesContext()) {
                LOG.warn("{} has no KernelContext: the emulator runs its loops as they stand and leaves its grid unchecked",
                        tasks.get(key).describe());
            }
        }
        grids = scheduler;
    }

    /** Checks the grids of the tasks that have one already. */
    public void checkKernels() {
        tasks.forEach((name, task) -> {
            WorkerGrid grid = grids.get(name);
            if (grid != null && task.usesContext()) {
                Grid.of(task, grid, settings.maximumGroupSize());
            }
        });
    }

    public void requireOwnDevice(TornadoDevice device) {
        if (device != EmulatedDevice.INSTANCE) {
            throw KernelFault.argument("The emulator has one device of its own and cannot use " + device);
        }
    }

    public TornadoDevice deviceOfGraph(int index) {
        if (index < 0 || index >= graphs.size()) {
            throw new TornadoRuntimeException("Graph " + index + ": the plan has graphs 0 to " + (graphs.size() - 1));
        }
        return EmulatedDevice.INSTANCE;
    }

    /** What becomes of the measured times; null for measuring nothing, as TornadoVM does until it is told otherwise. */
    public void useProfiler(ProfilerMode mode) {
        profiler = mode;
    }

    public void limitMemory(String limit) {
        memory.limit(Settings.parseBytes("withMemoryLimit", limit));
    }

    public void liftMemoryLimit() {
        memory.limit(Long.MAX_VALUE);
    }

    /** Copies arrays to the host now, from the selected graphs. */
    public void transferToHost(Object[] arrays) {
        alone(() -> {
            for (Object array : arrays) {
                EmulatedBuffer buffer = onDevice(array);
                if (buffer.returnedInPart()) {
                    throw new KernelFault(KernelFault.Kind.TRANSFER, planName() + " copies the whole " + buffer.describe()
                            + " to the host after a DataRange of it: TornadoVM 5.2.0 then copies the wrong elements in silence; "
                            + "use a DataRange every time or never");
                }
                Outputs.copy(planName(), buffer, 0, buffer.dataBytes(), settings);
            }
            return null;
        });
    }

    /** Copies a part of an array to the host now, from the selected graphs. */
    public void transferToHost(DataRange range) {
        alone(() -> {
            range.materialize();
            EmulatedBuffer buffer = onDevice(range.getArray());
            buffer.markReturnedInPart();
            long offset = range.getOffset() - TornadoNativeArray.ARRAY_HEADER;
            return Outputs.copy(planName(), buffer, offset, range.getPartialSize(), settings);
        });
    }

    private String planName() {
        return Arrays.stream(selected).mapToObj(index -> graphs.get(index).name()).collect(Collectors.joining(", ", "Graph ", ""));
    }

    private EmulatedBuffer onDevice(Object array) {
        for (int place = selected.length - 1; place >= 0; place--) {
            String graph = graphs.get(selected[place]).name();
            if (memory.has(graph, array)) {
                return memory.buffer(graph, array);
            }
        }
        throw new KernelFault(KernelFault.Kind.TRANSFER, planName() + " has no copy of " + array
                + " on the device: select the graph that uses it, and execute it first");
    }

    public void freeDeviceMemory() {
        alone(() -> {
            memory.free();
            return null;
        });
    }

    /** Bytes. */
    public long deviceMemoryUsage() {
        return memory.used();
    }
}
