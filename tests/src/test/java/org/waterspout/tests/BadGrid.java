package org.waterspout.tests;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Launches 100 items in groups of 64 past the checks that plans make: on a device the launch fails with a native error line and nothing
 * else.
 */
public final class BadGrid {

    private BadGrid() {
    }

    static void fill(KernelContext context, FloatArray array) {
        array.set(context.globalIdx, 1f);
    }

    public static void main(String[] arguments) throws Exception {
        FloatArray array = new FloatArray(100);
        TaskGraph graph = new TaskGraph("bad").task("fill", BadGrid::fill, new KernelContext(), array)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, array);
        WorkerGrid1D grid = new WorkerGrid1D(100);
        grid.setLocalWork(64, 1, 1);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(new GridScheduler("bad.fill", grid)).execute();
        }
    }
}
