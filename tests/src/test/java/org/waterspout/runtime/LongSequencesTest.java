package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import java.nio.file.Path;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.Sharing;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** LongRoPE's frequencies go by the length of a sequence, whatever way it came to that length: against Transformers' logits. */
class LongSequencesTest {

    private static final Path MODEL = Path.of("src", "test", "resources", "families", "phi3-longrope.gguf");
    /** The recorded model's original_context_length. */
    private static final int BORDER = 16;
    private static final float LIMIT = 3e-5f; // 1.0e-5 was seen

    private interface Check {
        void run(Plan plan, int[] tokens, float[] expected, int[] shortTokens, float[] shortExpected);
    }

    private static Stream<DynamicTest> everywhere(int chunk, int sequences, Check check) {
        List<Supplier<Backend>> backends = List.of(ReferenceBackend::new, () -> new CpuBackend(BackendOptions.DEFAULT),
                () -> new TornadoBackend(BackendOptions.DEFAULT, KernelFamily.WIDE));
        return backends.stream().map(open -> {
            Backend backend = open.get();
            return DynamicTest.dynamicTest(backend.name(), () -> {
                try (ModelFile file = ModelFiles.open(MODEL); backend) {
                    Graph graph = GraphBuilder.build(file, Architecture.of(file), 64);
                    check.run(backend.prepare(graph, new PlanOptions(64, sequences, chunk, false)), ints(file, "expected.tokens"),
                            floats(file, "expected.logits"), ints(file, "expected.short.tokens"), floats(file, "expected.short.logits"));
                }
            });
        });
    }

    /** Chooses {@code token} with so much of the probability. */
    private static void choose(float[] logits, int at, int token, double share) {
        logits[at + token] = (float) Math.log(share) + 40;
    }

    private static Completion complete(Decoder decoder, int[] prompt, int tokens, GenerationConfig config) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(tokens);
        Call<GenerationEvent> call = decoder.generate(Optional.empty(), Set.of(), request, 1, config.withTokens(0, tokens),
                Optional.empty(), Optional::empty, prompt, RequestOptions.DEFAULT).getFirst();
        while (true) {
            if (call.next().orElseThrow() instanceof GenerationEvent.Finished finished) {
                return finished.completion();
            }
        }
    }

    private static void assertRow(float[] expected, ForcedPlan.Row row) {
        int vocabulary = row.logits().length;
        assertArrayEquals(Arrays.copyOfRange(expected, row.position() * vocabulary, (row.position() + 1) * vocabulary), row.logits(), LIMIT,
                "position " + row.position());
    }

    /** From below the border token by token past it: what is beyond is as if the whole had come at once. */
    @TestFactory
    Stream<DynamicTest> aSequenceThatGrowsPastTheBorderIsComputedAgain() {
        return everywhere(5, 1, (plan, tokens, expected, _, _) -> {
            int[] prompt = Arrays.copyOf(tokens, BORDER - 3);
            ForcedPlan forced = new ForcedPlan(plan, (row, logits, at) ->
                    choose(logits, at, tokens[Math.min(row.position() + 1, tokens.length - 1)], 1));
            try (Decoder decoder = new Decoder(forced)) {
                int generated = tokens.length - prompt.length + 1;
                int[] answer = complete(decoder, prompt, generated, GenerationConfig.GREEDY).tokens();
                assertArrayEquals(Arrays.copyOfRange(tokens, prompt.length, tokens.length), Arrays.copyOf(answer, answer.length - 1));
            }
            List<ForcedPlan.Row> beyond = forced.rows().stream().filter(row -> row.position() >= BORDER).toList();
            assertEquals(tokens.length - BORDER, beyond.size());
            beyond.forEach(row -> assertRow(expected, row));
        });
    }

    /** Of three hypotheses the second is the right one each time, and all three continue it. */
    @TestFactory
    Stream<DynamicTest> hypothesesThatGrowPastTheBorderAreComputedAgain() {
        return everywhere(3, 4, (plan, tokens, expected, _, _) -> {
            int[] prompt = Arrays.copyOf(tokens, BORDER - 3);
            ForcedPlan forced = new ForcedPlan(plan, (row, logits, at) -> {
                int next = tokens[Math.min(row.position() + 1, tokens.length - 1)];
                Arrays.fill(logits, at, at + row.logits().length, 0);
                if (row.token() == tokens[row.position()]) { // the others spread their probability thin
                    choose(logits, at, next == 3 ? 4 : 3, 0.5);
                    choose(logits, at, next, 0.3);
                    choose(logits, at, next == 5 ? 6 : 5, 0.2);
                }
            });
            try (Decoder decoder = new Decoder(forced)) {
                complete(decoder, prompt, tokens.length - prompt.length + 1, GenerationConfig.GREEDY.withBeams(3, 1));
            }
            List<ForcedPlan.Row> right = forced.rows().stream().filter(
                    row -> row.position() >= BORDER && row.token() == tokens[row.position()]).toList();
            assertEquals(tokens.length - BORDER, right.size());
            right.forEach(row -> assertRow(expected, row));
        });
    }

    /** Short, long, short again, in parts, on one place: nothing that was kept of one length serves another. */
    @TestFactory
    Stream<DynamicTest> whatIsKeptServesSequencesOfItsLengthOnly() {
        return everywhere(7, 1, (plan, tokens, expected, shortTokens, shortExpected) -> {
            try (Decoder decoder = new Decoder(plan)) {
                assertArrayEquals(shortExpected, decoder.logits(shortTokens, true), LIMIT);
                assertArrayEquals(expected, decoder.logits(tokens, true), LIMIT);
                int[] below = Arrays.copyOf(tokens, BORDER);
                assertEquals(0, complete(decoder, below, 0, GenerationConfig.GREEDY).reusedTokens(),
                        "keys of a long sequence serve no short one");
                assertArrayEquals(expected, decoder.logits(tokens, true), LIMIT);
                assertEquals(BORDER + 1, complete(decoder, Arrays.copyOf(tokens, BORDER + 2), 0, GenerationConfig.GREEDY).reusedTokens(),
                        "a long prompt that is kept is used");
                assertArrayEquals(shortExpected, decoder.logits(shortTokens, true), LIMIT);
            }
        });
    }

    /** A short prompt whose answer had grown past the border before it was put back needs the keys of a long sequence. */
    @Test
    void whatWasPutBackBeyondTheBorderSharesNothingShort() {
        try (ModelFile file = ModelFiles.open(MODEL); Backend backend = new CpuBackend(BackendOptions.DEFAULT);
                Plan plan = backend.prepare(GraphBuilder.build(file, Architecture.of(file), 64), new PlanOptions(64, 2, 8, false))) {
            int[] tokens = ints(file, "expected.tokens");
            int prompt = BORDER - 4;
            Slots slots = new Slots(plan);
            Slot first = slots.take(Arrays.copyOf(tokens, prompt), prompt, Sharing.PROMPTS, Sharing.PROMPTS);
            first.computed(prompt);
            assertEquals(0, slots.take(Arrays.copyOf(tokens, BORDER + 1), prompt, Sharing.PROMPTS, Sharing.PROMPTS).computed());
            slots.giveBack(List.of(first));
            assertEquals(prompt - 1, slots.take(Arrays.copyOf(tokens, BORDER), prompt, Sharing.PROMPTS, Sharing.PROMPTS).computed());
        }
    }

    private static int[] ints(ModelFile file, String key) {
        return file.metadata().list(key, Long.class).stream().mapToInt(Long::intValue).toArray();
    }

    private static float[] floats(ModelFile file, String key) {
        List<Double> numbers = file.metadata().list(key, Double.class);
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers.get(i).floatValue();
        }
        return floats;
    }
}
