package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Hypothesis;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;

/** Every setting of generation_config.json against what Transformers found with it: see record_decoding.py, which made the folders. */
class DecodingSettingsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDERS = Path.of("src/test/resources/decoding");
    /** Of a score, which is a sum of some 20 log-probabilities over a power of their number; 3.9e-5 of 9.2 is the most seen. */
    private static final double LIMIT = 6e-5;
    /**
     * Two hypotheses of one search whose recorded scores are equal to all digits: one token, 41, at another place among 11s under a
     * repetition penalty. Which of them comes first is decided by the last bits of sums, so either may stand for the other.
     */
    private static final List<int[]> TIED = List.of(elevens(10), elevens(18));
    private static final int[] PROMPT = {5, 9, 30};

    @TempDir
    private Path folder;

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> encoderDecodersFollowTheirFile() throws IOException {
        return cases("bart", one -> {
            copy("bart", one.get("settings"));
            try (Translator translator = Translator.load(folder, LoadOptions.DEFAULT.withContextLength(40))) {
                int best = one.get("settings").path("num_beams").asInt(1);
                List<Hypothesis> found = translator.translateTokens(List.of(ids(one.get("tokens"))),
                        TranslationOptions.DEFAULT.withBest(best)).getFirst();
                assertEquals(one.get("found").size(), found.size());
                for (int rank = 0; rank < found.size(); rank++) {
                    int[] expected = ids(one.get("found").get(rank));
                    if (!areTied(expected, found.get(rank).tokens())) {
                        assertArrayEquals(expected, found.get(rank).tokens(), "rank " + rank);
                    }
                    if (!one.get("scores").isEmpty()) {
                        assertEquals(one.get("scores").get(rank).doubleValue(), found.get(rank).score(), LIMIT, "rank " + rank);
                    }
                }
            }
        });
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> decodersFollowTheirFile() throws IOException {
        return cases("llama", one -> {
            copy("llama", one.get("settings"));
            assertArrayEquals(ids(one.get("found").get(0)),
                    complete(GenerationRequest.of(new Prompt.Tokens(ids(one.get("tokens"))))).tokens());
        });
    }

    /** Each is refused by its name, when text is generated and not before. */
    @ParameterizedTest
    @ValueSource(strings = {"\"guidance_scale\":3.0", "\"num_beam_groups\":2", "\"diversity_penalty\":0.5", "\"penalty_alpha\":0.6",
        "\"watermarking_config\":{\"bias\":2}", "\"force_words_ids\":[[4]]", "\"forced_decoder_ids\":[[1,2]]", "\"dola_layers\":\"high\"",
        "\"token_healing\":true", "\"num_beams\":2,\"do_sample\":true"})
    void whatIsNotBuiltIsRefusedByName(String setting) throws IOException {
        copy("llama", JSON.readTree("{" + setting + "}"));
        String name = setting.substring(1, setting.indexOf('"', 1));
        String message = assertThrows(UnsupportedModelException.class, () -> complete(request())).getMessage();
        assertTrue(message.contains(name) && message.lines().count() == 1, message);
        try (LanguageModel model = LanguageModel.load(folder)) {
            assertEquals(model.vocabulary(), model.logits(PROMPT, false).length);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"guidance_scale\":1.0", "\"num_beam_groups\":1", "\"use_cache\":false", "\"typical_p\":0.9",
        "\"prompt_lookup_num_tokens\":3"})
    void whatChangesNoAnswerIsIgnored(String setting) throws IOException {
        copy("llama", JSON.readTree("{}"));
        int[] plain = complete(request()).tokens();
        copy("llama", JSON.readTree("{" + setting + "}"));
        assertArrayEquals(plain, complete(request()).tokens());
    }

    @Test
    void aFileThatWantsDrawsGetsThem() throws IOException {
        copy("llama", JSON.readTree("{\"do_sample\":true,\"temperature\":3.0,\"top_k\":0,\"max_new_tokens\":12}"));
        Completion first = complete(request());
        Completion second = complete(request());
        assertTrue(first.seed().isPresent() && second.seed().isPresent());
        assertTrue(!first.seed().equals(second.seed()));
        long seed = first.seed().getAsLong();
        Sampling same = Sampling.GREEDY.withTemperature(3).withSeed(seed);
        assertArrayEquals(first.tokens(), complete(request().withSampling(same)).tokens());
        assertEquals(OptionalLong.empty(), complete(request().withSampling(Sampling.GREEDY)).seed());
        copy("llama", JSON.readTree("{\"do_sample\":true,\"temperature\":3.0,\"top_k\":1,\"max_new_tokens\":12}"));
        assertArrayEquals(complete(request().withSampling(Sampling.GREEDY)).tokens(), complete(request()).tokens());
    }

    @Test
    void whereEverythingIsForbiddenIsAnError() throws IOException {
        ObjectNode settings = JSON.createObjectNode();
        for (int token = 0; token < 41; token++) {
            settings.withArray("suppress_tokens").add(token);
        }
        copy("llama", settings);
        assertForbidden(() -> complete(request()));
        assertForbidden(() -> complete(request().withSampling(Sampling.GREEDY.withTemperature(1))));
        for (int token = 41; token < 47; token++) {
            settings.withArray("suppress_tokens").add(token);
        }
        for (int beams : new int[] {1, 3}) {
            copy("bart", settings.put("num_beams", beams).put("decoder_start_token_id", 2));
            assertForbidden(() -> {
                try (Translator translator = Translator.load(folder)) {
                    translator.translateTokens(List.of(PROMPT), TranslationOptions.DEFAULT);
                }
            });
        }
    }

    private static void assertForbidden(org.junit.jupiter.api.function.Executable work) {
        String message = assertThrows(InvalidRequestException.class, work).getMessage();
        assertTrue(message.contains("every token is forbidden at place 1"), message);
    }

    @Test
    void aDecodersSearchTakesASequenceForEachHypothesis() throws IOException {
        copy("llama", JSON.readTree("{\"num_beams\":3,\"max_new_tokens\":6,\"suppress_tokens\":[2]}"));
        try (LanguageModel model = LanguageModel.load(folder, LoadOptions.DEFAULT.withContextLength(40).withSequences(1))) {
            assertEquals(3, model.beams());
            Completion alone;
            try (Generation generation = model.generate(request()); Generation waiting = model.generate(request())) {
                alone = generation.complete();
                assertArrayEquals(alone.tokens(), waiting.complete().tokens());
            }
            assertEquals(6, alone.tokens().length);
            assertEquals(FinishReason.MAX_TOKENS, alone.finishReason());
            try (Generation generation = model.generate(request().withSharing(Sharing.ALL))) {
                assertArrayEquals(alone.tokens(), generation.complete().tokens());
            }
            try (Generation generation = model.generate(request().withStopStrings(List.of("t" + alone.tokens()[3])))) {
                Completion stopped = generation.complete();
                assertEquals(FinishReason.STOP_STRING, stopped.finishReason());
                assertTrue(alone.text().startsWith(stopped.text()) && stopped.text().length() < alone.text().length(), stopped.text());
            }
            try (Generation _ = model.generate(request().withMaxTokens(60)); Generation generation = model.generate(request())) {
                generation.cancel();
                assertEquals(FinishReason.CANCELLED, generation.complete().finishReason());
            }
            try (Generation one = model.generate(request().withSampling(Sampling.GREEDY)); Generation two = model.generate(
                    request().withSampling(Sampling.GREEDY))) {
                assertArrayEquals(one.complete().tokens(), two.complete().tokens());
            }
            try (Generation generation = model.generate(request().withMaxTokens(60))) {
                Completion full = generation.complete();
                assertEquals(FinishReason.CONTEXT_FULL, full.finishReason());
                assertEquals(40 - PROMPT.length + 1, full.tokens().length);
            }
        }
    }

    /** Fewer are waited for than are wanted: all that are wanted come nevertheless. */
    @Test
    void littlePatienceLosesNoResult() throws IOException {
        copy("bart", JSON.readTree("{\"num_beams\":4,\"max_length\":12,\"decoder_start_token_id\":2}"));
        try (Translator translator = Translator.load(folder)) {
            TranslationOptions hasty = TranslationOptions.DEFAULT.withBest(4)
                    .withAdjustment(decoding -> decoding.withRule(decoding.rule().withPatience(0.3f)));
            assertEquals(4, translator.translateTokens(List.of(PROMPT), hasty).getFirst().size());
        }
    }

    private static GenerationRequest request() {
        return GenerationRequest.of(new Prompt.Tokens(PROMPT));
    }

    private Completion complete(GenerationRequest request) {
        try (LanguageModel model = LanguageModel.load(folder, LoadOptions.DEFAULT.withContextLength(40));
                Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    private interface Check {
        void of(JsonNode one) throws IOException;
    }

    private static Stream<DynamicTest> cases(String name, Check check) throws IOException {
        JsonNode all = JSON.readTree(FOLDERS.resolve(name).resolve("expected.json").toFile());
        return StreamSupport.stream(all.spliterator(), false).map(one -> DynamicTest.dynamicTest(
                one.get("name").asText() + " " + one.get("settings").path("num_beams").asInt(1) + " " + one.get("tokens"),
                () -> check.of(one)));
    }

    /** A model with these settings, and a tokenizer that writes token 7 as t7. */
    private void copy(String name, JsonNode settings) throws IOException {
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.write(folder.resolve(file), Files.readAllBytes(FOLDERS.resolve(name).resolve(file)));
        }
        JSON.writeValue(folder.resolve("generation_config.json").toFile(), settings);
        Map<String, Integer> vocabulary = new TreeMap<>();
        for (int token = 0; token < JSON.readTree(folder.resolve("config.json").toFile()).get("vocab_size").asInt(); token++) {
            vocabulary.put("t" + token, token);
        }
        JSON.writeValue(folder.resolve("tokenizer.json").toFile(), Map.of("version", "1.0", "added_tokens", List.of(), "pre_tokenizer",
                Map.of("type", "Whitespace"), "model", Map.of("type", "WordPiece", "vocab", vocabulary, "unk_token", "t0",
                        "continuing_subword_prefix", "##", "max_input_chars_per_word", 100)));
    }

    private static int[] elevens(int place) {
        int[] tokens = new int[19];
        Arrays.fill(tokens, 11);
        tokens[place] = 41;
        return tokens;
    }

    private static boolean areTied(int[] expected, int[] found) {
        return TIED.stream().anyMatch(one -> Arrays.equals(one, expected)) && TIED.stream().anyMatch(one -> Arrays.equals(one, found));
    }

    private static int[] ids(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }
}
