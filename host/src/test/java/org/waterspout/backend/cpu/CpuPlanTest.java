package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.waterspout.backend.cpu.SeededBatches.CONTEXT;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.HostMemory;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.ClosedException;
import org.waterspout.error.DeviceException;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.validate.RelativeError;

/** Whole steps against the reference, in every mix of rows, sequences and threads. */
class CpuPlanTest {

    private static final double LIMIT = 3e-5;

    private final SeededBatches batches = new SeededBatches(5);

    private static CpuBackend backend(int threads) {
        return new CpuBackend(new BackendOptions(threads, Optional.empty()));
    }

    private void compare(CpuKernels kernels, int threads, boolean select, boolean observable) {
        compare(kernels, threads, select, new PlanOptions(CONTEXT, 3, 129, observable));
    }

    private void compare(CpuKernels kernels, int threads, boolean select, PlanOptions options) {
        Graph graph = SmallModel.graph(CONTEXT, select);
        List<Batch> all = batches.mixed();
        try (ReferenceBackend reference = new ReferenceBackend();
                CpuBackend cpu = new CpuBackend(new BackendOptions(threads, Optional.empty()), kernels);
                Plan expectedPlan = reference.prepare(graph, options);
                Plan plan = cpu.prepare(graph, options)) {
            List<float[]> expected = SeededBatches.run(expectedPlan, all, select);
            List<float[]> actual = SeededBatches.run(plan, all, select);
            for (int i = 0; i < expected.size(); i++) {
                RelativeError error = RelativeError.of(actual.get(i), expected.get(i), SmallModel.VOCABULARY);
                assertTrue(error.error() < LIMIT, "batch " + i + ": " + error);
            }
        }
    }

    private static CpuKernels best() {
        return VectorShapes.wide() ? new VectorKernels() : new ScalarKernels();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void agreesWithTheReference(int threads) {
        compare(best(), threads, true, false);
    }

    @Test
    void agreesWithTheReferenceInEveryRow() {
        compare(best(), 2, false, false);
    }

    @Test
    void agreesWithTheReferenceWhenObservable() {
        compare(best(), 2, true, true);
    }

    @Test
    void plainLoopsAgreeWithTheReference() {
        compare(new ScalarKernels(), 2, true, false);
    }

    /** The reference rounds keys and values as the cpu does. None was seen to tip to the other side because its last digit differs. */
    @ParameterizedTest
    @EnumSource(CacheType.class)
    void everyCacheTypeAgreesWithTheReference(CacheType type) {
        PlanOptions options = new PlanOptions(CONTEXT, 3, 129, false).withCacheType(type);
        compare(best(), 2, true, options);
        compare(new ScalarKernels(), 3, true, options);
    }

    @Test
    void everyValueCanBeObserved() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        PlanOptions options = new PlanOptions(CONTEXT, 3, 40, true);
        try (ReferenceBackend reference = new ReferenceBackend(); CpuBackend cpu = backend(2);
                Plan expectedPlan = reference.prepare(graph, options); Plan plan = cpu.prepare(graph, options)) {
            for (Batch batch : List.of(batches.batch(0, 0, 37, 3, 36), batches.batch(0, 37, 1, 0))) {
                List<List<float[]>> expected = observe(expectedPlan, batch);
                List<List<float[]>> actual = observe(plan, batch);
                assertEquals(graph.ops().count(), actual.size(), "every operation once");
                for (int op = 0; op < expected.size(); op++) {
                    for (int value = 0; value < expected.get(op).size(); value++) {
                        RelativeError error = RelativeError.of(actual.get(op).get(value), expected.get(op).get(value),
                                expected.get(op).get(value).length);
                        assertTrue(error.error() < LIMIT, "operation " + op + ", value " + value + ": " + error);
                    }
                }
            }
        }
    }

    private static List<List<float[]>> observe(Plan plan, Batch batch) {
        List<List<float[]>> seen = new ArrayList<>();
        plan.step(batch, new float[batch.rows() * plan.graph().output().width()], (op, values) -> {
            List<float[]> numbers = new ArrayList<>();
            for (List<Value> side : List.of(op.inputs(), op.outputs())) {
                side.forEach(value -> numbers.add(values.apply(value)));
            }
            seen.add(numbers);
        });
        return seen;
    }

    @Test
    void aFailureReachesTheCallerAndTheNextStepRuns() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(3); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 1, 8, true))) {
            float[] expected = new float[SmallModel.VOCABULARY];
            Batch batch = batches.batch(0, 0, 1, 0);
            plan.step(batch, expected);
            IllegalStateException fault = new IllegalStateException("seen");
            assertSame(fault, assertThrows(IllegalStateException.class,
                    () -> plan.step(batch, new float[SmallModel.VOCABULARY], (op, values) -> {
                if (op instanceof Op.Attention) {
                    throw fault;
                }
            })));
            float[] again = new float[SmallModel.VOCABULARY];
            plan.step(batch, again);
            assertArrayEquals(expected, again);
        }
    }

    @Test
    void aFailureOfAnotherWorkerReachesTheCaller() {
        try (Workers workers = new Workers(4)) {
            assertEquals("worker 2", assertThrows(IllegalStateException.class, () -> workers.run(worker -> {
                workers.barrier();
                if (worker == 2) {
                    throw new IllegalStateException("worker 2");
                }
                workers.barrier();
                workers.barrier();
            })).getMessage());
            int[] seen = new int[4];
            workers.run(worker -> {
                for (int i = 0; i < 1000; i++) {
                    seen[worker]++;
                    workers.barrier();
                    for (int other : seen) {
                        if (other != i + 1) {
                            throw new IllegalStateException("a barrier let somebody through");
                        }
                    }
                    workers.barrier();
                }
            });
            assertArrayEquals(new int[] {1000, 1000, 1000, 1000}, seen);
        }
    }

    @Test
    void closingEndsTheThreads() {
        CpuBackend cpu = backend(3);
        Graph graph = SmallModel.graph(CONTEXT, true);
        Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 1, 8, false));
        cpu.close();
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith("waterspout-cpu-")));
        assertThrows(DeviceException.class, () -> plan.step(batches.batch(0, 0, 1, 0), new float[SmallModel.VOCABULARY]));
        plan.close();
        plan.close();
        assertThrows(ClosedException.class, () -> plan.step(batches.batch(0, 0, 1, 0), new float[SmallModel.VOCABULARY]));
    }

    @Test
    void refusesWhatThePlanWasNotMadeFor() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        float[] output = new float[SmallModel.VOCABULARY];
        try (CpuBackend cpu = backend(2); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 2, 8, false))) {
            refuses("token 203", () -> plan.step(new Batch(new int[] {203}, new int[1], new int[1], new int[1]), output));
            refuses("token -2", () -> plan.step(new Batch(new int[] {-2}, new int[1], new int[1], new int[1]), output));
            refuses("position 300", () -> plan.step(batches.batch(0, CONTEXT, 1, 0), output));
            refuses("sequence 2", () -> plan.step(batches.batch(2, 0, 1, 0), output));
            refuses("9 tokens", () -> plan.step(batches.batch(0, 0, 9, 0), output));
            refuses("gap", () -> plan.step(batches.batch(0, 1, 1, 0), output));
            refuses("406 floats", () -> plan.step(batches.batch(0, 0, 2, 0, 1), output));
            refuses("observable", () -> plan.step(batches.batch(0, 0, 1, 0), output, (op, values) -> { }));
        }
        refuses("threads", () -> backend(-1).close());
        refuses("gpu", () -> new CpuBackend(new BackendOptions(1, Optional.of("gpu"))).close());
    }

    private static void refuses(String saying, Runnable request) {
        String message = assertThrows(InvalidRequestException.class, request::run).getMessage();
        assertTrue(message.contains(saying), message);
        assertFalse(message.contains("\n"), message);
    }

    /** A sequence that begins with kept blocks goes on as the one that filled them. */
    @Test
    void keptBlocksAreGoneOnFrom() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(2)) {
            Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 2, 80, false));
            KeptBlocks blocks = plan.keptBlocks().orElseThrow();
            float[] expected = new float[SmallModel.VOCABULARY];
            float[] output = new float[SmallModel.VOCABULARY];
            Batch first = batches.batch(0, 0, 70, 69);
            Batch next = batches.batch(1, 64, 6, 5);
            plan.step(first, expected);
            refuses("holds 70 positions and not 128", () -> blocks.keep(0, 1));
            int kept = blocks.keep(0, 0);
            plan.step(new Batch(next.tokens(), next.positions(), new int[6], next.outputRows()), expected);
            plan.forget(0);
            refuses("gap", () -> plan.step(next, output));
            blocks.resume(1, new int[] {kept});
            plan.step(next, output);
            assertArrayEquals(expected, output);
            refuses("no block 7", () -> blocks.resume(0, new int[] {7}));
            refuses("sequence 2", () -> blocks.resume(2, new int[] {kept}));
            assertFalse(blocks.drop(kept), "the second sequence has it");
            plan.close();
            assertThrows(ClosedException.class, () -> blocks.drop(kept));
        }
    }

    @Test
    void memoryIsCounted() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(2)) {
            PlanOptions options = new PlanOptions(256, 2, 8, false);
            MemoryUse use = cpu.estimate(graph, options);
            int padded = (20 + best().lanes() - 1) / best().lanes() * best().lanes();
            assertEquals(4L * 3 * 2 * (20 + padded) * 256 * 2, use.cache(), "3 layers, 2 heads of keys and of padded values");
            assertEquals(0, use.mapped(), "nothing is mapped here");
            try (Plan plan = cpu.prepare(graph, options)) {
                assertEquals(use, plan.memory());
            }
            MemoryUse halves = cpu.estimate(graph, options.withCacheType(CacheType.F16));
            assertEquals(use.cache() / 2, halves.cache());
            assertEquals(2 * 4L * 64 * (20 + padded), halves.activations() - use.activations(),
                    "room of each worker for a block's keys and values, decoded");
            assertTrue(cpu.estimate(graph, new PlanOptions(256, 2, 8, true)).activations() > use.activations(),
                    "observable values share nothing");
        }
    }

    @Test
    void whatDoesNotFitIsRefusedAfterACollection() {
        PlanOptions options = new PlanOptions(256, 2, 8, false);
        MemoryUse min = new MemoryUse(700L << 20, 300L << 20, 20L << 20, 80L << 20);
        HostMemory enough = new HostMemory(1100L << 20, 100L << 20, 0);
        CpuBackend.requireFits(min, options, enough, () -> fail("nothing is collected where all fits"));
        HostMemory garbage = new HostMemory(1100L << 20, 10L << 20, 0);
        CpuBackend.requireFits(min, options, garbage, () -> enough);
        String message = assertThrows(OutOfMemoryException.class, () -> CpuBackend.requireFits(min, options, garbage, () -> garbage))
                .getMessage();
        assertTrue(message.contains("100 MB of Java heap") && message.contains("10 are free") && message.contains("-Xmx"), message);
        HostMemory tight = new HostMemory(1099L << 20, 200L << 20, 0);
        message = assertThrows(OutOfMemoryException.class, () -> CpuBackend.requireFits(min, options, tight, () -> tight)).getMessage();
        assertTrue(message.contains("1100 MB of memory") && message.contains("1099 are free") && message.contains("more memory"), message);
        HostMemory held = new HostMemory(1000L << 20, 200L << 20, 150L << 20); // the process has what the heap needs
        CpuBackend.requireFits(min, options, held, () -> fail("nothing is collected where all fits"));
    }

    @Test
    void aCacheThatCanBecomeTooLongIsNoReasonToRefuse() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(2)) {
            PlanOptions huge = new PlanOptions(100_000_000, 64, 8, false);
            try (Plan plan = cpu.prepare(graph, huge)) {
                plan.step(batches.batch(63, 0, 8, 7), new float[SmallModel.VOCABULARY]);
            }
            assertThrows(OutOfMemoryException.class, () -> cpu.prepare(graph, new PlanOptions(256, 2, 1_000_000_000, false)));
            MemoryUse use = new MemoryUse(100, 0, 2L * 256 << 20, 0);
            PlanOptions options = new PlanOptions(256, 2, 8, false);
            assertEquals(Optional.empty(), CpuBackend.tooLongCache(use, options, new HostMemory(1L << 40, 512L << 20, 0)));
            String told = CpuBackend.tooLongCache(use, options, new HostMemory(1L << 40, 100L << 20, 0)).orElseThrow();
            assertTrue(told.contains("512 MB") && told.contains("about 100 of them"), told);
        }
    }
}
