package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.decode.NgramProposer;
import org.waterspout.decode.Proposals;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
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
import org.waterspout.tests.TestBackend;

/** Tokens that are proposed change no answer, however many are right. */
@Tag(TestBackend.ON_DEVICES)
class SpeculationTest {

    private static final int CONTEXT = 96;
    private static final long SEED = 20261130L;

    /** The largest step of generated rows that a plan ran. */
    private static final class LargestStepPlan extends WatchedPlan {
        private int rows;

        LargestStepPlan(Plan plan) {
            super(plan);
        }

        @Override
        public void step(Batch batch, float[] output, StepObserver observer) {
            rows = Math.max(rows, batch.phase() == Batch.Phase.GENERATION ? batch.rows() : 0);
            super.step(batch, output, observer);
        }
    }

    private record Asked(int[] prompt, int tokens, GenerationConfig config, Speculation speculation) {
    }

    /** Prompts that repeat themselves, so that much is proposed; draws at temperatures where some of it comes. */
    private static List<Asked> asked(SplittableRandom random, int count, int vocabulary) {
        List<Asked> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] phrase = random.ints(random.nextInt(1, 7), 3, vocabulary).toArray();
            int[] prompt = IntStream.range(0, random.nextInt(2, 60)).map(at -> random.nextInt(12) == 0 ? random.nextInt(3, vocabulary)
                    : phrase[at % phrase.length]).toArray();
            GenerationConfig config = switch (random.nextInt(4)) {
                case 0 -> GenerationConfig.GREEDY;
                case 1 -> GenerationConfig.GREEDY.withRules(LogitRules.NONE.withNoRepeatNgram(4).withSuppressed(Set.of(phrase[0])));
                default -> GenerationConfig.GREEDY.withSampling(Sampling.GREEDY.withTemperature(0.3f + random.nextInt(8) / 10f)
                        .withTopP(random.nextBoolean() ? 1 : 0.9f).withPenalties(random.nextBoolean() ? 1 : 1.1f, 0, 0)
                        .withSeed(random.nextLong()));
            };
            int tokens = random.nextInt(1, 50); // some answers are ended by the context
            all.add(new Asked(prompt, tokens, config.withTokens(0, tokens),
            new Speculation.Ngrams(random.nextInt(1, 5), random.nextInt(1, 12))));
        }
        return all;
    }

    private static Call<GenerationEvent> submit(Decoder decoder, Asked asked, Speculation speculation) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(asked.prompt())).withMaxTokens(asked.tokens())
                .withSpeculation(speculation);
        return decoder.generate(Optional.empty(), Set.of(2), request, 1, asked.config(), Optional.empty(), Optional::empty, asked.prompt(),
                RequestOptions.DEFAULT).getFirst();
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

    /** Alone and beside others, in plenty of memory and where tasks are put back, with and without sharing. */
    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> answersAreThoseOfPlainDecoding() {
        return TestBackend.all().stream().filter(backend -> backend.name().equals("cpu") || backend.name().startsWith("tornado"))
                .flatMap(backend -> Stream.of(1000, 200).map(positions -> DynamicTest.dynamicTest(backend.name() + " " + positions, () -> {
                    assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                    run(backend, positions, backend.name().equals("cpu") ? 64 : 32);
                })));
    }

    private static void run(TestBackend where, int positions, int count) {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = where.open().get()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            List<Asked> all = asked(new SplittableRandom(SEED), count, graph.output().width());
            List<Completion> plain;
            try (Decoder decoder = new Decoder(backend.prepare(graph, new PlanOptions(CONTEXT, 1, 32, false)))) {
                plain = all.stream().map(one -> completion(submit(decoder, one, Speculation.NONE))).toList();
            }
            TightPlan tight = new TightPlan(backend.prepare(graph, new PlanOptions(CONTEXT, 4, 16, false)), positions);
            LargestStepPlan plan = new LargestStepPlan(tight);
            try (Decoder decoder = new Decoder(plan)) {
                SplittableRandom random = new SplittableRandom(SEED + 1);
                List<Call<GenerationEvent>> calls = all.stream().map(one ->
                        submit(decoder, one, random.nextInt(4) == 0 ? Speculation.NONE : one.speculation())).toList();
                int accepted = 0;
                int proposed = 0;
                for (int i = 0; i < count; i++) {
                    Completion found = completion(calls.get(i));
                    assertArrayEquals(plain.get(i).tokens(), found.tokens(), "request " + i + " of seed " + SEED);
                    assertEquals(plain.get(i).finishReason(), found.finishReason());
                    assertTrue(found.acceptedTokens() <= Math.min(found.proposedTokens(), found.tokens().length));
                    accepted += found.acceptedTokens();
                    proposed += found.proposedTokens();
                }
                assertTrue(accepted > count / 2 && proposed > accepted, accepted + " of " + proposed);
                assertTrue(plan.rows > 4, plan.rows + " rows");
                assertTrue(positions < 1000 || plan.rows <= 8, plan.rows + " rows"); // what was put back is computed again in more
                assertTrue(positions == 1000 ? tight.refused() == 0 : tight.refused() > 0, tight.refused() + " steps found no memory");
            }
        }
    }

    /** A sequence alone needs no more memory with proposals than without. */
    @Test
    void whatIsOnlyProposedCostsNobodyHisPlace() {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            int[] prompt = IntStream.range(0, 30).map(i -> 10 + i % 3).toArray();
            Asked asked = new Asked(prompt, 20, GenerationConfig.GREEDY.withTokens(0, 20), new Speculation.Ngrams(3, 7));
            TightPlan plan = new TightPlan(backend.prepare(graph, new PlanOptions(CONTEXT, 1, 16, false)), 30 + 19 - 3);
            try (Decoder decoder = new Decoder(plan)) {
                assertThrows(org.waterspout.error.OutOfMemoryException.class, () -> completion(submit(decoder, asked, Speculation.NONE)));
                Asked shorter = new Asked(prompt, 17, GenerationConfig.GREEDY.withTokens(0, 17), asked.speculation());
                int[] plain = completion(submit(decoder, shorter, Speculation.NONE)).tokens();
                assertArrayEquals(plain, completion(submit(decoder, shorter, shorter.speculation())).tokens());
            }
        }
    }

    @Test
    void formsLogProbabilitiesAndSharingStayAsTheyAre() {
        String prompt = "the rose, the lily, the rose, the lily, the rose, the lily, the";
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1))) {
            GenerationRequest base = GenerationRequest.of(new Prompt.Raw(prompt)).withMaxTokens(40);
            int accepted = 0;
            for (GenerationRequest request : List.of(base, base.withForm(AnswerForm.regex("( rose, the| lily, the){4,9}\\.")),
                    base.withSampling(Sampling.GREEDY.withTemperature(0.6f).withSeed(3)), base.withSharing(Sharing.ALL),
                    base.withForm(AnswerForm.regex("( rose, the| lily, the){4,9}\\."))
                    .withSampling(Sampling.GREEDY.withTemperature(1).withSeed(4)))) {
                Completion plain = complete(model, request.withLogProbabilities(LogProbabilities.top(2)));
                Completion found = complete(model, request.withLogProbabilities(LogProbabilities.top(2))
                        .withSpeculation(Speculation.ngrams()));
                assertEquals(plain.text(), found.text());
                assertArrayEquals(plain.tokens(), found.tokens());
                assertEquals(plain.logProbabilities(), found.logProbabilities());
                assertEquals(plain.finishReason(), found.finishReason());
                accepted += found.acceptedTokens();
            }
            assertTrue(accepted > 40, accepted + " accepted");
            assertEquals(0, complete(model, base).proposedTokens());
        }
    }

    private static Completion complete(LanguageModel model, GenerationRequest request) {
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    @Test
    void theMostRecentOfTheLongestIsProposed() {
        Speculation.Ngrams two = new Speculation.Ngrams(2, 3);
        int[] sequence = {1, 2, 9, 9, 1, 2, 7, 8, 2, 5, 1, 2, 0};
        assertArrayEquals(new int[] {7, 8, 2}, proposed(two, sequence, 12, 10));
        assertArrayEquals(new int[] {7}, proposed(two, sequence, 12, 1));
        assertArrayEquals(new int[0], proposed(two, sequence, 12, 0));
        assertArrayEquals(new int[0], proposed(two, sequence, 12, -3));
        assertArrayEquals(new int[0], proposed(two, sequence, 13, 10));
        assertArrayEquals(new int[] {8}, proposed(new Speculation.Ngrams(1, 1), new int[] {7, 8, 7}, 3, 5));
        assertThrows(InvalidRequestException.class, () -> new Speculation.Ngrams(0, 1));
        assertThrows(InvalidRequestException.class, () -> new Speculation.Ngrams(1, 0));
    }

    private static int[] proposed(Speculation.Ngrams how, int[] sequence, int length, int max) {
        return proposed(new Proposals(new NgramProposer(how), how.tokens(), 0), sequence, length, max);
    }

    private static int[] proposed(Proposals proposals, int[] sequence, int length, int max) {
        return proposals.propose(sequence, length, proposals.wanted(max));
    }

    /** Where the text goes another way each time, ever fewer steps have rows to check; one that is right ends that. */
    @Test
    void wrongProposalsPause() {
        assertEquals(List.of(0, 2, 5, 10, 19, 36, 69), wrongSteps(new Proposals(new NgramProposer(new Speculation.Ngrams(1, 4)), 4, 0)));
        assertEquals(List.of(0, 1, 2, 4, 7, 12, 21, 38, 71), wrongSteps(new Proposals(new NgramProposer(new Speculation.Ngrams(1, 4)), 4,
                2)));
        Proposals proposals = new Proposals(new NgramProposer(new Speculation.Ngrams(1, 4)), 4, 0);
        wrongSteps(proposals);
        assertEquals(0, proposals.accepted());
        int[] right = {};
        while (right.length == 0) {
            right = proposed(proposals, WRONG, 3, 5);
        }
        proposals.chosen(8);
        assertEquals(2, proposed(proposals, WRONG, 3, 5).length, "at the next step, and more of them");
    }

    private static final int[] WRONG = {7, 8, 7};

    private static List<Integer> wrongSteps(Proposals proposals) {
        List<Integer> steps = new ArrayList<>();
        for (int step = 0; step < 100; step++) {
            if (proposed(proposals, WRONG, 3, 5).length > 0) {
                steps.add(step);
                proposals.chosen(9);
            }
        }
        return steps;
    }
}
