package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.TokenLogProbability;

/** Log-probabilities against those of Transformers' raw logits: see record_log_probabilities.py. */
class LogProbabilitiesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path MODEL = Path.of("src/test/resources/decoding/llama");
    /** Of float32 against float64; 7.5e-5 is the most seen, and Transformers' own float32 is 2.6e-5 away. */
    private static final double LIMIT = 1e-4;
    /** Of rows of a prompt against rows of an answer; 1.1e-5 is the most seen. */
    private static final double LIMIT_OF_KERNELS = 2e-5;
    private static final LogProbabilities FIVE = LogProbabilities.top(5).withPrompt(true);

    @TempDir
    private Path folder;

    private LanguageModel load(JsonNode settings, int batchRows) throws IOException {
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.write(folder.resolve(file), Files.readAllBytes(MODEL.resolve(file)));
        }
        JSON.writeValue(folder.resolve("generation_config.json").toFile(), settings);
        return LanguageModel.load(folder, LoadOptions.DEFAULT.withContextLength(40).withThreads(1).withBatchRows(batchRows));
    }

    private static Completion complete(LanguageModel model, GenerationRequest request) {
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    private static GenerationRequest request(int[] prompt) {
        return GenerationRequest.of(new Prompt.Tokens(prompt));
    }

    @Test
    void theyAreThoseOfTheLogitsBeforeAnythingChangesThem() throws IOException {
        for (JsonNode one : JSON.readTree(MODEL.resolve("log-probabilities.json").toFile())) {
            for (int batchRows : new int[] {4, 256}) { // prompts in pieces and whole
                try (LanguageModel model = load(one.get("settings"), batchRows)) {
                    Completion completion = complete(model, request(ids(one.get("tokens"))).withLogProbabilities(FIVE));
                    assertArrayEquals(ids(one.get("answer")), completion.tokens());
                    assertSame(one.get("found"), completion.logProbabilities());
                    assertSame(one.get("prompt"), completion.promptLogProbabilities());
                }
            }
        }
    }

    private static void assertSame(JsonNode expected, List<TokenLogProbability> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            JsonNode one = expected.get(i);
            TokenLogProbability token = found.get(i);
            assertEquals(one.get("id").asInt(), token.id());
            assertEquals(one.get("logprob").asDouble(), token.logProbability(), LIMIT);
            assertArrayEquals(ids(one.get("top")), token.top().stream().mapToInt(TokenLogProbability.Top::id).toArray());
            for (int rank = 0; rank < 5; rank++) {
                assertEquals(one.get("top_logprobs").get(rank).asDouble(), token.top().get(rank).logProbability(), LIMIT);
            }
            assertEquals(token.id() == token.top().getFirst().id(), token.mostLikely());
        }
    }

    /** Drawn at a temperature, filtered and biased: the numbers are the model's all the same, and asking for them changes no token. */
    @Test
    void drawnTokensHaveTheModelsOwn() throws IOException {
        int[] prompt = {5, 9, 30, 11, 17, 23, 4, 8, 31, 12, 6};
        try (LanguageModel model = load(JSON.createObjectNode(), 4)) {
            boolean seldom = false;
            for (int seed = 0; seed < 8; seed++) {
                GenerationRequest plain = request(prompt).withMaxTokens(10).withIgnoreEnd(true)
                        .withSampling(Sampling.GREEDY.withTemperature(2.5f).withTopK(20).withLogitBias(java.util.Map.of(7, 2f))
                        .withSeed(seed));
                Completion completion = complete(model, plain.withLogProbabilities(new LogProbabilities(41, true)));
                assertArrayEquals(complete(model, plain).tokens(), completion.tokens());
                assertTrue(complete(model, plain).logProbabilities().isEmpty()
                        && complete(model, plain).promptLogProbabilities().isEmpty());
                assertEquals(10, completion.logProbabilities().size());
                assertEquals(prompt.length - 1, completion.promptLogProbabilities().size());
                List<TokenLogProbability> all = new ArrayList<>(completion.promptLogProbabilities());
                all.addAll(completion.logProbabilities());
                int[] tokens = IntStream.concat(IntStream.of(prompt), IntStream.of(completion.tokens())).toArray();
                float[] logits = model.logits(tokens, true);
                for (int i = 0; i < all.size(); i++) {
                    int from = i * 41;
                    double sum = Math.log(IntStream.range(from, from + 41).mapToDouble(at -> Math.exp(logits[at])).sum());
                    assertEquals(tokens[i + 1], all.get(i).id());
                    assertEquals(logits[from + tokens[i + 1]] - sum, all.get(i).logProbability(), LIMIT_OF_KERNELS);
                    // 4.9e-7 was seen
                    assertEquals(1, all.get(i).top().stream().mapToDouble(top -> Math.exp(top.logProbability())).sum(), 1.4e-6);
                    seldom |= !all.get(i).mostLikely();
                }
            }
            assertTrue(seldom, "every token was the most likely one");
        }
    }

    @Test
    void eventsTellEachTokenBeforeItsText() {
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1))) {
            GenerationRequest request = GenerationRequest.of(new Prompt.Raw("It is a truth universally")).withMaxTokens(12)
                    .withLogProbabilities(FIVE);
            List<TokenLogProbability> tokens = new ArrayList<>();
            List<TokenLogProbability> prompt = new ArrayList<>();
            Completion completion = null;
            try (Generation generation = model.generate(request)) {
                while (generation.hasNext()) {
                    switch (generation.next()) {
                        case GenerationEvent.Prompt before -> {
                            assertTrue(tokens.isEmpty() && prompt.isEmpty());
                            prompt.addAll(before.tokens());
                        }
                        case GenerationEvent.Token token -> tokens.add(token.token());
                        case GenerationEvent.Text _ -> assertFalse(tokens.isEmpty());
                        case GenerationEvent.Called _ -> throw new AssertionError("no tools were given");
                        case GenerationEvent.Finished finished -> completion = finished.completion();
                    }
                }
            }
            assertEquals(completion.logProbabilities(), tokens);
            assertEquals(completion.promptLogProbabilities(), prompt);
            assertArrayEquals(completion.tokens(), tokens.stream().mapToInt(TokenLogProbability::id).toArray());
            Completion plain = complete(model, GenerationRequest.of(request.prompt()).withMaxTokens(12));
            assertEquals(plain.text(), completion.text());
            Completion again = complete(model, request);
            assertEquals(completion.promptLogProbabilities(), again.promptLogProbabilities(), "although it is in the cache by now");
            assertEquals(0, again.reusedTokens());
            Completion scored = complete(model, request.withMaxTokens(0));
            assertEquals(completion.promptLogProbabilities(), scored.promptLogProbabilities());
            assertEquals("", scored.text());
            assertEquals(0, complete(model, request.withLogProbabilities(LogProbabilities.top(0))).logProbabilities().getFirst().top()
                    .size());
        }
    }

    @Test
    void whatIsNotThereIsRefused() throws IOException {
        assertThrows(InvalidRequestException.class, () -> LogProbabilities.top(-1));
        assertThrows(InvalidRequestException.class, () -> LogProbabilities.top(LogProbabilities.MAX_TOP + 1));
        try (LanguageModel model = load(JSON.readTree("{\"num_beams\":2}"), 256)) {
            String message = assertThrows(InvalidRequestException.class,
                    () -> model.generate(request(new int[] {5}).withLogProbabilities(LogProbabilities.top(1)))).getMessage();
            assertTrue(message.contains("beam"), message);
            assertNotEquals(0, complete(model, request(new int[] {5}).withSampling(Sampling.GREEDY)
                    .withLogProbabilities(LogProbabilities.top(1))).logProbabilities().size());
        }
    }

    private static int[] ids(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }
}
