package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.generate.RequestOptions;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.error.BusyException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;

/** Several answers to one prompt: each is what it is alone, and the prompt is computed once. */
@Timeout(120)
class SeveralAnswersTest {

    private static final String PROMPT = "It is a truth universally acknowledged, that a single man in possession of a good fortune";
    private static final Sampling DRAWN = Sampling.GREEDY.withTemperature(1.2f).withTopP(0.9f);

    private static GenerationRequest request(int tokens) {
        return GenerationRequest.of(new Prompt.Raw(PROMPT)).withMaxTokens(tokens);
    }

    private static LanguageModel load(int sequences) {
        return LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1).withSequences(sequences));
    }

    private static Completion alone(LanguageModel model, GenerationRequest request) {
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    @Test
    void eachIsWhatItIsAlone() {
        try (LanguageModel model = load(3); LanguageModel other = load(1)) {
            List<Completion> drawn = model.generate(request(20).withSampling(DRAWN.withSeed(41)), 7, RequestOptions.DEFAULT).stream()
                    .map(Generation::complete).toList();
            for (int i = 0; i < 7; i++) {
                Completion expected = alone(other, request(20).withSampling(DRAWN.withSeed(41 + i)));
                assertArrayEquals(expected.tokens(), drawn.get(i).tokens());
                assertEquals(expected.text(), drawn.get(i).text());
                assertEquals(OptionalLong.of(41 + i), drawn.get(i).seed());
                assertEquals(i == 0 ? 0 : drawn.get(i).promptTokens() - 1, drawn.get(i).reusedTokens());
            }
            assertTrue(drawn.stream().map(Completion::text).distinct().count() > 4, "they differ");
            List<Completion> unseeded = model.generate(request(5).withSampling(DRAWN), 2, RequestOptions.DEFAULT).stream()
                    .map(Generation::complete).toList();
            assertEquals(unseeded.getFirst().seed().getAsLong() + 1, unseeded.getLast().seed().getAsLong());
            List<Completion> greedy = model.generate(request(20), 3, RequestOptions.DEFAULT).stream().map(Generation::complete).toList();
            greedy.forEach(one -> assertEquals(alone(other, request(20)).text(), one.text()));
            model.generate(request(3).withSharing(Sharing.NONE), 3, RequestOptions.DEFAULT)
                    .forEach(one -> assertEquals(0, one.complete().reusedTokens()));
            List<Completion> scored = model.generate(request(3).withLogProbabilities(new LogProbabilities(1, true)), 2,
                    RequestOptions.DEFAULT).stream().map(Generation::complete).toList();
            assertEquals(scored.getFirst().promptTokens() - 1, scored.getFirst().promptLogProbabilities().size());
            assertEquals(0, scored.getLast().promptLogProbabilities().size());
            assertEquals(scored.getFirst().logProbabilities(), scored.getLast().logProbabilities());
        }
    }

    /** In memory for all of them, and in memory for hardly more than one. */
    @Test
    void thePromptIsComputedOnce() {
        int[] prompt = IntStream.range(0, 60).map(i -> 3 + i * 37 % 500).toArray();
        for (int positions : new int[] {1000, 100}) {
            try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(new BackendOptions(1, Optional.empty()))) {
                TightPlan plan = new TightPlan(backend.prepare(GraphBuilder.build(file, Architecture.of(file), 96),
                        new PlanOptions(96, 4, 16, false)), positions);
                try (Decoder decoder = new Decoder(plan)) {
                    GenerationConfig decoding = GenerationConfig.GREEDY.withSampling(DRAWN.withSeed(5));
                    GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(20);
                    List<Completion> all = decoder.generate(Optional.empty(), Set.of(), request, 6, decoding, Optional.empty(),
                            Optional::empty, prompt, RequestOptions.DEFAULT)
                            .stream().map(SeveralAnswersTest::completion).toList();
                    if (positions == 1000) {
                        assertEquals(prompt.length + 5, plan.promptRows(), "the prompt, and its last token for each other");
                    } else {
                        assertTrue(plan.refused() > 0);
                    }
                    for (int i = 0; i < 6; i++) {
                        Completion expected = completion(decoder.generate(
                                Optional.empty(), Set.of(), request, 1, decoding.withSeedAdded(i), Optional.empty(), Optional::empty,
                                prompt, RequestOptions.DEFAULT).getFirst());
                        assertArrayEquals(expected.tokens(), all.get(i).tokens());
                    }
                }
            }
        }
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

    @Test
    void eachIsCancelledByItself() {
        try (LanguageModel model = load(4)) {
            GenerationRequest request = request(30).withSampling(DRAWN.withSeed(1)).withIgnoreEnd(true);
            List<Generation> all = model.generate(request, 4, RequestOptions.DEFAULT);
            all.getFirst().cancel(); // whose prompt the others share
            all.get(2).close();
            assertEquals(FinishReason.CANCELLED, all.getFirst().complete().finishReason());
            assertEquals(FinishReason.CANCELLED, all.get(2).complete().finishReason());
            for (int i : new int[] {1, 3}) {
                assertEquals(alone(model, request.withSampling(DRAWN.withSeed(1 + i))).text(), all.get(i).complete().text());
            }
            model.generate(request(model.contextLength()).withIgnoreEnd(true), 3, RequestOptions.DEFAULT.withTimeout(Duration.ofMillis(40)))
                    .forEach(one -> assertEquals(FinishReason.TIMED_OUT, one.complete().finishReason()));
        }
    }

    @Test
    void allAreStartedOrNone() {
        try (LanguageModel model = load(1); Generation running = model.generate(request(model.contextLength()).withIgnoreEnd(true))) {
            running.next();
            List<Generation> waiting = model.generate(request(1), 1000, RequestOptions.DEFAULT);
            assertThrows(BusyException.class, () -> model.generate(request(1), 30, RequestOptions.DEFAULT));
            List<Generation> last = model.generate(request(1), 24, RequestOptions.DEFAULT);
            assertThrows(BusyException.class, () -> model.generate(request(1)));
            waiting.forEach(Generation::cancel);
            last.forEach(Generation::cancel);
            assertThrows(InvalidRequestException.class, () -> model.generate(request(1), 0, RequestOptions.DEFAULT));
            assertThrows(InvalidRequestException.class, () -> model.generate(request(1), Engine.QUEUE + 1, RequestOptions.DEFAULT));
            assertFalse(running.complete().text().isEmpty());
        }
    }
}
