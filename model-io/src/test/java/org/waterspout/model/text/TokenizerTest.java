package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;

class TokenizerTest {

    static final List<String> GGUF = TokenizerFixture.GGUF;
    static final List<String> JSON = TokenizerFixture.JSON;

    private static String shown(String text) {
        return text.codePoints().mapToObj(c -> c >= ' ' && c <= '~' ? Character.toString(c) : String.format("\\u{%x}", c))
                .reduce("", String::concat);
    }

    private static JsonNode first(JsonNode recorded, String... names) {
        for (String name : names) {
            if (recorded.has(name)) {
                return recorded.get(name);
            }
        }
        throw new AssertionError("the fixture has none of " + Arrays.toString(names));
    }

    @ParameterizedTest
    @FieldSource("GGUF")
    void tokensAreThoseOfTheLibraryAndOfLlamaCpp(String name) {
        JsonNode fixture = TokenizerFixture.json(name + ".json");
        List<String> texts = TokenizerFixture.texts();
        assertEquals(texts.size(), fixture.path("cases").size());
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(name))) {
            for (int i = 0; i < texts.size(); i++) {
                JsonNode recorded = fixture.path("cases").get(i);
                String text = texts.get(i);
                assertArrayEquals(TokenizerFixture.tokens(first(recorded, "llama_cpp", "library")),
                        tokenizer.encode(text, false), () -> "plain: " + shown(text));
                assertArrayEquals(
                        TokenizerFixture.tokens(first(recorded, "llama_cpp_special", "library_special", "library")),
                        tokenizer.encode(text, true), () -> "special: " + shown(text));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("GGUF")
    void wordsAboutTheSequenceAreThoseOfLlamaCpp(String name) {
        JsonNode fixture = TokenizerFixture.json(name + ".json");
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(name))) {
            assertEquals(OptionalInt.of(fixture.path("bos").intValue()), tokenizer.bos());
            assertEquals(OptionalInt.of(fixture.path("eos").intValue()), tokenizer.eos());
            TreeSet<Integer> end = new TreeSet<>();
            fixture.path("end").forEach(token -> end.add(token.intValue()));
            assertEquals(end, new TreeSet<>(tokenizer.endTokens()));
            int[] prompt = tokenizer.encodePrompt("hello", false);
            assertEquals(fixture.path("adds_bos").booleanValue(), prompt[0] == tokenizer.bos().getAsInt());
        }
    }

    @ParameterizedTest
    @FieldSource("GGUF")
    void decodingGivesTheTextBackWholeAndStreamed(String name) {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(name))) {
            for (String text : TokenizerFixture.texts()) {
                int[] tokens = tokenizer.encode(text, false);
                // SentencePiece writes a space as U+2581, so that character itself becomes a space
                String expected = name.startsWith("spm") ? text.replace('\u2581', ' ') : text;
                if (name.equals("spm-swallow") && text.contains("<|user|>")) {
                    continue; // the white space after that token is gone for good
                }
                assertEquals(expected, tokenizer.decode(tokens, true), () -> shown(text));
                assertStreamed(tokenizer, tokens, expected);
            }
        }
    }

    private static void assertStreamed(Tokenizer tokenizer, int[] tokens, String expected) {
        StreamDecoder decoder = StreamDecoder.fromStart(tokenizer, true);
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            String piece = decoder.next(token);
            assertTrue(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)), "half a character");
            assertTrue(expected.startsWith(piece, text.length()), () -> "'" + shown(piece) + "' at " + text.length());
            text.append(piece);
        }
        assertEquals("", decoder.end());
    }

    @ParameterizedTest
    @FieldSource("JSON")
    void aTokenizerJsonGivesTheLibrarysTokens(String name) {
        JsonNode cases = TokenizerFixture.json(name + "/cases.json").path("cases");
        List<String> texts = TokenizerFixture.texts();
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.path(name + "/tokenizer.json"))) {
            for (int i = 0; i < texts.size(); i++) {
                JsonNode recorded = cases.get(i);
                String text = texts.get(i);
                int[] plain = TokenizerFixture.tokens(recorded.path("library"));
                assertArrayEquals(plain, tokenizer.encode(text, false), () -> "plain: " + shown(text));
                assertArrayEquals(TokenizerFixture.tokens(recorded.path("library_special")), tokenizer.encode(text, true),
                        () -> "special: " + shown(text));
                int[] prompt = TokenizerFixture.tokens(recorded.path("prompt"));
                if (prompt.length < 2 || prompt[1] != tokenizer.bos().getAsInt()) {
                    assertArrayEquals(prompt, tokenizer.encodePrompt(text, true), () -> "prompt: " + shown(text));
                }
                assertEquals(recorded.path("decoded").textValue(), tokenizer.decode(plain, true), () -> shown(text));
            }
            assertEquals(OptionalInt.of(1), tokenizer.bos());
            assertEquals(OptionalInt.of(2), tokenizer.eos());
        }
    }

    @Test
    void loneSurrogatesAndBrokenUtf8AreTheReplacementCharacter() {
        for (String name : List.of("byte-level-gpt-2", "spm-prefix")) {
            try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(name))) {
                int[] expected = tokenizer.encode("a\uFFFDb", false);
                assertArrayEquals(expected, tokenizer.encode("a\uD83Db", false));
                assertArrayEquals(expected, tokenizer.encode("a\uDE00b", false));
                assertArrayEquals(expected, tokenizer.encode(new byte[] {'a', (byte) 0xFF, 'b'}, false));
                assertArrayEquals(expected, tokenizer.encode(new byte[] {'a', (byte) 0xE2, (byte) 0x82, 'b'}, false));
                assertArrayEquals(tokenizer.encode("\uFFFD\uFFFD", false), tokenizer.encode("\uDE00\uD83D", false));
                assertArrayEquals(tokenizer.encode("\uFFFD", false), tokenizer.encode("\uD83D", false));
            }
        }
    }

    @Test
    void anyBytesStreamAsTheyDecode() {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("spm-prefix"))) {
            int firstByte = IntStream.range(0, tokenizer.vocabularySize())
                    .filter(token -> tokenizer.piece(token).equals("<0x00>")).findFirst().orElseThrow();
            long seed = System.nanoTime();
            System.out.println("anyBytesStreamAsTheyDecode seed " + seed);
            java.util.Random draw = new java.util.Random(seed);
            int[] likely = {0x41, 0x80, 0xBF, 0xC3, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xF0, 0x9F, 0x98, 0x80, 0xF5, 0xFF};
            for (int round = 0; round < 2000; round++) {
                byte[] bytes = new byte[1 + draw.nextInt(12)];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (draw.nextInt(4) == 0 ? draw.nextInt(256) : likely[draw.nextInt(likely.length)]);
                }
                StreamDecoder decoder = StreamDecoder.continuing(tokenizer, false);
                StringBuilder streamed = new StringBuilder();
                for (byte b : bytes) {
                    streamed.append(decoder.next(firstByte + (b & 0xFF)));
                }
                streamed.append(decoder.end());
                assertEquals(new String(bytes, StandardCharsets.UTF_8), streamed.toString(), () -> Arrays.toString(bytes));
            }
        }
    }

    @Test
    void aCharacterIsHeldBackUntilItIsWhole() {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("byte-level-gpt-2"))) {
            int[] tokens = tokenizer.encode("\uD83C\uDFF4", false);
            assertTrue(tokens.length > 1, "the vocabulary should have no token for this character");
            StreamDecoder decoder = StreamDecoder.continuing(tokenizer, false);
            for (int i = 0; i < tokens.length - 1; i++) {
                assertEquals("", decoder.next(tokens[i]));
            }
            assertEquals("\uD83C\uDFF4", decoder.next(tokens[tokens.length - 1]));
            assertEquals("", decoder.next(tokens[0]));
            assertEquals("\uFFFD", decoder.end());
            assertEquals("", decoder.end());
        }
    }

    @Test
    void theEncodersLeadingSpaceGoesOnlyAtTheStart() {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("spm-prefix"))) {
            int[] prompt = tokenizer.encodePrompt("hello world", false);
            assertEquals("hello world", tokenizer.decode(prompt, false));
            assertEquals("<s>hello world", tokenizer.decode(prompt, true));
            StreamDecoder after = StreamDecoder.continuing(tokenizer, false);
            StringBuilder text = new StringBuilder();
            for (int token : tokenizer.encode("hello", false)) {
                text.append(after.next(token));
            }
            assertEquals(" hello", text + after.end());
        }
    }

    @Test
    void aBeginTokenIsNotDoubled() {
        try (Tokenizer spm = Tokenizer.of(TokenizerFixture.metadata("spm-prefix"));
                Tokenizer json = Tokenizer.of(TokenizerFixture.path("json-byte-level/tokenizer.json"))) {
            assertArrayEquals(spm.encode("<s>a", true), spm.encodePrompt("<s>a", true));
            assertEquals(spm.encode("<s>a", false).length + 1, spm.encodePrompt("<s>a", false).length);
            assertArrayEquals(json.encode("<|im_start|>a", true), json.encodePrompt("<|im_start|>a", true));
        }
    }

    @Test
    void endTokenIsAddedWhereTheFileAsks() {
        try (Tokenizer tokenizer = Tokenizer.of(
                TokenizerFixture.metadata("spm-prefix", Map.of("tokenizer.ggml.add_eos_token", true)))) {
            int[] prompt = tokenizer.encodePrompt("a", false);
            assertEquals(2, prompt[prompt.length - 1]);
        }
    }

    @Test
    @Tag("slow")
    void longRunsTakeNoQuadraticTime() {
        for (String name : List.of("byte-level-llama-bpe", "byte-level-smollm", "spm-prefix", "spm-user-defined")) {
            try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(name))) {
                for (String run : List.of(" ", "\n", "a", "é", "\uD83D\uDE00", " a", "ab", "1", "!", "\u0000", "<", "\u2581")) {
                    String text = run.repeat(100_000);
                    int[] tokens = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> tokenizer.encode(text, true),
                            () -> name + " on a run of " + shown(run));
                    String expected = name.startsWith("spm") ? text.replace('\u2581', ' ') : text;
                    assertEquals(expected, tokenizer.decode(tokens, true), () -> name + " on a run of " + shown(run));
                }
            }
        }
    }

    @Test
    void severalThreadsShareATokenizer() throws Exception {
        List<String> texts = TokenizerFixture.texts();
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("byte-level-qwen2"));
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<String> expected = texts.stream().map(text -> Arrays.toString(tokenizer.encode(text, true))).toList();
            Callable<List<String>> work = () ->
                    texts.stream().map(text -> Arrays.toString(tokenizer.encode(text, true))).toList();
            for (Future<List<String>> result : threads.invokeAll(List.of(work, work, work, work))) {
                assertEquals(expected, result.get());
            }
        }
    }

    @Test
    void whatIsNotBuiltIsNamed() {
        assertMessage(UnsupportedModelException.class, "'rwkv'", "spm-prefix", Map.of("tokenizer.ggml.model", "rwkv"));
        assertMessage(UnsupportedModelException.class, "'new-cut'", "byte-level-gpt-2",
                Map.of("tokenizer.ggml.pre", "new-cut"));
    }

    @Test
    void keysThatContradictEachOtherAreRefused() {
        assertMessage(ModelFormatException.class, "bos_token_id", "spm-prefix",
                Map.of("tokenizer.ggml.bos_token_id", 1_000_000L));
        assertMessage(ModelFormatException.class, "token types", "spm-prefix",
                Map.of("tokenizer.ggml.token_type", List.of(1L, 1L)));
        assertMessage(ModelFormatException.class, "token_type", "spm-prefix",
                Map.of("tokenizer.ggml.token_type", List.of(77L)));
        assertMessage(ModelFormatException.class, "scores", "spm-prefix", Map.of("tokenizer.ggml.scores", List.of(0.5)));
        assertMessage(ModelFormatException.class, "pair", "byte-level-gpt-2",
                Map.of("tokenizer.ggml.merges", List.of("nospace")));
        assertMessage(ModelFormatException.class, "cannot be built", "byte-level-gpt-2",
                Map.of("tokenizer.ggml.merges", List.of("not there")));
    }

    private static void assertMessage(Class<? extends Exception> type, String words, String name, Map<String, Object> keys) {
        Exception thrown = assertThrows(type, () -> Tokenizer.of(TokenizerFixture.metadata(name, keys)).close());
        assertTrue(thrown.getMessage().contains(words), thrown.getMessage());
        assertEquals(1, thrown.getMessage().lines().count(), thrown.getMessage());
    }

    @Test
    void aTokenOutsideTheVocabularyIsRefused() {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("spm-prefix"))) {
            assertThrows(InvalidRequestException.class, () -> tokenizer.piece(tokenizer.vocabularySize()));
            assertThrows(InvalidRequestException.class, () -> tokenizer.decode(new int[] {-1}, true));
            assertTrue(tokenizer.isSpecial(1));
            assertFalse(tokenizer.isSpecial(tokenizer.vocabularySize() - 1));
        }
    }

    @Test
    void aBadTokenizerJsonIsRefused(@TempDir Path folder) throws Exception {
        assertThrows(ModelNotFoundException.class, () -> Tokenizer.of(folder.resolve("none.json")).close());
        for (String text : List.of("", "[]", "{", "{\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"vocab\":{}}}",
                "{\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"vocab\":{\"a\":-5}}}")) {
            Path file = Files.writeString(folder.resolve("tokenizer.json"), text);
            assertThrows(ModelFormatException.class, () -> Tokenizer.of(file).close(), text);
        }
        Path wordPiece = Files.writeString(folder.resolve("tokenizer.json"), "{\"decoder\":{\"type\":\"WordPiece\"}}");
        assertTrue(assertThrows(UnsupportedModelException.class, () -> Tokenizer.of(wordPiece).close())
                .getMessage().contains("WordPiece"));
    }
}
