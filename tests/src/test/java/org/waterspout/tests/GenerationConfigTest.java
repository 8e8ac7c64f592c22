package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.waterspout.backend.Backend;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.decode.Source;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.BeamRule;
import org.waterspout.generate.BeamRule.Stopping;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.LogitRules;
import org.waterspout.generate.Sampling;
import org.waterspout.runtime.EncoderDecoder;
import org.waterspout.tests.TranslatorModel.Options;
import org.waterspout.tests.TranslatorModel.Recording;
import org.waterspout.tests.TranslatorModel.Search;
import org.waterspout.tests.TranslatorModel.Sequence;

/** Greedy and beam search against what Transformers, and Marian's rule, found for the same tiny models. */
class GenerationConfigTest {

    /** Of a score, which is a mean of some log-probabilities. */
    private static final double LIMIT = 1.5e-5; // 5.3e-6 was seen
    private static final int CONTEXT = 32;

    @TestFactory
    Stream<DynamicNode> searchesFindWhatTransformersFinds() {
        return everywhere((model, backend) -> {
            try (EncoderDecoder engine = engine(model, backend, 4, 64)) {
                for (Recording recording : model.recordings()) {
                    for (Search search : recording.searches()) {
                        List<Hypothesis> found = engine.translate(List.of(new Source(recording.source())),
                                config(model, search.options()), _ -> { }).getFirst();
                        assertFound(model, search, found);
                    }
                }
            }
        });
    }

    /** In any order, with more sources than places, in batches too small for all of them. */
    @Tag("slow")
    @TestFactory
    Stream<DynamicNode> aSourceGivesTheSameWhateverStandsBesideIt() {
        long seed = new Random().nextLong();
        return everywhere((model, backend) -> {
            System.out.println("seed " + seed);
            Random random = new Random(seed);
            List<Recording> recordings = model.recordings();
            List<Integer> order = new ArrayList<>(IntStream.range(0, 9).map(i -> i % recordings.size()).boxed().toList());
            Collections.shuffle(order, random);
            try (EncoderDecoder engine = engine(model, backend, 9, 24)) {
                for (int number = 0; number < recordings.getFirst().searches().size() - 1; number++) {
                    Options options = recordings.getFirst().searches().get(number).options();
                    List<Source> sources = order.stream().map(i -> new Source(recordings.get(i).source())).toList();
                    Set<Integer> told = new HashSet<>();
                    List<List<Hypothesis>> found = engine.translate(sources, config(model, options), told::add);
                    assertEquals(order.size(), told.size());
                    for (int i = 0; i < order.size(); i++) {
                        assertFound(model, recordings.get(order.get(i)).searches().get(number), found.get(i));
                    }
                }
            }
        });
    }

    /** Each source with candidates of its own: those that its target has alone with them, it has beside others. */
    @Test
    void candidatesAreASourcesOwn() {
        try (TranslatorModel model = TranslatorModel.open("marian-ssru"); Backend backend = new ReferenceBackend();
                EncoderDecoder engine = engine(model, backend, 6, 64)) {
            List<Source> sources = new ArrayList<>();
            for (int i = 0; i < model.recordings().size(); i++) {
                int remainder = i % 2;
                sources.add(new Source(model.recordings().get(i).source(),
                        IntStream.range(0, 47).filter(token -> token == 0 || token % 3 == remainder).toArray()));
            }
            for (GenerationConfig config : List.of(GenerationConfig.of(model.file().metadata()),
                    GenerationConfig.of(model.file().metadata()).withBeams(3, 3))) {
                List<List<Hypothesis>> together = engine.translate(sources, config, _ -> { });
                for (int i = 0; i < sources.size(); i++) {
                    int remainder = i % 2;
                    List<Hypothesis> alone = engine.translate(List.of(sources.get(i)), config, _ -> { }).getFirst();
                    assertEquals(alone.size(), together.get(i).size());
                    for (int rank = 0; rank < alone.size(); rank++) {
                        assertArrayEquals(alone.get(rank).tokens(), together.get(i).get(rank).tokens());
                        assertEquals(alone.get(rank).score(), together.get(i).get(rank).score());
                        assertTrue(IntStream.of(alone.get(rank).tokens()).allMatch(token -> token == 0 || token % 3 == remainder));
                    }
                }
            }
        }
    }

    @Test
    void samplingDrawsAndIsRepeatedByItsSeed() {
        try (TranslatorModel model = TranslatorModel.open("bart"); Backend backend = new ReferenceBackend();
                EncoderDecoder engine = engine(model, backend, 4, 64)) {
            List<Source> sources = List.of(new Source(model.recordings().getFirst().source()));
            GenerationConfig greedy = GenerationConfig.of(model.file().metadata());
            assertArrayEquals(engine.translate(sources, greedy, _ -> { }).getFirst().getFirst().tokens(),
                    engine.translate(sources, greedy.withSampling(Sampling.GREEDY), _ -> { }).getFirst().getFirst().tokens());
            Set<String> different = new HashSet<>();
            for (int seed = 0; seed < 8; seed++) {
                GenerationConfig drawn = greedy.withSampling(Sampling.GREEDY.withTemperature(3).withSeed(seed));
                String once = engine.translate(sources, drawn, _ -> { }).toString();
                String tokens = Arrays.toString(engine.translate(sources, drawn, _ -> { }).getFirst().getFirst().tokens());
                assertTrue(once.contains("score"), once);
                assertEquals(tokens, Arrays.toString(engine.translate(sources, drawn, _ -> { }).getFirst().getFirst().tokens()));
                different.add(tokens);
            }
            assertTrue(different.size() > 4, different.toString());
        }
    }

    @Test
    void theLimitGrowsWithTheSource() {
        try (TranslatorModel model = TranslatorModel.open("marian-ssru"); Backend backend = new ReferenceBackend();
                EncoderDecoder engine = engine(model, backend, 4, 64)) {
            int[] source = model.recordings().getFirst().source();
            GenerationConfig never = new GenerationConfig(1, 1, BeamRule.DEFAULT, 0, 0, 1.4f, LogitRules.NONE.withSuppressed(Set.of(0)),
                    Optional.empty());
            Hypothesis found = engine.translate(List.of(new Source(source)), never, _ -> { }).getFirst().getFirst();
            assertEquals((int) Math.ceil(1.4 * source.length), found.tokens().length);
        }
    }

    @Test
    void wrongRequestsAreRefusedInALine() {
        try (TranslatorModel model = TranslatorModel.open("t5"); Backend backend = new ReferenceBackend();
                EncoderDecoder engine = engine(model, backend, 4, 64)) {
            GenerationConfig greedy = GenerationConfig.GREEDY;
            assertRefused("empty", () -> engine.translate(List.of(new Source(new int[0])), greedy, _ -> { }));
            assertRefused("33 tokens", () -> engine.translate(List.of(new Source(new int[33])), greedy, _ -> { }));
            assertRefused("no token 47", () -> engine.translate(List.of(new Source(new int[] {3, 47})), greedy, _ -> { }));
            assertRefused("beam of 5", () -> engine.translate(List.of(new Source(new int[] {3})), greedy.withBeams(5, 1), _ -> { }));
            assertRefused("no token 99", () -> engine.translate(List.of(new Source(new int[] {3})),
                    greedy.withRules(LogitRules.NONE.withSuppressed(Set.of(99))), _ -> { }));
            assertRefused("3 best", () -> greedy.withBeams(2, 3));
            assertRefused("there are none", () -> greedy.withTokens(5, 5));
            EncoderDecoder closed = engine(model, backend, 4, 64);
            closed.close();
            assertThrows(ClosedException.class, () -> closed.translate(List.of(new Source(new int[] {3})), greedy, _ -> { }));
        }
    }

    private static void assertRefused(String part, Executable request) {
        String message = assertThrows(InvalidRequestException.class, request).getMessage();
        assertTrue(message.contains(part) && message.lines().count() == 1, message);
    }

    private static void assertFound(TranslatorModel model, Search search, List<Hypothesis> found) {
        String where = model.name() + " " + search.name();
        assertEquals(search.sequences().size(), found.size(), where);
        int end = model.file().metadata().integer("tokenizer.ggml.eos_token_id");
        for (int rank = 0; rank < found.size(); rank++) {
            Sequence expected = search.sequences().get(rank);
            Hypothesis actual = found.get(rank);
            int[] whole = IntStream.concat(IntStream.of(actual.tokens()), actual.ended() ? IntStream.of(end) : IntStream.empty()).toArray();
            assertArrayEquals(expected.tokens(), whole, where + " rank " + rank);
            assertEquals(expected.score(), actual.score(), LIMIT, where + " rank " + rank);
        }
    }

    private static GenerationConfig config(TranslatorModel model, Options options) {
        GenerationConfig base = GenerationConfig.of(model.file().metadata());
        int beams = options.numBeams() == null ? 1 : options.numBeams();
        Stopping stopping = base.rule().shrinking() ? Stopping.LAST : switch (options.earlyStopping()) {
            case null -> Stopping.ESTIMATE;
            case "true" -> Stopping.FULL;
            case "never" -> Stopping.POSSIBLE;
            case String other -> throw new IllegalStateException(other);
        };
        float penalty = options.lengthPenalty() == null ? 1 : options.lengthPenalty().floatValue();
        int min = options.minLength() == null ? 0 : options.minLength() - 1;
        Set<Integer> forbidden = new HashSet<>(base.rules().suppressed());
        if (options.forbidden() != null) {
            forbidden.addAll(options.forbidden());
        }
        boolean forced = options.forcedBosTokenId() != null;
        return base.withBeams(beams, options.numReturnSequences() == null ? 1 : options.numReturnSequences())
                .withRule(new BeamRule(penalty, stopping, 1, base.rule().shrinking())).withTokens(min, options.maxLength() - 1)
                .withRules(base.rules().withNoRepeatNgram(options.noRepeatNgramSize() == null ? 0 : options.noRepeatNgramSize())
                        .withSuppressed(forbidden)
                        .withForced(forced ? OptionalInt.of(options.forcedBosTokenId()) : OptionalInt.empty(),
                                forced ? List.of(model.file().metadata().integer("tokenizer.ggml.eos_token_id")) : List.of()));
    }

    private static EncoderDecoder engine(TranslatorModel model, Backend backend, int sequences, int rows) {
        return new EncoderDecoder(backend.prepare(model.graph(CONTEXT, CONTEXT),
                new PlanOptions(CONTEXT, sequences, rows, false).withSources(sequences, CONTEXT)),
                model.file().metadata().integer(model.architecture().family() + ".decoder_start_token_id"),
                Set.of(model.file().metadata().integer("tokenizer.ggml.eos_token_id")));
    }

    private interface Check {
        void run(TranslatorModel model, Backend backend);
    }

    /** On the fast backends; the emulator's steps are checked by {@link EncoderDecodersTest}. */
    private static Stream<DynamicNode> everywhere(Check check) {
        return TestBackend.all().stream().filter(backend -> !backend.name().equals("emulator")).map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            return DynamicContainer.dynamicContainer(backend.name(), TranslatorModel.names().stream()
                    .map(name -> DynamicTest.dynamicTest(name, () -> {
                        try (TranslatorModel model = TranslatorModel.open(name)) {
                            check.run(model, opened);
                        }
                    })).onClose(opened::close));
        });
    }
}
