package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.waterspout.emulator.Bench.assertFault;
import static org.waterspout.emulator.Bench.grid;

import org.junit.jupiter.api.Test;

import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Host and device hold different copies, and only what is declared moves. */
class TransfersTest {
    private static final int EVERY = DataTransferMode.EVERY_EXECUTION;
    private static final int FIRST = DataTransferMode.FIRST_EXECUTION;
    private static final int DEMAND = DataTransferMode.UNDER_DEMAND;
    private static final int SIZE = 5;

    private static FloatArray ones() {
        FloatArray array = new FloatArray(SIZE);
        array.init(1f);
        return array;
    }

    private static TaskGraph scale(int mode, FloatArray in, FloatArray out) {
        return new TaskGraph("g").transferToDevice(mode, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, out, SIZE, 2f).transferToHost(EVERY, out);
    }

    @Test
    void firstExecutionIgnoresLaterChanges() throws Exception {
        FloatArray in = ones();
        FloatArray out = new FloatArray(SIZE);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(scale(FIRST, in, out).snapshot())) {
            plan.withGridScheduler(grid("g.scale", 8, 8)).execute();
            in.init(10f);
            plan.execute();
            assertEquals(2f, out.get(4));
            plan.freeDeviceMemory().execute();
            assertEquals(20f, out.get(4), "after freeDeviceMemory the next execution is a first one");
        }
    }

    @Test
    void everyExecutionSeesThem() throws Exception {
        FloatArray in = ones();
        FloatArray out = new FloatArray(SIZE);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(scale(EVERY, in, out).snapshot())) {
            assertEquals(0, plan.withGridScheduler(grid("g.scale", 8, 8)).execute().getProfilerResult().getTotalBytesCopyIn(),
                    "nothing is measured unless asked for");
            in.init(10f);
            plan.withProfiler(ProfilerMode.SILENT);
            TornadoExecutionResult result = plan.execute();
            assertEquals(20f, out.get(4));
            assertEquals(SIZE * 4L, result.getProfilerResult().getTotalBytesCopyIn());
            assertEquals(SIZE * 4L, result.getProfilerResult().getTotalBytesCopyOut());
            assertEquals(2 * (SIZE * 4L + 16), plan.getCurrentDeviceMemoryUsage());
        }
    }

    @Test
    void deviceStateStaysBetweenExecutionsAndComesWhenAsked() throws Exception {
        FloatArray data = ones();
        TaskGraph graph = new TaskGraph("g").transferToDevice(FIRST, data)
                .task("increment", SampleKernels::increment, new KernelContext(), data, SIZE).transferToHost(DEMAND, data);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(grid("g.increment", 8, 8)).execute();
            plan.execute();
            TornadoExecutionResult result = plan.execute();
            assertEquals(1f, data.get(0), "the host's copy is untouched");
            result.transferToHost(new DataRange(data).withOffset(1).withSize(2));
            assertEquals("[1.0, 4.0, 4.0, 1.0, 1.0]", java.util.Arrays.toString(data.toHeapArray()));
            assertFault(KernelFault.Kind.TRANSFER, () -> result.transferToHost(data), "Graph g", "DataRange");
            result.transferToHost(new DataRange(data).withSize(SIZE));
            assertEquals(4f, data.get(4));
        }
    }

    @Test
    void whatAKernelOnlyWritesIsNotCopiedIn() throws Exception {
        FloatArray out = ones();
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, out)
                .task("even", SampleKernels::writeEven, new KernelContext(), out, SIZE).transferToHost(EVERY, out);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            TornadoExecutionResult result = plan.withGridScheduler(grid("g.even", 8, 8)).withProfiler(ProfilerMode.SILENT)
                    .execute();
            assertEquals(0, result.getProfilerResult().getTotalBytesCopyIn());
        }
        assertTrue(Float.isNaN(out.get(1)), "the host's 1 did not reach the device");
    }

    @Test
    void anOutputThatIsReadIsCopiedInOnce() throws Exception {
        FloatArray data = ones();
        TaskGraph graph = new TaskGraph("g").task("increment", SampleKernels::increment, new KernelContext(), data, SIZE)
                .transferToHost(EVERY, data);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(grid("g.increment", 8, 8)).execute();
            data.init(100f);
            plan.execute();
        }
        assertEquals(3f, data.get(0));
    }

    @Test
    void graphsOfAPlanShareWhatTheyPersist() throws Exception {
        FloatArray in = ones();
        FloatArray between = new FloatArray(SIZE);
        FloatArray out = new FloatArray(SIZE);
        TaskGraph first = new TaskGraph("first").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, between, SIZE, 2f).persistOnDevice(between);
        TaskGraph second = new TaskGraph("second").consumeFromDevice("first", between)
                .task("scale", SampleKernels::scale, new KernelContext(), between, out, SIZE, 5f).transferToHost(EVERY, out);
        GridScheduler grids = grid("first.scale", 8, 8);
        grids.addWorkerGrid("second.scale", grids.get("first.scale"));
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(first.snapshot(), second.snapshot())) {
            plan.withGridScheduler(grids).withGraph(0).execute();
            plan.withGraph(1).execute();
            assertEquals(10f, out.get(0));
            assertEquals(0f, between.get(0), "what is between them never reaches the host");
            in.init(2f);
            plan.withGraph(0).execute();
            plan.withGraph(1).execute();
            plan.withGraph(1).execute();
            assertEquals(20f, out.get(0));
        }
    }

    @Test
    void oneLayerGraphIsExecutedForManyLayers() throws Exception {
        FloatArray in = ones();
        FloatArray hidden = new FloatArray(SIZE);
        FloatArray out = new FloatArray(SIZE);
        TaskGraph embed = new TaskGraph("embed").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, hidden, SIZE, 2f).persistOnDevice(hidden);
        TaskGraph layer = new TaskGraph("layer").consumeFromDevice("embed", hidden)
                .task("increment", SampleKernels::increment, new KernelContext(), hidden, SIZE).persistOnDevice(hidden);
        TaskGraph logits = new TaskGraph("logits").consumeFromDevice("layer", hidden)
                .task("scale", SampleKernels::scale, new KernelContext(), hidden, out, SIZE, 10f).transferToHost(EVERY, out);
        GridScheduler grids = grid("embed.scale", 8, 8);
        grids.addWorkerGrid("layer.increment", grids.get("embed.scale"));
        grids.addWorkerGrid("logits.scale", grids.get("embed.scale"));
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(embed.snapshot(), layer.snapshot(), logits.snapshot())) {
            plan.withGridScheduler(grids);
            for (int token = 1; token <= 3; token++) {
                in.init(token);
                plan.withGraph(0).execute();
                for (int count = 0; count < 4; count++) {
                    plan.withGraph(1).execute();
                }
                plan.withGraph(2).execute();
                assertEquals((2f * token + 4f) * 10f, out.get(SIZE - 1), "token " + token);
            }
        }
    }

    @Test
    void consumingByAnotherNameTakesFromTheGraphThatRanLast() throws Exception {
        FloatArray in = ones();
        FloatArray between = new FloatArray(SIZE);
        FloatArray out = new FloatArray(SIZE);
        TaskGraph first = new TaskGraph("first").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, between, SIZE, 2f).persistOnDevice(between);
        TaskGraph second = new TaskGraph("second").consumeFromDevice("frist", between)
                .task("scale", SampleKernels::scale, new KernelContext(), between, out, SIZE, 5f).transferToHost(EVERY, out);
        GridScheduler grids = grid("first.scale", 8, 8);
        grids.addWorkerGrid("second.scale", grids.get("first.scale"));
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(first.snapshot(), second.snapshot())) {
            plan.withGridScheduler(grids).withGraph(0).execute();
            // The name decides nothing as long as no array is consumed under the right one.
            plan.withGraph(1).execute();
            assertEquals(10f, out.get(0));
        }
    }

    @Test
    void onlyTheGraphThatRanLastCanBeConsumedFrom() throws Exception {
        FloatArray weights = ones();
        FloatArray other = ones();
        FloatArray out = new FloatArray(SIZE);
        TaskGraph load = new TaskGraph("load").transferToDevice(FIRST, weights)
                .task("increment", SampleKernels::increment, new KernelContext(), weights, SIZE).persistOnDevice(weights);
        TaskGraph between = new TaskGraph("between").transferToDevice(FIRST, other)
                .task("increment", SampleKernels::increment, new KernelContext(), other, SIZE).persistOnDevice(other);
        TaskGraph passing = new TaskGraph("passing").transferToDevice(FIRST, other).consumeFromDevice(weights)
                .task("increment", SampleKernels::increment, new KernelContext(), other, SIZE);
        TaskGraph use = new TaskGraph("use").consumeFromDevice("load", weights)
                .task("scale", SampleKernels::scale, new KernelContext(), weights, out, SIZE, 5f).transferToHost(EVERY, out);
        GridScheduler grids = grid("load.increment", 8, 8);
        for (String task : new String[] { "between.increment", "passing.increment", "use.scale" }) {
            grids.addWorkerGrid(task, grids.get("load.increment"));
        }
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(load.snapshot(), between.snapshot(), passing.snapshot(),
                use.snapshot())) {
            plan.withGridScheduler(grids);
            assertFault(KernelFault.Kind.TRANSFER, plan::execute, "no graph was executed before", "execute for each");
            plan.withGraph(0).execute();
            plan.withGraph(3).execute();
            plan.withGraph(3).execute();
            plan.withGraph(1).execute();
            assertFault(KernelFault.Kind.TRANSFER, plan.withGraph(3)::execute, "Graph use", "graph between", "ran last");
            plan.withGraph(0).execute();
            plan.withGraph(2).execute();
            plan.withGraph(3).execute();
        }
        assertEquals(5f * 4f, out.get(0), "three increments: the plan's first execution failed only after the first graph");
    }

    @Test
    void namingTheGraphThatRanLastForOneArrayLeavesTheOthersUnlinked() throws Exception {
        FloatArray weights = ones();
        FloatArray hidden = ones();
        FloatArray out = new FloatArray(SIZE);
        TaskGraph load = new TaskGraph("load").transferToDevice(FIRST, weights)
                .task("increment", SampleKernels::increment, new KernelContext(), weights, SIZE).persistOnDevice(weights);
        TaskGraph embed = new TaskGraph("embed").transferToDevice(EVERY, hidden).consumeFromDevice("load", weights)
                .task("increment", SampleKernels::increment, new KernelContext(), hidden, SIZE).persistOnDevice(hidden);
        TaskGraph layer = new TaskGraph("layer").consumeFromDevice("load", weights).consumeFromDevice("embed", hidden)
                .task("increment", SampleKernels::increment, new KernelContext(), hidden, SIZE)
                .task("scale", SampleKernels::scale, new KernelContext(), weights, out, SIZE, 5f).transferToHost(EVERY, out);
        GridScheduler grids = grid("load.increment", 8, 8);
        for (String task : new String[] { "embed.increment", "layer.increment", "layer.scale" }) {
            grids.addWorkerGrid(task, grids.get("load.increment"));
        }
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(load.snapshot(), embed.snapshot(), layer.snapshot())) {
            plan.withGridScheduler(grids).withGraph(0).execute();
            plan.withGraph(1).execute();
            assertFault(KernelFault.Kind.TRANSFER, plan.withGraph(2)::execute, "Graph layer", "graph embed");
        }
    }

    @Test
    void graphsThatPersistNothingHaveCopiesOfTheirOwn() throws Exception {
        FloatArray data = ones();
        FloatArray out = new FloatArray(SIZE);
        TaskGraph a = new TaskGraph("a").transferToDevice(FIRST, data)
                .task("increment", SampleKernels::increment, new KernelContext(), data, SIZE);
        TaskGraph b = new TaskGraph("b").transferToDevice(FIRST, data)
                .task("scale", SampleKernels::scale, new KernelContext(), data, out, SIZE, 3f).transferToHost(EVERY, out);
        GridScheduler grids = grid("a.increment", 8, 8);
        grids.addWorkerGrid("b.scale", grids.get("a.increment"));
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(a.snapshot(), b.snapshot())) {
            TornadoExecutionResult result = plan.withGridScheduler(grids).withProfiler(ProfilerMode.SILENT).execute();
            assertEquals(2 * SIZE * 4L, result.getProfilerResult().getTotalBytesCopyIn(), "one upload for each graph");
        }
        assertEquals(3f, out.get(0), "graph a's increment is not seen in graph b");
    }

    @Test
    void persistedWeightsAreUploadedOnce() throws Exception {
        FloatArray weights = ones();
        FloatArray outA = new FloatArray(SIZE);
        FloatArray outB = new FloatArray(SIZE);
        TaskGraph a = new TaskGraph("a").transferToDevice(FIRST, weights)
                .task("scale", SampleKernels::scale, new KernelContext(), weights, outA, SIZE, 2f).transferToHost(EVERY, outA)
                .persistOnDevice(weights);
        TaskGraph b = new TaskGraph("b").consumeFromDevice("a", weights)
                .task("scale", SampleKernels::scale, new KernelContext(), weights, outB, SIZE, 3f).transferToHost(EVERY, outB);
        GridScheduler grids = grid("a.scale", 8, 8);
        grids.addWorkerGrid("b.scale", grids.get("a.scale"));
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(a.snapshot(), b.snapshot())) {
            plan.withGridScheduler(grids).withProfiler(ProfilerMode.SILENT);
            assertEquals(SIZE * 4L, plan.withGraph(0).execute().getProfilerResult().getTotalBytesCopyIn());
            assertEquals(0, plan.withGraph(1).execute().getProfilerResult().getTotalBytesCopyIn());
            assertEquals(3 * (SIZE * 4L + 16), plan.getCurrentDeviceMemoryUsage());
        }
        assertEquals(3f, outB.get(0));
    }

    @Test
    void scalarsAreFrozenWhenTheGraphIsBuilt() throws Exception {
        FloatArray in = ones();
        FloatArray out = new FloatArray(SIZE);
        float factor = 2f;
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, out, SIZE, factor).transferToHost(EVERY, out);
        factor = 7f;
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(grid("g.scale", 8, 8)).execute();
        }
        assertEquals(2f, out.get(0), "and not " + factor);
    }

    @Test
    void aValueThatChangesTravelsInABuffer() throws Exception {
        IntArray limit = IntArray.fromElements(3);
        FloatArray out = new FloatArray(SIZE);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, limit)
                .task("below", SampleKernels::writeBelow, new KernelContext(), limit, out).transferToHost(DEMAND, out);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(grid("g.below", 4, 4)).execute().transferToHost(out);
            assertTrue(out.get(2) == 1f && Float.isNaN(out.get(3)), "three elements are written");
            limit.set(0, 4);
            plan.execute().transferToHost(out);
            assertEquals(1f, out.get(3));
        }
    }
}
