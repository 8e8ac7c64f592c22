package org.waterspout.emulator;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException;

/** One execution of one graph: copies in, kernels, copies out. */
final class GraphRun {
    private final GraphDescription graph;
    private final DeviceMemory memory;
    private final Settings settings;
    private final GridScheduler grids;
    private final Stopwatch watch;

    GraphRun(GraphDescription graph, DeviceMemory memory, Settings settings, GridScheduler grids, Stopwatch watch) {
        this.graph = graph;
        this.memory = memory;
        this.settings = settings;
        this.grids = grids;
        this.watch = watch;
    }

    /** TornadoVM refuses a task whose array is in none of the graph's lists. */
    static void checkParametersAreTransferred(GraphDescription graph) {
        Set<Object> listed = Collections.newSetFromMap(new IdentityHashMap<>());
        graph.transfers().forEach(transfer -> listed.add(transfer.array()));
        for (KernelTask task : graph.tasks()) {
            for (int position = 0; position < task.argumentCount(); position++) {
                if (task.isArray(position) && !listed.contains(task.argument(position))) {
                    throw new TornadoTaskRuntimeException(task.describe() + ": Parameter #" + position
                            + " is not specified in transferToDevice, transferToHost, persistOnDevice or consumeFromDevice");
                }
            }
        }
    }

    void run() {
        memory.consume(graph);
        graph.transfers().forEach(this::before);
        for (KernelTask task : graph.tasks()) {
            long start = System.nanoTime();
            launch(task);
            watch.ranKernel(System.nanoTime() - start);
        }
        graph.transfers().forEach(this::after);
    }

    private void before(Transfer transfer) {
        switch (transfer) {
            case Transfer.ToDevice(Object array, boolean everyTime) -> {
                EmulatedBuffer buffer = memory.buffer(graph.name(), array);
                if (everyTime || !buffer.firstTransferDone()) {
                    copyIn(buffer, array);
                }
            }
            case Transfer.Consume _ -> { }
            case Transfer.ToHost(Object array, Transfer.When _) -> {
                // TornadoVM copies in once what is read but only declared as an output.
                EmulatedBuffer buffer = memory.buffer(graph.name(), array);
                if (!buffer.firstTransferDone() && !isConsumed(array)) {
                    copyIn(buffer, array);
                }
            }
        }
    }

    private boolean isConsumed(Object array) {
        return graph.consumed().stream().anyMatch(one -> one.array() == array);
    }

    private void copyIn(EmulatedBuffer buffer, Object array) {
        buffer.markFirstTransferDone();
        if (graph.firstAccess(array).reads()) {
            long start = System.nanoTime();
            long bytes = buffer.copyIn();
            watch.wrote(System.nanoTime() - start, bytes);
        }
    }

    private void after(Transfer transfer) {
        if (transfer instanceof Transfer.ToHost(Object array, Transfer.When when)) {
            EmulatedBuffer buffer = memory.buffer(graph.name(), array);
            switch (when) {
                case ON_DEMAND -> { }
                case EVERY -> copyOut(buffer);
                case FIRST -> {
                    if (!buffer.firstReturnDone()) {
                        copyOut(buffer);
                    }
                }
            }
        }
    }

    private void copyOut(EmulatedBuffer buffer) {
        long start = System.nanoTime();
        long bytes = Outputs.copy("Graph " + graph.name(), buffer, 0, buffer.dataBytes(), settings);
        watch.read(System.nanoTime() - start, bytes);
    }

    private void launch(KernelTask task) {
        Grid grid = task.usesContext() ? Grid.of(task, grids.get(task.qualifiedName()), settings.maximumGroupSize())
                : Grid.single();
        if (settings.raceCheck() && task.usesContext()) {
            RaceCheck.run(task, grid, settings, memory);
        } else {
            new EmulatedLaunch(task, grid, settings.order(), settings, memory).run();
        }
    }
}
