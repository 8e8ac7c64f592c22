package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.ClosedException;
import org.waterspout.error.DeviceException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.validate.RelativeError;

/** Whole steps against the reference, in every mix of rows, sequences and threads. */
class CpuPlanTest {

    private static final int CONTEXT = 300;
    private static final double LIMIT = 3e-5;

    private final Random random = new Random(5);

    private static CpuBackend backend(int threads) {
        return new CpuBackend(new BackendOptions(threads, Optional.empty()));
    }

    private Batch batch(int sequence, int position, int rows, int... wanted) {
        int[] positions = new int[rows];
        int[] sequences = new int[rows];
        for (int row = 0; row < rows; row++) {
            positions[row] = position + row;
            sequences[row] = sequence;
        }
        return new Batch(random.ints(rows, 0, SmallModel.VOCABULARY).toArray(), positions, sequences, wanted);
    }

    /** Two batches as one, sequence after sequence. */
    private static Batch join(Batch a, Batch b) {
        return new Batch(join(a.tokens(), b.tokens()), join(a.positions(), b.positions()), join(a.sequences(), b.sequences()),
                new int[] {0, a.rows(), a.rows() + b.rows() - 1});
    }

    private static int[] join(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    private List<Batch> mixed() {
        List<Batch> batches = new ArrayList<>();
        batches.add(batch(0, 0, 100, 99)); // panels, blocks and a window
        for (int i = 0; i < 3; i++) {
            batches.add(batch(0, 100 + i, 1, 0));
        }
        batches.add(batch(0, 103, 8, 0, 3, 7));
        batches.add(batch(1, 0, 9, 8));
        batches.add(batch(2, 0, 37, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 36)); // more output rows than are computed row by row
        batches.add(join(batch(0, 111, 1), batch(1, 9, 30))); // sequences that share a panel
        batches.add(join(batch(1, 39, 2), batch(2, 37, 2)));
        batches.add(batch(0, 50, 1, 0)); // again from an earlier position
        batches.add(batch(0, 51, 129, 128));
        batches.add(batch(0, 180, 1)); // nothing wanted
        return batches;
    }

    private static List<float[]> run(Plan plan, List<Batch> batches, boolean select) {
        List<float[]> outputs = new ArrayList<>();
        for (Batch batch : batches) {
            int rows = select ? batch.outputRows().length : batch.rows();
            float[] output = new float[rows * plan.graph().output().width()];
            plan.step(batch, output);
            outputs.add(output);
        }
        return outputs;
    }

    private void compare(CpuKernels kernels, int threads, boolean select, boolean observable) {
        compare(kernels, threads, select, new PlanOptions(CONTEXT, 3, 129, observable));
    }

    private void compare(CpuKernels kernels, int threads, boolean select, PlanOptions options) {
        Graph graph = SmallModel.graph(CONTEXT, select);
        List<Batch> batches = mixed();
        try (ReferenceBackend reference = new ReferenceBackend();
                CpuBackend cpu = new CpuBackend(new BackendOptions(threads, Optional.empty()), kernels);
                Plan expectedPlan = reference.prepare(graph, options);
                Plan plan = cpu.prepare(graph, options)) {
            List<float[]> expected = run(expectedPlan, batches, select);
            List<float[]> actual = run(plan, batches, select);
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

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void theNumberOfThreadsChangesNothing(CacheType type) {
        Graph graph = SmallModel.graph(CONTEXT, true);
        List<Batch> batches = mixed();
        List<List<float[]>> outputs = new ArrayList<>();
        for (int threads : new int[] {1, 2, 2, 5}) {
            try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(
                    graph, new PlanOptions(CONTEXT, 3, 129, false).withCacheType(type))) {
                outputs.add(run(plan, batches, true));
            }
        }
        for (List<float[]> other : outputs) {
            for (int i = 0; i < other.size(); i++) {
                assertArrayEquals(outputs.getFirst().get(i), other.get(i), "batch " + i);
            }
        }
    }

    /** One row of each sequence, at positions of their own, alone and with one to 17 others, in another order each time. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aRowDoesNotDependOnTheOthersOfItsStep(int threads) {
        rowsAlone(best(), threads, CacheType.F32);
    }

    @Test
    void norInPlainLoops() {
        rowsAlone(new ScalarKernels(), 2, CacheType.F32);
    }

    @ParameterizedTest
    @EnumSource(value = CacheType.class, names = {"F16", "Q8_0"})
    void norInFewerBits(CacheType type) {
        rowsAlone(best(), 2, type);
    }

    /** A prompt's numbers are the same however it is cut into steps: the row at hand too is read as it will be read later. */
    @ParameterizedTest
    @EnumSource(CacheType.class)
    void aPromptDoesNotDependOnItsPieces(CacheType type) {
        Graph graph = SmallModel.graph(CONTEXT, true);
        Batch whole = batch(0, 0, 150, 149);
        try (CpuBackend cpu = new CpuBackend(new BackendOptions(2, Optional.empty()), best(), 0);
                Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 2, 150, false).withCacheType(type))) {
            float[] expected = new float[SmallModel.VOCABULARY];
            plan.step(whole, expected);
            for (int piece : new int[] {1, 7, 64, 100}) {
                float[] output = new float[SmallModel.VOCABULARY];
                for (int from = 0; from < 150; from += piece) {
                    int to = Math.min(150, from + piece);
                    plan.step(new Batch(Arrays.copyOfRange(whole.tokens(), from, to), IntStream.range(from, to).toArray(),
                            new int[to - from], to == 150 ? new int[] {to - from - 1} : new int[0]), output);
                }
                assertArrayEquals(expected, output, "pieces of " + piece);
            }
        }
    }

    private void rowsAlone(CpuKernels kernels, int threads, CacheType type) {
        int sequences = 18;
        int[] ends = new int[sequences];
        int[] tokens = random.ints(sequences, 0, SmallModel.VOCABULARY).toArray();
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = new CpuBackend(new BackendOptions(threads, Optional.empty()), kernels, sequences);
                Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, sequences, 129, false).withCacheType(type))) {
            float[][] alone = new float[sequences][SmallModel.VOCABULARY];
            for (int sequence = 0; sequence < sequences; sequence++) {
                ends[sequence] = 1 + sequence * 37 % 129;
                plan.step(batch(sequence, 0, ends[sequence]), new float[0]);
                plan.step(new Batch(new int[] {tokens[sequence]}, new int[] {ends[sequence]}, new int[] {sequence}, new int[1]),
                        alone[sequence]);
            }
            for (int rows = 2; rows <= sequences; rows++) {
                int first = rows;
                int[] chosen = IntStream.range(0, rows).map(row -> (first + row * 5) % sequences).toArray();
                float[] together = new float[rows * SmallModel.VOCABULARY];
                plan.step(new Batch(Arrays.stream(chosen).map(sequence -> tokens[sequence]).toArray(),
                        Arrays.stream(chosen).map(sequence -> ends[sequence]).toArray(), chosen, IntStream.range(0, rows).toArray()),
                        together);
                for (int row = 0; row < rows; row++) {
                    assertArrayEquals(alone[chosen[row]], Arrays.copyOfRange(
                            together, row * SmallModel.VOCABULARY, (row + 1) * SmallModel.VOCABULARY),
                            "sequence " + chosen[row] + " among " + rows);
                }
            }
        }
    }

    /** A piece of a sequence's rows for a step. */
    private record Piece(int sequence, int from, int[] tokens, boolean wanted) {
    }

    private static Batch together(List<Piece> pieces, Batch.Phase phase) {
        int[] tokens = pieces.stream().flatMapToInt(piece -> Arrays.stream(piece.tokens())).toArray();
        int[] positions = pieces.stream().flatMapToInt(piece -> IntStream.range(piece.from(), piece.from() + piece.tokens().length))
                .toArray();
        int[] sequences = pieces.stream().flatMapToInt(piece -> Arrays.stream(piece.tokens()).map(_ -> piece.sequence())).toArray();
        List<Integer> wanted = new ArrayList<>();
        int rows = 0;
        for (Piece piece : pieces) {
            rows += piece.tokens().length;
            if (piece.wanted()) {
                wanted.add(rows - 1);
            }
        }
        return new Batch(tokens, positions, sequences, wanted.stream().mapToInt(row -> row).toArray()).withPhase(phase);
    }

    /** Prompts that come in pieces of any size, beside pieces of others, and what is generated behind them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aPromptDependsNeitherOnItsPiecesNorOnItsNeighbours(int threads) {
        int[] lengths = {1, 9, 8, 37, 70, 129, 3, 5};
        int[][] prompts = Arrays.stream(lengths).mapToObj(length -> random.ints(length, 0, SmallModel.VOCABULARY).toArray())
                .toArray(int[][]::new);
        int[] next = random.ints(lengths.length, 0, SmallModel.VOCABULARY).toArray();
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, lengths.length, 129, false))) {
            float[][] afterPrompt = new float[lengths.length][SmallModel.VOCABULARY];
            float[][] afterNext = new float[lengths.length][SmallModel.VOCABULARY];
            for (int i = 0; i < lengths.length; i++) {
                plan.step(together(List.of(new Piece(i, 0, prompts[i], true)), Batch.Phase.PROMPT), afterPrompt[i]);
                plan.step(together(List.of(new Piece(i, lengths[i], new int[] {next[i]}, true)), Batch.Phase.GENERATION), afterNext[i]);
            }
            for (int trial = 0; trial < 8; trial++) {
                inPieces(plan, prompts, afterPrompt, trial);
                for (int i = 0; i < lengths.length; i++) {
                    float[] output = new float[SmallModel.VOCABULARY];
                    plan.step(together(List.of(new Piece(i, lengths[i], new int[] {next[i]}, true)), Batch.Phase.GENERATION), output);
                    assertArrayEquals(afterNext[i], output, "sequence " + i + ", trial " + trial);
                }
            }
        }
    }

    private void inPieces(Plan plan, int[][] prompts, float[][] expected, int trial) {
        int[] done = new int[prompts.length];
        while (IntStream.range(0, prompts.length).anyMatch(i -> done[i] < prompts[i].length)) {
            List<Piece> pieces = new ArrayList<>();
            for (int i = 0; i < prompts.length; i++) {
                int rows = Math.min(random.nextInt(13), prompts[i].length - done[i]);
                if (rows > 0) {
                    done[i] += rows;
                    pieces.add(new Piece(i, done[i] - rows, Arrays.copyOfRange(prompts[i], done[i] - rows, done[i]),
                            done[i] == prompts[i].length));
                }
            }
            if (!pieces.isEmpty()) {
                List<Piece> ended = pieces.stream().filter(Piece::wanted).toList();
                float[] output = new float[ended.size() * SmallModel.VOCABULARY];
                plan.step(together(pieces, Batch.Phase.PROMPT), output);
                for (int at = 0; at < ended.size(); at++) {
                    assertArrayEquals(expected[ended.get(at).sequence()], Arrays.copyOfRange(output, at * SmallModel.VOCABULARY,
                            (at + 1) * SmallModel.VOCABULARY), "sequence " + ended.get(at).sequence() + ", trial " + trial);
                }
            }
        }
    }

    /** Several tokens of a sequence that were generated, in one step and one by one, also where some are written again after others. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void generatedTokensAreTheSameInOneStepAndOneByOne(int threads) {
        int before = 61; // the tokens cross the border of a block
        int[] tokens = random.ints(40, 0, SmallModel.VOCABULARY).toArray();
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 3, 129, false))) {
            int[] prompt = random.ints(before, 0, SmallModel.VOCABULARY).toArray();
            for (int sequence = 0; sequence < 2; sequence++) {
                plan.step(together(List.of(new Piece(sequence, 0, prompt, false)), Batch.Phase.PROMPT), new float[0]);
            }
            float[][] single = new float[tokens.length][SmallModel.VOCABULARY];
            for (int i = 0; i < tokens.length; i++) {
                plan.step(together(List.of(new Piece(0, before + i, new int[] {tokens[i]}, true)), Batch.Phase.GENERATION), single[i]);
            }
            for (int at = 0; at < tokens.length;) {
                int kept = Math.min(tokens.length - at, 1 + random.nextInt(6));
                // those behind are written again
                int[] some = Arrays.copyOf(Arrays.copyOfRange(tokens, at, at + kept), kept + random.nextInt(13));
                int rows = some.length;
                Batch batch = together(List.of(new Piece(1, before + at, some, false)), Batch.Phase.GENERATION);
                float[] output = new float[rows * SmallModel.VOCABULARY];
                plan.step(new Batch(batch.tokens(), batch.positions(), batch.sequences(), IntStream.range(0, rows).toArray())
                        .withPhase(Batch.Phase.GENERATION), output);
                for (int row = 0; row < kept; row++) {
                    assertArrayEquals(single[at + row], Arrays.copyOfRange(
                            output, row * SmallModel.VOCABULARY, (row + 1) * SmallModel.VOCABULARY),
                            "token " + (at + row) + " of " + rows + " rows");
                }
                at += kept;
            }
        }
    }

    @Test
    void everyValueCanBeObserved() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        PlanOptions options = new PlanOptions(CONTEXT, 3, 40, true);
        try (ReferenceBackend reference = new ReferenceBackend(); CpuBackend cpu = backend(2);
                Plan expectedPlan = reference.prepare(graph, options); Plan plan = cpu.prepare(graph, options)) {
            for (Batch batch : List.of(batch(0, 0, 37, 3, 36), batch(0, 37, 1, 0))) {
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
            Batch batch = batch(0, 0, 1, 0);
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
        assertThrows(DeviceException.class, () -> plan.step(batch(0, 0, 1, 0), new float[SmallModel.VOCABULARY]));
        plan.close();
        plan.close();
        assertThrows(ClosedException.class, () -> plan.step(batch(0, 0, 1, 0), new float[SmallModel.VOCABULARY]));
    }

    @Test
    void refusesWhatThePlanWasNotMadeFor() {
        Graph graph = SmallModel.graph(CONTEXT, true);
        float[] output = new float[SmallModel.VOCABULARY];
        try (CpuBackend cpu = backend(2); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 2, 8, false))) {
            refuses("token 203", () -> plan.step(new Batch(new int[] {203}, new int[1], new int[1], new int[1]), output));
            refuses("token -2", () -> plan.step(new Batch(new int[] {-2}, new int[1], new int[1], new int[1]), output));
            refuses("position 300", () -> plan.step(batch(0, CONTEXT, 1, 0), output));
            refuses("sequence 2", () -> plan.step(batch(2, 0, 1, 0), output));
            refuses("9 tokens", () -> plan.step(batch(0, 0, 9, 0), output));
            refuses("gap", () -> plan.step(batch(0, 1, 1, 0), output));
            refuses("406 floats", () -> plan.step(batch(0, 0, 2, 0, 1), output));
            refuses("observable", () -> plan.step(batch(0, 0, 1, 0), output, (op, values) -> { }));
        }
        refuses("threads", () -> backend(-1).close());
        refuses("gpu", () -> new CpuBackend(new BackendOptions(1, Optional.of("gpu"))).close());
    }

    private static void refuses(String saying, Runnable request) {
        String message = assertThrows(InvalidRequestException.class, request::run).getMessage();
        assertTrue(message.contains(saying), message);
        assertFalse(message.contains("\n"), message);
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
                plan.step(batch(63, 0, 8, 7), new float[SmallModel.VOCABULARY]);
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
