package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.waterspout.emulator.Bench.assertFault;
import static org.waterspout.emulator.Bench.execute;
import static org.waterspout.emulator.Bench.grid;
import static org.waterspout.emulator.Bench.with;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.emulator.KernelFault.Kind;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** One fault each; every check of the emulator must catch its own and name the kernel. */
class SeededFaultsTest {
    private static final int EVERY = DataTransferMode.EVERY_EXECUTION;
    private static final int FIRST = DataTransferMode.FIRST_EXECUTION;

    private static FloatArray counting(int size) {
        FloatArray array = new FloatArray(size);
        for (int index = 0; index < size; index++) {
            array.set(index, index + 1f);
        }
        return array;
    }

    private static TaskGraph scale(int size, FloatArray in, FloatArray out) {
        return new TaskGraph("g").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, out, size, 2f).transferToHost(EVERY, out);
    }

    @Test
    void readsPastItsArray() {
        FloatArray in = counting(100);
        FloatArray out = new FloatArray(128);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scaleWithoutGuard, new KernelContext(), in, out, 2f).transferToHost(EVERY, out);
        assertFault(Kind.OUT_OF_BOUNDS, () -> execute(graph, grid("g.scale", 128, 32)), "Kernel g.scale",
                "Kernels.scaleWithoutGuard", "argument #1", "FloatArray of 100 elements", "work-item (100, 0, 0)", "index 100",
                "0 to 99");
    }

    @Test
    void readsPastItsLocalArray() {
        FloatArray out = new FloatArray(32);
        TaskGraph graph = new TaskGraph("g").task("past", SampleKernels::pastLocal, new KernelContext(), out, 32)
                .transferToHost(EVERY, out);
        assertFault(Kind.OUT_OF_BOUNDS, () -> execute(graph, grid("g.past", 32, 32)), "Kernel g.past", "work-item (31, 0, 0)",
                "32");
    }

    @ParameterizedTest
    @ValueSource(strings = { "forward", "reverse", "shuffle:7" })
    void missingBarrierIsARace(String order) {
        FloatArray in = counting(64);
        FloatArray sums = new FloatArray(2);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("sum", SampleKernels::groupSumWithoutBarrier, new KernelContext(), in, sums, 64, 32)
                .transferToHost(EVERY, sums);
        with("order=" + order, () -> with("raceCheck=true", () -> assertFault(Kind.RACE,
                () -> execute(graph, grid("g.sum", 64, 32)), "Kernel g.sum", "Kernels.groupSumWithoutBarrier",
                "FloatArray of 2 elements", "barrier")));
    }

    @Test
    void missingBarrierBeforeReadingNeighboursIsARace() {
        FloatArray in = counting(48);
        FloatArray out = new FloatArray(48);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("reverse", SampleKernels::reverseWithoutBarrier, new KernelContext(), in, out, 16).transferToHost(EVERY, out);
        with("raceCheck=true", () -> assertFault(Kind.RACE, () -> execute(graph, grid("g.reverse", 48, 16)),
                "Kernel g.reverse", "FloatArray of 48 elements"));
    }

    @Test
    void itemsThatWriteTheSameElementAreARace() {
        FloatArray out = new FloatArray(1);
        TaskGraph graph = new TaskGraph("g").task("one", SampleKernels::everybodyWritesOne, new KernelContext(), out)
                .transferToHost(EVERY, out);
        with("raceCheck=true", () -> assertFault(Kind.RACE, () -> execute(graph, grid("g.one", 8, 2)), "Kernel g.one"));
        execute(graph, grid("g.one", 8, 2));
        assertEquals(7f, out.get(0), "without the check the last item wins");
    }

    @Test
    void divergentBarrierIsAnErrorAndNoHang() {
        FloatArray data = new FloatArray(64);
        TaskGraph graph = new TaskGraph("g").task("diverge", SampleKernels::divergentBarrier, new KernelContext(), data, 32)
                .transferToHost(EVERY, data);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20),
                () -> assertFault(Kind.DIVERGENT_BARRIER, () -> execute(graph, grid("g.diverge", 64, 32)), "Kernel g.diverge",
                        "Kernels.divergentBarrier", "16 of 32 work-items", "group (0, 0, 0)"));
    }

    @Test
    void halfOfAGroupAtAnotherBarrier() {
        FloatArray data = new FloatArray(8);
        TaskGraph graph = new TaskGraph("g").task("two", SampleKernels::twoBarriers, new KernelContext(), data, 8)
                .transferToHost(EVERY, data);
        with("raceCheck=true", () -> assertFault(Kind.DIVERGENT_BARRIER, () -> execute(graph, grid("g.two", 8, 8)),
                "Kernel g.two", "different barriers", "Kernels.java:"));
    }

    @Test
    void twoGraphsOfOneName() {
        FloatArray in = counting(8);
        FloatArray out = new FloatArray(8);
        assertFault(Kind.ARGUMENT, () -> new TornadoExecutionPlan(scale(8, in, out).snapshot(), scale(8, in, out).snapshot()),
                "named g");
    }

    @Test
    void twoTasksOfOneName() {
        FloatArray in = counting(8);
        TaskGraph graph = scale(8, in, new FloatArray(8));
        assertFault(Kind.ARGUMENT, () -> graph.task("scale", SampleKernels::increment, new KernelContext(), in, 8), "g.scale");
    }

    @Test
    void parameterInNoTransferList() {
        FloatArray in = counting(8);
        FloatArray out = new FloatArray(8);
        TaskGraph graph = new TaskGraph("g").task("scale", SampleKernels::scale, new KernelContext(), in, out, 8, 2f)
                .transferToHost(EVERY, out);
        String message = assertThrows(TornadoTaskRuntimeException.class, () -> execute(graph, grid("g.scale", 8, 8))).getMessage();
        assertTrue(message.contains("Kernel g.scale") && message.contains("Parameter #1"), message);
    }

    @Test
    void forgottenTransferShowsAsReadOfUnwrittenMemory() {
        FloatArray data = counting(8);
        FloatArray out = new FloatArray(8);
        // The first kernel only writes data, so that the second one reads what the first left unwritten, not the host's.
        TaskGraph graph = new TaskGraph("g").transferToDevice(FIRST, data)
                .task("even", SampleKernels::writeEven, new KernelContext(), data, 8)
                .task("scale", SampleKernels::scale, new KernelContext(), data, out, 8, 2f).transferToHost(EVERY, out);
        GridScheduler grids = grid("g.even", 8, 8);
        grids.addWorkerGrid("g.scale", grid("x", 8, 8).get("x"));
        assertFault(Kind.UNWRITTEN_READ, () -> execute(graph, grids), "Kernel g.scale", "argument #1", "element 1");
        with("unwrittenReads=allow", () -> execute(graph, grids));
        assertEquals(2f, out.get(0));
        assertTrue(Float.isNaN(out.get(1)), "poison shows");
    }

    @Test
    void consumedArrayThatNobodyPersisted() {
        FloatArray data = counting(8);
        FloatArray out = new FloatArray(8);
        TaskGraph graph = new TaskGraph("second").consumeFromDevice("first", data)
                .task("scale", SampleKernels::scale, new KernelContext(), data, out, 8, 2f).transferToHost(EVERY, out);
        assertFault(Kind.TRANSFER, () -> execute(graph, grid("second.scale", 8, 8)), "Graph second",
                "no graph was executed before", "persistOnDevice");
    }

    @Test
    void unwrittenOutput() {
        IntArray limit = IntArray.fromElements(0);
        FloatArray out = new FloatArray(16);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, limit)
                .task("below", SampleKernels::writeBelow, new KernelContext(), limit, out).transferToHost(EVERY, out);
        assertFault(Kind.UNWRITTEN_OUTPUT, () -> execute(graph, grid("g.below", 16, 8)), "Graph g", "FloatArray of 16");
    }

    @Test
    void partlyUnwrittenOutput() {
        FloatArray out = new FloatArray(15);
        TaskGraph graph = new TaskGraph("g").task("even", SampleKernels::writeEven, new KernelContext(), out, 15)
                .transferToHost(EVERY, out);
        with("unwrittenOutputs=any", () -> assertFault(Kind.UNWRITTEN_OUTPUT, () -> execute(graph, grid("g.even", 16, 8)),
                "Graph g", "element 1"));
        execute(graph, grid("g.even", 16, 8));
        assertEquals(1f, out.get(14));
        assertTrue(Float.isNaN(out.get(13)), "poison shows");
    }

    @Test
    void gridThatIsNoMultipleOfTheGroup() {
        TaskGraph graph = scale(100, counting(100), new FloatArray(100));
        assertFault(Kind.GRID, () -> execute(graph, grid("g.scale", 100, 64)), "Kernel g.scale", "[100, 1, 1]", "[64, 1, 1]",
                "multiple");
    }

    @Test
    void groupLargerThanTheDeviceAllows() {
        TaskGraph graph = scale(2048, counting(2048), new FloatArray(2048));
        assertFault(Kind.GRID, () -> execute(graph, grid("g.scale", 2048, 2048)), "Kernel g.scale", "2048", "1024");
        with("maxGroupSize=64", () -> assertFault(Kind.GRID, () -> execute(graph, grid("g.scale", 2048, 128)), "allows 64"));
    }

    @Test
    void emptyGrid() {
        TaskGraph graph = scale(8, counting(8), new FloatArray(8));
        assertFault(Kind.GRID, () -> execute(graph, new GridScheduler("g.scale", new WorkerGrid1D(0))), "Kernel g.scale",
                "at least 1");
    }

    @Test
    void missingGridEntry() {
        TaskGraph graph = scale(8, counting(8), new FloatArray(8));
        assertFault(Kind.GRID, () -> new TornadoExecutionPlan(graph.snapshot()).execute(), "Kernel g.scale", "no grid",
                "\"g.scale\"");
        FloatArray data = counting(8);
        graph.task("increment", SampleKernels::increment, new KernelContext(), data, 8).transferToHost(EVERY, data);
        assertFault(Kind.GRID, () -> execute(graph, grid("g.scale", 8, 8)), "Kernel g.increment", "\"g.increment\"");
        assertFault(Kind.GRID, () -> execute(graph, new GridScheduler()), "GridScheduler is empty");
    }

    @Test
    void gridEntryForNoTask() {
        TaskGraph graph = scale(8, counting(8), new FloatArray(8));
        assertFault(Kind.GRID, () -> execute(graph, grid("g.scael", 8, 8)), "g.scael", "g.scale");
    }

    @Test
    void moreLocalMemoryThanTheDeviceHas() {
        IntArray out = new IntArray(64);
        TaskGraph graph = new TaskGraph("g").task("local", SampleKernels::localIntsAndBytes, new KernelContext(), out, 64)
                .transferToHost(EVERY, out);
        with("localMemory=319", () -> assertFault(Kind.LOCAL_MEMORY, () -> execute(graph, grid("g.local", 64, 64)),
                "Kernel g.local", "320 bytes", "319"));
        with("localMemory=320", () -> execute(graph, grid("g.local", 64, 64)));
    }

    @Test
    void argumentsThatNoDeviceTakes() {
        assertFault(Kind.ARGUMENT, () -> new TaskGraph("g").task("t", (Boolean flag, FloatArray out) -> out.set(0, flag ? 1f : 0f),
                true, new FloatArray(1)), "Kernel g.t", "argument #0", "boolean");
        assertFault(Kind.ARGUMENT, () -> new TaskGraph("g").task("t", (byte[] bytes) -> bytes[0] = 1, new byte[1]), "Kernel g.t",
                "byte[]", "ByteArray");
        assertFault(Kind.ARGUMENT, () -> new TaskGraph("g").task("t", (Kind kind, FloatArray out) -> out.set(0, kind.ordinal()),
                Kind.RACE, new FloatArray(1)), "Kernel g.t", "enum");
        record Named(int n, String name) {
        }
        assertFault(Kind.ARGUMENT, () -> new TaskGraph("g").task("t", (Named named, FloatArray out) -> out.set(0, named.n()),
                new Named(1, "x"), new FloatArray(1)), "Kernel g.t", "record", "String name");
        assertFault(Kind.ARGUMENT, () -> new TaskGraph("g").task("t", (FloatArray out) -> out.clear(), (FloatArray) null),
                "Kernel g.t", "null");
        assertFault(Kind.ARGUMENT, () -> new GraphRecorder("g").task("t", "code", new Object[21]), "Kernel g.t", "21 arguments",
                "20 at most");
    }

    @Test
    void floatAtomicsAreRefused() {
        FloatArray out = new FloatArray(1);
        TaskGraph graph = new TaskGraph("g").task("atomic", SampleKernels::floatAtomic, new KernelContext(), out)
                .transferToHost(EVERY, out);
        assertFault(Kind.ARGUMENT, () -> execute(graph, grid("g.atomic", 4, 4)), "Kernel g.atomic", "atomicAdd");
    }

    @Test
    void twoThreadsInOnePlan() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        FloatArray out = new FloatArray(1);
        TaskGraph graph = new TaskGraph("g").task("wait", (FloatArray target) -> {
            target.set(0, 1f);
            inside.countDown();
            waitFor(leave);
        }, out).transferToHost(EVERY, out);
        AtomicReference<TornadoExecutionResult> result = new AtomicReference<>();
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            Thread first = Thread.ofPlatform().name("first").start(() -> result.set(plan.execute()));
            inside.await();
            assertFault(Kind.THREADS, plan::execute, "first", "graph g");
            leave.countDown();
            first.join();
        }
        assertEquals(1f, out.get(0));
        assertTrue(result.get().isReady(), "the first thread is not disturbed");
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void outOfDeviceMemory() {
        FloatArray in = counting(1000);
        FloatArray out = new FloatArray(1000);
        System.setProperty("tornado.device.memory", "5000B");
        try {
            String message = assertThrows(TornadoOutOfMemoryException.class,
                    () -> execute(scale(1000, in, out), grid("g.scale", 1000, 100))).getMessage();
            assertTrue(message.contains("-Dtornado.device.memory"), message);
        } finally {
            System.clearProperty("tornado.device.memory");
        }
    }

    @Test
    void planMemoryLimit() throws Exception {
        FloatArray in = counting(1000);
        FloatArray out = new FloatArray(1000);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(scale(1000, in, out).snapshot())) {
            plan.withGridScheduler(grid("g.scale", 1000, 100)).withMemoryLimit("5KB");
            assertThrows(TornadoMemoryException.class, plan::execute);
            plan.withoutMemoryLimit().execute();
        }
        assertEquals(2000f, out.get(999));
    }

    @Test
    void hostAccessOutsideAnArrayIsNoKernelFault() {
        FloatArray array = new FloatArray(3);
        assertThrows(IndexOutOfBoundsException.class, () -> array.get(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> array.set(3, 0f));
    }

    @Test
    void unknownSettings() {
        with("order=sideways", () -> assertFault(Kind.ARGUMENT, Settings::fromSystemProperties, "sideways", "shuffle:SEED"));
        with("raceCheck=yes", () -> assertFault(Kind.ARGUMENT, Settings::fromSystemProperties, "raceCheck=yes", "true, false"));
    }
}
