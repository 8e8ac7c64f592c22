package org.waterspout.backend.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.backend.tornado.launches.GridCheck;
import org.waterspout.backend.tornado.launches.KernelBindings;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.backend.tornado.lowering.DeviceProgram;
import org.waterspout.error.WaterspoutException;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The stages of a program as the task graphs of one execution plan. Graph 0 allocates and clears what kernels write; every other graph
 * takes those arrays over from the graph that ran before it, whichever that was, and hands them on, used or not. A constant that several
 * stages read is uploaded by the first of them and handed on likewise.
 */
final class Executions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Executions.class);

    private record Task(Launch launch, WorkerGrid grid) {
    }

    private final TornadoDevices.Found device;
    private final TornadoExecutionPlan plan;
    private final GridScheduler scheduler = new GridScheduler();
    private final Map<Stage, Integer> graphOf = new HashMap<>();
    private final Map<Stage, List<Task>> tasksOf = new HashMap<>();
    private final List<?> results;
    private TornadoExecutionResult last;

    /**
     * Builds the plan and clears its buffers on the device.
     *
     * @throws org.waterspout.error.WaterspoutException here and in every method where TornadoVM fails: {@link DeviceFailure}
     */
    Executions(DeviceProgram program, TornadoDevices.Found device, IntArray step) {
        this.device = device;
        Stage clear = new Stage("clear", KernelBindings.clear(program.buffers()), Optional.empty());
        try {
            this.plan = new TornadoExecutionPlan(graphs(program, clear, step));
        } catch (RuntimeException | Error failure) {
            throw DeviceFailure.of(failure);
        }
        try {
            plan.withDevice(TornadoExecutionPlan.getDevice(device.backend(), device.index()));
            this.results = results(plan);
            setGrids(clear, 1);
            execute(0);
        } catch (RuntimeException | Error failure) {
            closeAfter(failure);
            throw DeviceFailure.of(failure);
        }
    }

    /** The task graphs: {@code clear}, then one for each stage of the program. */
    private ImmutableTaskGraph[] graphs(DeviceProgram program, Stage clear, IntArray step) {
        List<ImmutableTaskGraph> graphs = new ArrayList<>();
        Object[] buffers = program.buffers().stream().map(DeviceBuffer::anyArray).toArray();
        graphs.add(addTasks(new TaskGraph(clear.name()), clear, step).persistOnDevice(buffers).snapshot());
        List<Stage> stages = program.stages().toList();
        Map<Constant, Integer> owners = owners(stages);
        for (int index = 0; index < stages.size(); index++) {
            Stage stage = stages.get(index);
            Set<Object> taken = new LinkedHashSet<>(List.of(buffers));
            Set<Object> uploaded = new LinkedHashSet<>();
            for (Map.Entry<Constant, Integer> owned : owners.entrySet()) {
                if (owned.getValue() == index) {
                    uploaded.addAll(owned.getKey().arrays());
                } else if (owned.getValue() < index) {
                    taken.addAll(owned.getKey().arrays());
                }
            }
            stage.launches().stream().flatMap(launch -> launch.constants().stream()).filter(constant -> !owners.containsKey(constant))
                    .forEach(constant -> uploaded.addAll(constant.arrays()));
            TaskGraph graph = new TaskGraph(stage.name()).consumeFromDevice(taken.toArray())
                    .transferToDevice(DataTransferMode.EVERY_EXECUTION, changing(stage, step));
            if (!uploaded.isEmpty()) {
                graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, uploaded.toArray());
            }
            graphOf.put(stage, graphs.size());
            graphs.add(addTasks(graph, stage, step).persistOnDevice(taken.toArray()).snapshot());
        }
        return graphs.toArray(ImmutableTaskGraph[]::new);
    }

    /** What the host may have changed since the stage last ran. */
    private static Object[] changing(Stage stage, IntArray step) {
        return Stream.concat(Stream.of(step), stage.launches().stream().flatMap(launch -> launch.feeds().stream()).map(Feed::array))
                .distinct().toArray();
    }

    /** The constants that several stages read, with the first stage that does. */
    private static Map<Constant, Integer> owners(List<Stage> stages) {
        Map<Constant, Integer> first = new HashMap<>();
        Map<Constant, Integer> owners = new HashMap<>();
        for (int index = 0; index < stages.size(); index++) {
            for (Launch launch : stages.get(index).launches()) {
                for (Constant constant : launch.constants()) {
                    int owner = first.merge(constant, index, Math::min);
                    if (owner != index) {
                        owners.put(constant, owner);
                    }
                }
            }
        }
        return owners;
    }

    private TaskGraph addTasks(TaskGraph graph, Stage stage, IntArray step) {
        List<Task> tasks = new ArrayList<>();
        for (Launch launch : stage.launches()) {
            String name = "t" + tasks.size();
            launch.binding().addTo(graph, name, new KernelContext(), step);
            WorkerGrid grid = new WorkerGrid1D(launch.local());
            grid.setLocalWork(launch.local(), 1, 1);
            scheduler.addWorkerGrid(stage.name() + "." + name, grid);
            tasks.add(new Task(launch, grid));
        }
        tasksOf.put(stage, tasks);
        return graph;
    }

    /** How many kernels were compiled. */
    int kernels() {
        return tasksOf.values().stream().mapToInt(List::size).sum();
    }

    /** Runs a stage for {@code rows} rows. */
    void run(Stage stage, int rows) {
        setGrids(stage, rows);
        execute(graphOf.get(stage));
    }

    private void setGrids(Stage stage, int rows) {
        for (Task task : tasksOf.get(stage)) {
            int global = task.launch().global(rows);
            GridCheck.check(task.launch().kernel(), global, task.launch().local(), device.maxGroup());
            task.grid().setGlobalWork(global, 1, 1);
        }
    }

    private void execute(int graph) {
        try {
            last = plan.withGraph(graph).withGridScheduler(scheduler).execute();
        } catch (RuntimeException | Error failure) {
            throw DeviceFailure.of(failure);
        }
        results.clear();
    }

    /** Reads {@code count} numbers from the start of a buffer that the stage run last used. */
    void read(DeviceBuffer buffer, float[] target, int offset, int count) {
        FloatArray array = buffer.array();
        try {
            last.transferToHost(new DataRange(array).withOffset(0).withSize(count));
        } catch (RuntimeException | Error failure) {
            throw DeviceFailure.of(failure);
        }
        MemorySegment.copy(array.getSegment(), ValueLayout.JAVA_FLOAT, 0, target, offset, count);
    }

    /**
     * A plan keeps the result of every execution, some hundred bytes each and dozens a token, and offers no way to drop them. The list is
     * emptied through reflection where the JVM allows it.
     */
    private static List<?> results(TornadoExecutionPlan plan) {
        if (!TornadoDevices.sdkPresent()) {
            return new ArrayList<>();
        }
        try {
            Field field = TornadoExecutionPlan.class.getDeclaredField("planResults");
            field.setAccessible(true);
            return (List<?>) field.get(plan);
        } catch (NoSuchFieldException | IllegalAccessException | InaccessibleObjectException closed) {
            LOG.warn("TornadoVM keeps a record of every execution, so memory grows with every token: start the JVM with the flags "
                    + "of the launcher ({})", closed.getMessage());
            return new ArrayList<>();
        }
    }

    /** Gives the device's memory back after {@code failure}, which stays the one to tell of. */
    void closeAfter(Throwable failure) {
        try {
            close();
        } catch (WaterspoutException second) {
            failure.addSuppressed(second);
        }
    }

    @Override
    public void close() {
        try {
            plan.freeDeviceMemory();
            plan.close();
        } catch (TornadoExecutionPlanException | RuntimeException | Error failure) {
            throw DeviceFailure.of(failure);
        }
    }
}
