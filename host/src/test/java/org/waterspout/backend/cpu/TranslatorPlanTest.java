package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Graph;
import org.waterspout.validate.RelativeError;

/** Encoders and encoder-decoders against the reference: sources, steps and reordered sequences in every mix of rows and threads. */
class TranslatorPlanTest {

    private static final double LIMIT = 1e-4;
    private static final PlanOptions OPTIONS = new PlanOptions(100, 12, 150, false).withSources(4, 80);

    private final Random random = new Random(7);

    private static CpuBackend backend(int threads) {
        return new CpuBackend(new BackendOptions(threads, Optional.empty()));
    }

    private static CpuKernels best() {
        return VectorShapes.wide() ? new VectorKernels() : new ScalarKernels();
    }

    private int[] tokens(int count) {
        return random.ints(count, 0, SmallTranslator.VOCABULARY).toArray();
    }

    /** Whole sequences, number {@code sequences[i]} of length {@code lengths[i]}. */
    private Batch whole(int[] sequences, int... lengths) {
        int[] positions = IntStream.of(lengths).flatMap(length -> IntStream.range(0, length)).toArray();
        int[] numbers = IntStream.range(0, lengths.length).flatMap(i -> IntStream.range(0, lengths[i]).map(any -> sequences[i])).toArray();
        int[] ends = new int[lengths.length];
        for (int i = 0, row = -1; i < lengths.length; i++) {
            row += lengths[i];
            ends[i] = row;
        }
        return new Batch(tokens(positions.length), positions, numbers, ends).withTypes(random.ints(positions.length, 0, 3).toArray());
    }

    /** One row each of the first sequences, at one position. */
    private Batch row(int sequences, int position) {
        int[] numbers = IntStream.range(0, sequences).toArray();
        int[] positions = new int[sequences];
        Arrays.fill(positions, position);
        int[] tokens = tokens(sequences);
        if (position == 0) {
            Arrays.fill(tokens, Batch.NO_TOKEN);
        }
        return new Batch(tokens, positions, numbers, numbers).withSources(IntStream.of(numbers).map(number -> number % 3).toArray());
    }

    private interface Action {
        float[] on(Plan plan);
    }

    private static Action step(Batch batch) {
        return plan -> {
            int columns = batch.candidates().length == 0 ? SmallTranslator.VOCABULARY : batch.candidates().length;
            float[] output = new float[batch.outputRows().length * columns];
            plan.step(batch, output);
            return output;
        };
    }

    private static Action encode(Batch batch) {
        return plan -> {
            float[] output = new float[batch.rows() * SmallTranslator.WIDTH];
            plan.encode(batch, output);
            return output;
        };
    }

    private static Action reorder(int... parents) {
        return plan -> {
            plan.reorder(parents);
            return new float[0];
        };
    }

    /** Few rows and many, a prompt, candidates, beams that change places, and a source in the place of another. */
    private List<Action> script() {
        int[] some = IntStream.range(0, SmallTranslator.VOCABULARY).filter(token -> token % 7 != 3).toArray();
        List<Action> actions = new ArrayList<>();
        actions.add(encode(whole(new int[] {0, 2, 1}, 17, 1, 70)));
        actions.add(step(row(3, 0)));
        actions.add(step(row(3, 1).withCandidates(some)));
        actions.add(reorder(2, 2, 0));
        actions.add(step(row(3, 2).withCandidates(new int[] {0, 5, 202})));
        actions.add(encode(whole(new int[] {1}, 5)));
        actions.add(step(row(12, 0)));
        for (int position = 1; position < 4; position++) {
            actions.add(step(row(12, position).withCandidates(some)));
            actions.add(reorder(11, 0, 1, 1, 5, 4));
        }
        Batch prompts = whole(new int[] {0, 1}, 67, 30);
        actions.add(step(prompts.withSources(new int[97])));
        actions.add(reorder(0, 0, 1, 1));
        actions.add(step(row(2, 67)));
        actions.add(reorder(1, 0));
        actions.add(step(row(2, 68)));
        return actions;
    }

    private void compare(CpuKernels kernels, int threads) {
        Graph graph = SmallTranslator.graph();
        List<Action> script = script();
        try (ReferenceBackend reference = new ReferenceBackend();
                CpuBackend cpu = new CpuBackend(new BackendOptions(threads, Optional.empty()), kernels);
                Plan expected = reference.prepare(graph, OPTIONS); Plan plan = cpu.prepare(graph, OPTIONS)) {
            for (int i = 0; i < script.size(); i++) {
                float[] right = script.get(i).on(expected);
                RelativeError error = RelativeError.of(script.get(i).on(plan), right, Math.max(1, right.length));
                assertTrue(error.error() < LIMIT, "action " + i + ": " + error);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void agreesWithTheReference(int threads) {
        compare(best(), threads);
    }

    @Test
    void plainLoopsAgreeWithTheReference() {
        compare(new ScalarKernels(), 2);
    }

    @Test
    void theNumberOfThreadsChangesNothing() {
        List<Action> script = script();
        List<List<float[]>> outputs = new ArrayList<>();
        for (int threads : new int[] {1, 2, 5}) {
            try (CpuBackend cpu = backend(threads); Plan plan = cpu.prepare(SmallTranslator.graph(), OPTIONS)) {
                outputs.add(script.stream().map(action -> action.on(plan)).toList());
            }
        }
        for (List<float[]> other : outputs) {
            for (int i = 0; i < other.size(); i++) {
                assertArrayEquals(outputs.getFirst().get(i), other.get(i), "action " + i);
            }
        }
    }

    @Test
    void aVectorIsTheSameToTheBitWhoeverItsNeighboursAre() {
        int[] lengths = {1, 5, 8, 9, 16, 17, 31, 64, 100, 3};
        int[] numbers = IntStream.range(0, lengths.length).toArray();
        Batch all = whole(numbers, lengths);
        try (CpuBackend cpu = backend(2); Plan plan = cpu.prepare(SmallTranslator.means(), new PlanOptions(100, 10, 300, false))) {
            float[] together = new float[lengths.length * SmallTranslator.WIDTH];
            plan.step(all, together);
            for (int i = 0; i < lengths.length; i++) {
                int from = i == 0 ? 0 : all.outputRows()[i - 1] + 1;
                Batch alone = new Batch(Arrays.copyOfRange(all.tokens(), from, from + lengths[i]), IntStream.range(0, lengths[i]).toArray(),
                        new int[lengths[i]], new int[] {lengths[i] - 1})
                        .withTypes(Arrays.copyOfRange(all.types(), from, from + lengths[i]));
                float[] vector = new float[SmallTranslator.WIDTH];
                plan.step(alone, vector);
                assertArrayEquals(Arrays.copyOfRange(together, i * vector.length, (i + 1) * vector.length), vector,
                        "sequence of " + lengths[i]);
            }
        }
    }

    @Test
    void everyValueOfBothSidesCanBeObserved() {
        Graph graph = SmallTranslator.graph();
        PlanOptions options = new PlanOptions(100, 12, 150, true).withSources(4, 80);
        try (ReferenceBackend reference = new ReferenceBackend(); CpuBackend cpu = backend(2);
                Plan expected = reference.prepare(graph, options); Plan plan = cpu.prepare(graph, options)) {
            Batch sources = whole(new int[] {0, 1, 2}, 9, 3, 20);
            List<float[]> right = new ArrayList<>();
            List<float[]> actual = new ArrayList<>();
            expected.encode(sources, new float[0], (op, read) -> op.outputs().forEach(value -> right.add(read.apply(value))));
            plan.encode(sources, new float[0], (op, read) -> op.outputs().forEach(value -> actual.add(read.apply(value))));
            for (int rows : new int[] {3, 12}) {
                float[] logits = new float[rows * SmallTranslator.VOCABULARY];
                Batch batch = row(rows, 0);
                expected.step(batch, logits, (op, read) -> op.outputs().forEach(value -> right.add(read.apply(value))));
                plan.step(batch, logits, (op, read) -> op.outputs().forEach(value -> actual.add(read.apply(value))));
            }
            assertEquals(right.size(), actual.size());
            for (int i = 0; i < right.size(); i++) {
                RelativeError error = RelativeError.of(actual.get(i), right.get(i), right.get(i).length);
                assertTrue(error.error() < LIMIT, "value " + i + ": " + error);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        float[] output = new float[12 * SmallTranslator.VOCABULARY];
        try (CpuBackend cpu = backend(2); Plan plan = cpu.prepare(SmallTranslator.graph(), OPTIONS);
                Plan encoder = cpu.prepare(SmallTranslator.means(), new PlanOptions(100, 3, 50, false));
                Plan language = cpu.prepare(SmallModel.graph(100, true), new PlanOptions(100, 3, 50, false))) {
            refuses("source 0 was never encoded", () -> plan.step(row(1, 0), output));
            plan.encode(whole(new int[] {0, 1, 2}, 3, 3, 3), new float[0]);
            refuses("source 3 was never encoded", () -> plan.step(row(1, 0).withSources(new int[] {3}), output));
            refuses("source 4 is outside the plan's 4", () -> plan.step(row(1, 0).withSources(new int[] {4}), output));
            refuses("whole sequences", () -> plan.encode(new Batch(new int[2], new int[] {1, 2}, new int[2], new int[0]), output));
            refuses("sequence 4 is outside the plan's 4", () -> plan.encode(whole(new int[] {4}, 2), new float[0]));
            refuses("position 80", () -> plan.encode(whole(new int[] {0}, 81), new float[0]));
            refuses("the array has 7", () -> plan.encode(whole(new int[] {0}, 3), new float[7]));
            refuses("type 3 is outside the model's 3", () -> plan.encode(whole(new int[] {0}, 1).withTypes(new int[] {3}), new float[0]));
            refuses("candidates must ascend", () -> plan.step(row(1, 0).withCandidates(new int[] {3, 3}), output));
            refuses("candidates must ascend", () -> plan.step(row(1, 0).withCandidates(new int[] {203}), output));
            plan.step(row(2, 0), output);
            plan.step(row(2, 1), output);
            refuses("recurrent state cannot go back to 1", () -> plan.step(row(2, 1), output));
            refuses("13 sequences exceed the plan's 12", () -> plan.reorder(new int[13]));
            refuses("sequence 12 is outside", () -> plan.reorder(new int[] {12}));
            refuses("whole sequences", () -> encoder.step(new Batch(new int[2], new int[] {0, 2}, new int[2], new int[] {1}), output));
            refuses("no encoder", () -> encoder.encode(whole(new int[] {0}, 1), output));
            refuses("no shortlist", () -> language.step(row(1, 0).withSources(new int[0]).withCandidates(new int[] {1}), output));
        }
    }

    private static void refuses(String saying, Runnable request) {
        String message = assertThrows(InvalidRequestException.class, request::run).getMessage();
        assertTrue(message.contains(saying), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void memoryCountsBothSides() {
        try (CpuBackend cpu = backend(2)) {
            MemoryUse use = cpu.estimate(SmallTranslator.graph(), OPTIONS);
            int padded = (24 + best().lanes() - 1) / best().lanes() * best().lanes();
            long attention = 2L * (24 + padded) * 128 * 12;
            long sources = 2L * 4 * (24 + padded) * 128 * 4;
            long states = 96L * 12;
            assertEquals(4 * (attention + sources + states), use.cache(), "one cache, two memories, one state");
            MemoryUse fewer = cpu.estimate(SmallTranslator.graph(), new PlanOptions(100, 12, 20, false).withSources(4, 80));
            assertTrue(fewer.activations() < use.activations() && fewer.cache() == use.cache());
            MemoryUse encoder = cpu.estimate(SmallTranslator.means(), new PlanOptions(512, 32, 512, false));
            assertEquals(0, encoder.cache(), "attention in both directions keeps nothing");
        }
    }
}
