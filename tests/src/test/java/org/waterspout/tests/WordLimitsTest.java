package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.decode.WordTokens;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogitRules;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.WordLimits;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.Tokenizer;

/** Forbidden and allowed words, greedy and drawn. */
class WordLimitsTest {

    private static final Sampling DRAWN = Sampling.GREEDY.withTemperature(1.3f);

    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = LanguageModel.demonstration(LoadOptions.DEFAULT.withThreads(1));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static GenerationRequest request(Sampling sampling) {
        return GenerationRequest.of(new Prompt.Raw("It is a truth universally acknowledged, that a")).withMaxTokens(30)
                .withSampling(sampling);
    }

    private static Completion complete(GenerationRequest request) {
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    private static List<Sampling> samplings() {
        List<Sampling> all = new ArrayList<>(List.of(Sampling.GREEDY));
        IntStream.range(0, 6).forEach(seed -> all.add(DRAWN.withSeed(seed)));
        return all;
    }

    private static boolean has(int[] tokens, int[] sequence) {
        return IntStream.rangeClosed(0, tokens.length - sequence.length)
                .anyMatch(at -> Arrays.equals(tokens, at, at + sequence.length, sequence, 0, sequence.length));
    }

    @Test
    void forbiddenWordsDoNotCome() {
        boolean several = false;
        for (Sampling sampling : samplings()) {
            Completion plain = complete(request(sampling));
            List<String> words = List.of(plain.text().strip().split("[^A-Za-z]+")).stream().filter(word -> !word.isEmpty()).distinct()
                    .toList();
            assertTrue(words.size() > 5, plain.text());
            Completion without = complete(request(sampling).withWords(WordLimits.ANY.withForbidden(words)));
            for (String word : words) {
                for (String written : List.of(word, " " + word)) {
                    int[] tokens = model.tokenizer().encode(written, false);
                    assertFalse(has(without.tokens(), tokens), () -> "'" + written + "' in " + without.text());
                    several |= tokens.length > 1 && has(plain.tokens(), tokens);
                }
            }
            assertNotEquals(plain.text(), without.text());
        }
        assertTrue(several, "no word of several tokens was there");
    }

    /** A word behind a blank only leaves the one without; the last token of a word may come where it is not the word's. */
    @Test
    void aWordWithABlankIsForbiddenBehindABlankOnly() {
        Set<List<Integer>> both = Set.copyOf(WordTokens.add(WordLimits.ANY.withForbidden(List.of("man")), LogitRules.NONE,
                Optional.of(model.tokenizer()), Set.of()).badWords());
        assertEquals(Set.of(list(model.tokenizer().encode("man", false)), list(model.tokenizer().encode(" man", false))), both);
        assertEquals(List.of(list(model.tokenizer().encode(" man", false))),
                WordTokens.add(WordLimits.ANY.withForbidden(List.of(" man")), LogitRules.NONE,
                Optional.of(model.tokenizer()), Set.of()).badWords());
    }

    private static List<Integer> list(int[] tokens) {
        return IntStream.of(tokens).boxed().toList();
    }

    @Test
    void theyAreWhatTheirTokensAre() {
        for (Sampling sampling : samplings()) {
            List<List<Integer>> tokens = List.of(list(model.tokenizer().encode("man", false)),
                    list(model.tokenizer().encode(" man", false)));
            assertArrayEquals(complete(request(sampling).withWords(WordLimits.ANY.withForbidden(List.of("man")))).tokens(),
                    complete(request(sampling).withWords(WordLimits.ANY.withForbiddenTokens(tokens))).tokens());
        }
    }

    @Test
    void onlyAllowedWordsCome() {
        Tokenizer tokenizer = model.tokenizer();
        int end = tokenizer.endTokens().iterator().next();
        Set<Integer> allowed = new java.util.HashSet<>(Set.of(7, 300));
        for (String word : List.of("Elizabeth", " Elizabeth", "sister", " sister")) {
            IntStream.of(tokenizer.encode(word, false)).forEach(allowed::add);
        }
        WordLimits words = WordLimits.ANY.withAllowed(List.of("Elizabeth", "sister")).withAllowedTokens(Set.of(7, 300));
        for (Sampling sampling : samplings()) {
            for (boolean ignoreEnd : new boolean[] {false, true}) {
                int[] tokens = complete(request(sampling).withWords(words).withIgnoreEnd(ignoreEnd)).tokens();
                assertTrue(IntStream.of(tokens).allMatch(allowed::contains), () -> Arrays.toString(tokens));
                assertTrue(!ignoreEnd || tokens.length == 30);
            }
        }
        // the end may always come, and does where it is the most likely of what is left
        Completion ended = complete(request(Sampling.GREEDY.withLogitBias(Map.of(end, 1000f))).withWords(words));
        assertEquals(0, ended.tokens().length);
        Completion one = complete(request(Sampling.GREEDY).withIgnoreEnd(true).withWords(WordLimits.ANY.withAllowedTokens(Set.of(9))));
        assertTrue(IntStream.of(one.tokens()).allMatch(token -> token == 9));
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThrows(InvalidRequestException.class, () -> WordLimits.ANY.withForbidden(List.of("")));
        assertThrows(InvalidRequestException.class, () -> WordLimits.ANY.withAllowed(List.of("")));
        assertThrows(InvalidRequestException.class, () -> WordLimits.ANY.withForbiddenTokens(List.of(List.of())));
        int end = model.tokenizer().endTokens().iterator().next();
        for (WordLimits words : List.of(WordLimits.ANY.withAllowedTokens(Set.of(model.vocabulary())),
                WordLimits.ANY.withForbiddenTokens(List.of(List.of(-1))), WordLimits.ANY.withForbiddenTokens(List.of(List.of(end))))) {
            assertThrows(InvalidRequestException.class, () -> model.generate(request(Sampling.GREEDY).withWords(words)));
        }
        String message = assertThrows(InvalidRequestException.class, () ->
                WordTokens.add(WordLimits.ANY.withForbidden(List.of("word")), LogitRules.NONE, Optional.empty(), Set.of())).getMessage();
        assertTrue(message.contains("no tokenizer"), message);
    }

    /** Where encoding puts a blank before a text, and characters may be missing. */
    @Test
    void wordsOfASentencePieceVocabulary() {
        List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Long> kinds = new ArrayList<>(List.of(2L, 3L, 3L));
        for (int b = 0; b < 256; b++) {
            pieces.add("<0x%02X>".formatted(b));
            kinds.add(6L);
        }
        pieces.addAll(List.of("\u2581", "c", "a", "t", "s", "\u2581c", "at", "\u2581cat", "cat"));
        kinds.addAll(Collections.nCopies(9, 1L));
        int cat = pieces.indexOf("cat");
        int s = pieces.indexOf("s");
        List<Double> scores = IntStream.range(0, pieces.size()).mapToObj(i -> i - 300.0).toList();
        try (Tokenizer tokenizer = Tokenizer.of(new Metadata(
                Map.of("tokenizer.ggml.model", "llama", "tokenizer.ggml.tokens", pieces, "tokenizer.ggml.scores", scores,
                "tokenizer.ggml.token_type", kinds, "tokenizer.ggml.add_space_prefix", true, "tokenizer.ggml.bos_token_id", 1L,
                "tokenizer.ggml.eos_token_id", 2L, "tokenizer.ggml.unknown_token_id", 0L)))) {
            assertTrue(tokenizer.addsLeadingSpace());
            assertEquals(List.of(List.of(cat - 1), List.of(cat)), forbidden("cat", tokenizer));
            assertEquals(List.of(List.of(cat - 1)), forbidden(" cat", tokenizer));
            assertEquals(List.of(List.of(cat - 1, s), List.of(cat, s)), forbidden("cats", tokenizer));
        }
    }

    @Test
    void aWordThatTheVocabularyCannotWriteIsRefusedByName(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
                + "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"no\":0,\"cat\":1,\"##s\":2},\"unk_token\":\"no\","
                + "\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100}}");
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            assertEquals(List.of(List.of(1, 2)), forbidden("cats", tokenizer));
            String message = assertThrows(InvalidRequestException.class, () -> forbidden("dog", tokenizer)).getMessage();
            assertTrue(message.contains("dog"), message);
        }
    }

    private static List<List<Integer>> forbidden(String word, Tokenizer tokenizer) {
        return WordTokens.add(WordLimits.ANY.withForbidden(List.of(word)), LogitRules.NONE, Optional.of(tokenizer), Set.of()).badWords();
    }
}
