package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.waterspout.backend.cpu.SeededBatches.CONTEXT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.graph.Graph;

/** What a row's numbers do not depend on, to the bit: threads, other rows of the step, the pieces of a prompt. */
class SameBitsTest {

    private final SeededBatches batches = new SeededBatches(5);

    private static CpuBackend backend(int threads) {
        return new CpuBackend(new BackendOptions(threads, Optional.empty()));
    }

    private static CpuKernels best() {
        return VectorShapes.wide() ? new VectorKernels() : new ScalarKernels();
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void theNumberOfThreadsChangesNothing(CacheType type) {
        Graph graph = SmallModel.graph(CONTEXT, true);
        List<Batch> all = batches.mixed();
        List<List<float[]>> outputs = new ArrayList<>();
        for (int threads : new int[] {1, 2, 2, 5}) {
            try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(
                    graph, new PlanOptions(CONTEXT, 3, 129, false).withCacheType(type))) {
                outputs.add(SeededBatches.run(plan, all, true));
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
        Batch whole = batches.batch(0, 0, 150, 149);
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
        int[] tokens = batches.random.ints(sequences, 0, SmallModel.VOCABULARY).toArray();
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = new CpuBackend(new BackendOptions(threads, Optional.empty()), kernels, sequences);
                Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, sequences, 129, false).withCacheType(type))) {
            float[][] alone = new float[sequences][SmallModel.VOCABULARY];
            for (int sequence = 0; sequence < sequences; sequence++) {
                ends[sequence] = 1 + sequence * 37 % 129;
                plan.step(batches.batch(sequence, 0, ends[sequence]), new float[0]);
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
        int[][] prompts = Arrays.stream(lengths).mapToObj(length -> batches.random.ints(length, 0, SmallModel.VOCABULARY).toArray())
                .toArray(int[][]::new);
        int[] next = batches.random.ints(lengths.length, 0, SmallModel.VOCABULARY).toArray();
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
                int rows = Math.min(batches.random.nextInt(13), prompts[i].length - done[i]);
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
        int[] tokens = batches.random.ints(40, 0, SmallModel.VOCABULARY).toArray();
        Graph graph = SmallModel.graph(CONTEXT, true);
        try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(graph, new PlanOptions(CONTEXT, 3, 129, false))) {
            int[] prompt = batches.random.ints(before, 0, SmallModel.VOCABULARY).toArray();
            for (int sequence = 0; sequence < 2; sequence++) {
                plan.step(together(List.of(new Piece(sequence, 0, prompt, false)), Batch.Phase.PROMPT), new float[0]);
            }
            float[][] single = new float[tokens.length][SmallModel.VOCABULARY];
            for (int i = 0; i < tokens.length; i++) {
                plan.step(together(List.of(new Piece(0, before + i, new int[] {tokens[i]}, true)), Batch.Phase.GENERATION), single[i]);
            }
            for (int at = 0; at < tokens.length;) {
                int kept = Math.min(tokens.length - at, 1 + batches.random.nextInt(6));
                // those behind are written again
                int[] some = Arrays.copyOf(Arrays.copyOfRange(tokens, at, at + kept), kept + batches.random.nextInt(13));
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
}
