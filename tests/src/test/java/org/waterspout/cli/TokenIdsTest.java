package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.waterspout.Embedder;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;

/**
 * Tiny models without a tokenizer, of each kind, in every command and method that takes token ids; and what is said where text is needed.
 */
class TokenIdsTest {

    private static final int[] PROMPT = {3, 5, 8};
    private static final int COUNT = 4;

    private static Path model(String name) {
        try {
            return Path.of(TokenIdsTest.class.getResource("/" + name + ".gguf").toURI());
        } catch (URISyntaxException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private static CommandRun run(String command, String model, String... words) {
        List<String> all = new ArrayList<>(List.of(command, "-m", model(model).toString()));
        all.addAll(List.of(words));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private static JsonNode json(String command, String model, String... words) throws IOException {
        String[] all = Arrays.copyOf(words, words.length + 1);
        all[words.length] = "--json";
        return run(command, model, all).json();
    }

    private static String text(int[] tokens) {
        return Arrays.stream(tokens).mapToObj(Integer::toString).collect(Collectors.joining(","));
    }

    /** The most likely token after each, by the logits of the whole sequence. */
    private static int[] greedy(LanguageModel model) {
        int[] tokens = PROMPT;
        for (int i = 0; i < COUNT; i++) {
            float[] logits = model.logits(tokens, false);
            tokens = Arrays.copyOf(tokens, tokens.length + 1);
            tokens[tokens.length - 1] = IntStream.range(0, logits.length).reduce((a, b) -> logits[b] > logits[a] ? b : a).orElseThrow();
        }
        return Arrays.copyOfRange(tokens, PROMPT.length, tokens.length);
    }

    @Test
    void aDecoderGoesOnFromTokens() throws IOException {
        try (LanguageModel model = LanguageModel.load(model("families/llama"))) {
            assertFalse(model.readsText());
            GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(PROMPT)).withMaxTokens(COUNT);
            int[] expected = greedy(model);
            try (Generation generation = model.generate(request)) {
                Completion completion = generation.complete();
                assertArrayEquals(expected, completion.tokens());
                assertEquals("", completion.text());
                assertEquals(FinishReason.MAX_TOKENS, completion.finishReason());
            }
            JsonNode answer = json("run", "families/llama", "--tokens", text(PROMPT), "-n", Integer.toString(COUNT), "--temperature", "0");
            assertEquals(text(expected), IntStream.range(0, COUNT).mapToObj(i -> answer.get("tokens").get(i).asText())
                    .collect(Collectors.joining(",")));
            CommandRun shown = run("run", "families/llama", "--tokens", text(PROMPT), "-n", Integer.toString(COUNT), "--temperature", "0");
            assertEquals(text(expected), shown.out().strip());
            assertTrue(assertThrows(InvalidRequestException.class, () -> model.generate(request.withStopStrings(List.of("x")))).getMessage()
                    .contains("no tokenizer"));
            assertThrows(ModelNotFoundException.class, () -> model.generate("text"));
        }
    }

    @Test
    void everyOtherCommandTakesThem() throws IOException {
        JsonNode speed = json("bench", "families/llama", "--prompt-tokens", "5", "--gen-tokens", "2", "--runs", "1", "--warmup", "0",
                "--no-cold");
        assertTrue(speed.get("decode_tokens_per_second").get("median").asDouble() > 0, speed.toString());
        assertTrue(json("logits", "families/llama", "--tokens", text(PROMPT)).get("logits").size() > 8);
        assertEquals("none: it takes token ids only", json("inspect", "families/llama").get("tokenizer").asText());
        assertEquals(0, run("validate", "families/llama", "--prompt-tokens", "3", "--decode-tokens", "1").exitCode());
        assertEquals(3, json("hidden", "encoders/bert", "--tokens", text(PROMPT)).get("hidden").get(0).size());
        assertTrue(json("translate", "translators/marian", "--tokens", text(PROMPT)).get("sequences").size() > 0);
    }

    @Test
    void whereTextIsNeededTheMissingTokenizerIsNamedOnce() throws IOException {
        for (String[] words : new String[][] {{"run", "families/llama", "text"}, {"embed", "encoders/bert", "text"},
                {"translate", "translators/marian", "text"}, {"tokenize", "families/llama", "text"}}) {
            CommandRun outcome = run(words[0], words[1], words[2]);
            assertEquals(new ModelNotFoundException("").exitCode(), outcome.exitCode(), outcome.err());
            assertTrue(outcome.err().contains("tokenizer") && outcome.err().lines().count() == 1, outcome.err());
            String name = words[1].substring(words[1].indexOf('/') + 1) + ".gguf";
            assertTrue(outcome.err().split(name, -1).length <= 2, outcome.err());
        }
        try (Translator translator = Translator.load(model("translators/marian"));
                Embedder embedder = Embedder.load(model("encoders/bert"), LoadOptions.DEFAULT)) {
            assertFalse(translator.translateTokens(List.of(PROMPT), TranslationOptions.DEFAULT).getFirst().isEmpty());
            assertThrows(ModelNotFoundException.class, () -> embedder.embed("text"));
        }
    }
}
