package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.error.DeviceException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogitRules;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;
import org.waterspout.generate.Speculation;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.tests.ChangedFile;
import org.waterspout.tests.TestBackend;

/** Tokens that a draft model proposes change no answer, whatever the draft says and whatever becomes of it. */
@Tag(TestBackend.ON_DEVICES)
class DraftingTest {

    private static final int CONTEXT = 96;
    private static final long SEED = 20261131L;

    /** What proposes. */
    private enum Drafting {
        /** The model itself: all of it comes, but for draws. */
        SAME(UnaryOperator.identity()),
        /** The model without its last layer. */
        SHORT(file -> IntStream.range(0, 9).mapToObj(i -> "blk.3." + List.of("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output",
                "ffn_norm", "ffn_gate", "ffn_up", "ffn_down").get(i) + ".weight").reduce(file.key("llama.block_count", 3L),
                ChangedFile::without, (one, _) -> one)),
        /** One whose vocabulary is the same and nothing else: it is never right but by chance. */
        OTHER(file -> file.tensor("output_norm.weight", 0, 256));

        private final UnaryOperator<ChangedFile> change;

        Drafting(UnaryOperator<ChangedFile> change) {
            this.change = change;
        }

        Graph graph(ModelFile file, int context) {
            ModelFile changed = change.apply(ChangedFile.of(file));
            return GraphBuilder.build(changed, Architecture.of(changed), context);
        }
    }

    /** Counts what the draft computes. */
    private static class DraftPlan extends WatchedPlan {
        private int steps;
        /** Steps that made tokens. */
        private int drafts;
        private int rows;
        private int sequences;

        DraftPlan(Plan plan) {
            super(plan);
        }

        @Override
        public void step(Batch batch, float[] output, StepObserver observer) {
            steps++;
            drafts += batch.outputRows().length > 0 ? 1 : 0;
            rows += batch.rows();
            sequences = Math.max(sequences, (int) Arrays.stream(batch.sequences()).distinct().count());
            super.step(batch, output, observer);
        }
    }

    private record Asked(int[] prompt, int tokens, GenerationConfig config, Speculation speculation) {

        Asked with(Speculation value) {
            return new Asked(prompt, tokens, config, value);
        }
    }

    private static List<Asked> asked(SplittableRandom random, int count, int vocabulary) {
        List<int[]> beginnings = IntStream.range(0, 4).mapToObj(_ -> random.ints(random.nextInt(1, 40), 3, vocabulary).toArray()).toList();
        List<Asked> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] beginning = beginnings.get(random.nextInt(4));
            int[] prompt = IntStream.concat(Arrays.stream(beginning), random.ints(random.nextInt(1, 25), 3, vocabulary)).toArray();
            GenerationConfig config = switch (random.nextInt(4)) {
                case 0, 1 -> GenerationConfig.GREEDY;
                case 2 -> GenerationConfig.GREEDY.withRules(LogitRules.NONE.withNoRepeatNgram(4).withSuppressed(Set.of(prompt[0])));
                default -> GenerationConfig.GREEDY.withSampling(Sampling.GREEDY.withTemperature(0.3f + random.nextInt(8) / 10f)
                        .withTopP(random.nextBoolean() ? 1 : 0.9f).withSeed(random.nextLong()));
            };
            int tokens = random.nextInt(1, 60); // some answers are ended by the context
            all.add(new Asked(prompt, tokens, config.withTokens(0, tokens), new Speculation.Draft(random.nextInt(1, 9))));
        }
        return all;
    }

    private static Call<GenerationEvent> submit(Decoder decoder, Asked asked, Sharing sharing) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(asked.prompt())).withMaxTokens(asked.tokens())
                .withSpeculation(asked.speculation()).withSharing(sharing);
        return decoder.generate(Optional.empty(), Set.of(2), request, 1, asked.config(), Optional.empty(), Optional::empty, asked.prompt(),
                RequestOptions.DEFAULT).getFirst();
    }

    private static Completion answer(Decoder decoder, Asked asked) {
        return completion(submit(decoder, asked, Sharing.PROMPTS));
    }

    private static Completion completion(Call<GenerationEvent> call) {
        Completion completion = null;
        for (Optional<GenerationEvent> event = call.next(); event.isPresent(); event = call.next()) {
            if (event.get() instanceof GenerationEvent.Finished finished) {
                completion = finished.completion();
            }
        }
        return completion;
    }

    /**
     * Each kind of draft, beside others that have none, with cancels, in plenty of memory and in little, of the model's and of the draft's;
     * the draft's context is shorter, and it has fewer sequences and rows than the model.
     */
    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> answersAreThoseOfPlainDecoding() {
        return TestBackend.all().stream().filter(backend -> backend.name().equals("cpu") || backend.name().startsWith("tornado"))
                .flatMap(backend -> (backend.name().equals("cpu") ? Arrays.stream(Drafting.values()) : Stream.of(Drafting.SHORT))
                        .flatMap(drafting -> Stream.of(true, false).map(plenty -> DynamicTest.dynamicTest(
                        backend.name() + " " + drafting + (plenty ? "" : " little memory"), () -> {
                            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                            run(backend, drafting, plenty, backend.name().equals("cpu") ? 40 : 12);
                        }))));
    }

    private static void run(TestBackend where, Drafting drafting, boolean plenty, int count) {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = where.open().get()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            List<Asked> all = asked(new SplittableRandom(SEED), count, graph.output().width());
            List<Completion> plain;
            try (Decoder decoder = new Decoder(backend.prepare(graph, new PlanOptions(CONTEXT, 1, 32, false)))) {
                plain = all.stream().map(one -> answer(decoder, one.with(Speculation.NONE))).toList();
            }
            int context = plenty ? CONTEXT : CONTEXT - 20;
            TightPlan tight = new TightPlan(backend.prepare(graph, new PlanOptions(CONTEXT, 4, 16, false)), plenty ? 1000 : 200);
            TightPlan narrow = new TightPlan(backend.prepare(drafting.graph(file, context),
                    new PlanOptions(context, plenty ? 4 : 3, plenty ? 16 : 11, false)), plenty ? 1000 : 100);
            DraftPlan draft = new DraftPlan(narrow);
            try (Decoder decoder = new Decoder(tight, CONTEXT, Optional.of(draft))) {
                SplittableRandom random = new SplittableRandom(SEED + 1);
                List<Call<GenerationEvent>> calls = new ArrayList<>();
                BitSet drafted = new BitSet();
                for (Asked one : all) {
                    Speculation speculation = switch (random.nextInt(6)) {
                        case 0 -> Speculation.NONE;
                        case 1 -> Speculation.ngrams();
                        default -> one.speculation();
                    };
                    drafted.set(calls.size(), speculation instanceof Speculation.Draft);
                    calls.add(submit(decoder, one.with(speculation), random.nextInt(4) == 0 ? Sharing.NONE : Sharing.PROMPTS));
                    if (random.nextInt(12) == 0) {
                        calls.get(random.nextInt(calls.size())).cancel();
                    }
                }
                int accepted = 0;
                int proposed = 0;
                for (int i = 0; i < count; i++) {
                    Completion found = completion(calls.get(i));
                    boolean cancelled = found.finishReason() == FinishReason.CANCELLED;
                    int[] expected = plain.get(i).tokens();
                    assertArrayEquals(cancelled ? Arrays.copyOf(expected, found.tokens().length) : expected, found.tokens(),
                            "request " + i + " of seed " + SEED);
                    assertTrue(cancelled || plain.get(i).finishReason() == found.finishReason());
                    accepted += drafted.get(i) ? found.acceptedTokens() : 0;
                    proposed += drafted.get(i) ? found.proposedTokens() : 0;
                }
                String said = accepted + " of " + proposed;
                assertTrue(proposed > count, said);
                switch (drafting) {
                    case SAME -> assertTrue(accepted > 0.6 * proposed, said);
                    case SHORT -> assertTrue(accepted > 0.1 * proposed && accepted < 0.9 * proposed, said);
                    case OTHER -> assertTrue(accepted < 0.1 * proposed, said);
                }
                assertTrue(draft.sequences > 1, "the draft's sequences go together");
                assertEquals(plenty, tight.refused() == 0, tight.refused() + " steps of the model found no memory");
                assertEquals(plenty, narrow.refused() == 0, narrow.refused() + " steps of the draft found no memory");
                // each takes the memory of an ended sequence or ends the drafting of one
                assertTrue(narrow.refused() <= 4 * count, narrow.refused() + " steps of the draft found no memory");
            }
            assertTrue(tight.closed() && narrow.closed());
        }
    }

    private static final int[] PROMPT = IntStream.range(0, 50).map(i -> 11 + 37 * i % 1900).toArray();

    private interface Use {
        void with(Decoder decoder, DraftPlan draft, Asked asked, int[] plain);
    }

    /** A decoder on cpu with what {@code watched} makes of a draft of {@code options}, a greedy answer of 40 tokens and its tokens. */
    private static void onCpu(Drafting drafting, PlanOptions options, Function<Plan, DraftPlan> watched, Use use) {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            DraftPlan draft = watched.apply(backend.prepare(drafting.graph(file, options.contextLength()), options));
            try (Decoder decoder = new Decoder(backend.prepare(graph, new PlanOptions(CONTEXT, 2, 32, false)), CONTEXT,
                    Optional.of(draft))) {
                Asked asked = new Asked(PROMPT, 40, GenerationConfig.GREEDY.withTokens(0, 40), Speculation.draft());
                int[] plain = answer(decoder, asked.with(Speculation.NONE)).tokens();
                assertEquals(0, draft.steps, "nobody asked for it");
                answer(decoder, asked.with(Speculation.ngrams()));
                assertEquals(0, draft.steps, "nobody asked for it");
                assertEquals(40, plain.length);
                use.with(decoder, draft, asked, plain);
            }
        }
    }

    /** The draft computes each token about once, and the prompt that another had not at all. */
    @Test
    void theDraftKeepsWhatItHasComputed() {
        onCpu(Drafting.SAME, new PlanOptions(CONTEXT, 2, 8, false), DraftPlan::new, (decoder, draft, asked, plain) -> {
            Completion found = answer(decoder, asked);
            assertArrayEquals(plain, found.tokens());
            assertTrue(found.acceptedTokens() > 20 && found.acceptedTokens() == found.proposedTokens(),
                    found.acceptedTokens() + " of " + found.proposedTokens());
            assertTrue(draft.rows >= PROMPT.length && draft.rows <= PROMPT.length + plain.length, draft.rows + " rows");
            int before = draft.rows;
            assertArrayEquals(plain, answer(decoder, asked).tokens());
            assertTrue(draft.rows - before <= plain.length, draft.rows - before + " rows");
            before = draft.rows;
            assertArrayEquals(plain, completion(submit(decoder, asked, Sharing.NONE)).tokens());
            assertTrue(draft.rows - before >= PROMPT.length, draft.rows - before + " rows");
        });
    }

    /** A draft that is never right is asked ever less. */
    @Test
    void aWrongDraftCostsLittle() {
        onCpu(Drafting.OTHER, new PlanOptions(CONTEXT, 2, 64, false), DraftPlan::new, (decoder, draft, asked, plain) -> {
            Completion found = answer(decoder, asked);
            assertArrayEquals(plain, found.tokens());
            assertEquals(0, found.acceptedTokens());
            assertTrue(draft.steps > 3 && draft.steps < 20, draft.steps + " steps");
            assertTrue(found.proposedTokens() < 14, found.proposedTokens() + " proposed");
        });
    }

    @Test
    void nothingIsProposedBehindTheContextOfTheDraft() {
        int context = PROMPT.length + 17;
        onCpu(Drafting.SAME, new PlanOptions(context, 2, 16, false), DraftPlan::new, (decoder, draft, asked, plain) -> {
            Completion found = answer(decoder, asked);
            assertArrayEquals(plain, found.tokens());
            assertTrue(found.acceptedTokens() > 10 && found.proposedTokens() <= 18, found.proposedTokens() + " proposed");
            int steps = draft.steps;
            int[] whole = IntStream.concat(Arrays.stream(PROMPT), Arrays.stream(plain)).toArray();
            Asked behind = new Asked(Arrays.copyOf(whole, context + 3), 5, asked.config(), asked.speculation());
            assertEquals(0, answer(decoder, behind).proposedTokens());
            assertEquals(steps, draft.steps);
        });
    }

    /** Where the frequencies of a draft go by the length of a sequence, it computes all anew behind the border, as the model does. */
    @ParameterizedTest
    @ValueSource(strings = {"phi3-longrope", "llama-dynamic"})
    void draftsGrowPastTheBorderOfTheirFrequencies(String family) {
        try (ModelFile file = ModelFiles.open(Path.of("src", "test", "resources", "families", family + ".gguf"));
                Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), 64);
            int border = 16;
            for (int length : new int[] {3, border - 1, border, border + 5}) {
                DraftPlan draft = new DraftPlan(backend.prepare(graph, new PlanOptions(64, 1, 7, false)));
                try (Decoder decoder = new Decoder(backend.prepare(graph, new PlanOptions(64, 1, 16, false)), 64, Optional.of(draft))) {
                    int[] prompt = IntStream.range(0, length).map(i -> 3 + 7 * i % 30).toArray();
                    Asked asked = new Asked(prompt, 36, GenerationConfig.GREEDY.withTokens(0, 36), new Speculation.Draft(3));
                    Completion plain = answer(decoder, asked.with(Speculation.NONE));
                    Completion found = answer(decoder, asked);
                    assertArrayEquals(plain.tokens(), found.tokens());
                    int beyond = plain.tokens().length - Math.max(0, border - length);
                    assertTrue(found.acceptedTokens() > beyond / 2 && found.acceptedTokens() > 0.8 * found.proposedTokens(),
                            found.acceptedTokens() + " of " + found.proposedTokens() + " of " + plain.tokens().length);
                    assertTrue(draft.rows < 2 * (length + plain.tokens().length) + border, draft.rows + " rows");
                }
            }
        }
    }

    /** How a draft fails. */
    private enum Fault {
        EXCEPTION {
            @Override
            void strike(float[] output, int rows, int width) {
                throw new DeviceException("the device of the draft is lost");
            }
        },
        ERROR {
            @Override
            void strike(float[] output, int rows, int width) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
        },
        NOT_FINITE {
            @Override
            void strike(float[] output, int rows, int width) {
                IntStream.range(0, rows).forEach(row -> output[row * width + 100] = Float.NaN);
            }
        };

        abstract void strike(float[] output, int rows, int width);
    }

    /** The answer goes on without proposals, and so do those after it where the draft fails for good. */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void anAnswerGoesOnWithoutADraftThatFails(Fault fault) {
        for (int first : new int[] {1, 9}) {
            onCpu(Drafting.SAME, new PlanOptions(CONTEXT, 2, 64, false), plan -> new DraftPlan(plan) {
                @Override
                public void step(Batch batch, float[] output, StepObserver observer) {
                    super.step(batch, output, observer);
                    if (super.steps >= first) {
                        fault.strike(output, batch.outputRows().length, graph().output().width());
                    }
                }
            }, (decoder, draft, asked, plain) -> {
                Completion found = answer(decoder, asked);
                assertArrayEquals(plain, found.tokens());
                assertEquals(first, draft.steps, "it is not asked again");
                assertEquals(first > 1, found.acceptedTokens() > 0);
                List<Call<GenerationEvent>> calls = IntStream.range(0, 6).mapToObj(_ -> submit(decoder, asked, Sharing.PROMPTS)).toList();
                calls.forEach(call -> assertArrayEquals(plain, completion(call).tokens()));
                assertTrue(draft.drafts <= first + 6, draft.drafts + " steps");
            });
        }
    }
}
