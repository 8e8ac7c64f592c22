package org.waterspout.emulator;

import java.util.function.Consumer;

import org.junit.jupiter.api.Assertions;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;

/** What most tests need: one graph, one grid, one execution; and settings that end with the test. */
final class Bench {
    private Bench() {
    }

    static GridScheduler grid(String task, int global, int local) {
        WorkerGrid1D grid = new WorkerGrid1D(global);
        grid.setLocalWork(local, 1, 1);
        return new GridScheduler(task, grid);
    }

    /** Executes a graph once. */
    static void execute(TaskGraph graph, GridScheduler grids) {
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(grids).execute();
        } catch (TornadoExecutionPlanException failed) {
            throw new AssertionError(failed);
        }
    }

    /** Runs with a setting, given as name=value. */
    static void with(String setting, Runnable work) {
        String name = Settings.PREFIX + setting.substring(0, setting.indexOf('='));
        System.setProperty(name, setting.substring(setting.indexOf('=') + 1));
        try {
            work.run();
        } finally {
            System.clearProperty(name);
        }
    }

    /** Requires that the work fails with a fault of a kind whose message has all the given parts. */
    static void assertFault(KernelFault.Kind kind, Runnable work, String... parts) {
        KernelFault fault = Assertions.assertThrows(KernelFault.class, work::run);
        Assertions.assertEquals(kind, fault.kind(), fault.getMessage());
        Consumer<String> named = part -> Assertions.assertTrue(fault.getMessage().contains(part),
                "\"" + part + "\" is missing in: " + fault.getMessage());
        for (String part : parts) {
            named.accept(part);
        }
        Assertions.assertFalse(fault.getMessage().contains("\n"), "more than one line: " + fault.getMessage());
    }
}
