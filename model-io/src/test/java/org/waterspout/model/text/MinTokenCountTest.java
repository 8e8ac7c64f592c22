package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.model.text.json.MinTokenCount;
import org.waterspout.model.text.json.TokenizerJson;

/** A text is refused before it is tokenized if it is sure to have too many tokens: never one that has fewer. */
class MinTokenCountTest {

    private static final List<String> BLANKS = List.of(" ", "\t", "\n", "\u2581", "\u00A0", "\u3000");

    @TempDir
    Path root;

    private static List<Path> recorded() throws IOException {
        try (Stream<Path> all = Files.walk(TokenizerFixture.path("texts.json").getParent())) {
            return all.filter(file -> file.endsWith("tokenizer.json")).sorted().toList();
        }
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> noTextHasFewer() throws IOException {
        return recorded().stream().map(file -> DynamicTest.dynamicTest(
                file.getParent().getFileName().toString(), () -> requireNoFewer(file)));
    }

    /**
     * Random texts, and those that come to the fewest tokens: pieces and names of the vocabulary, runs of blanks, of marks, of one
     * character.
     */
    private static void requireNoFewer(Path file) throws IOException {
        JsonTokenizer tokenizer = JsonTokenizer.of(file);
        List<String> longest = Stream.iterate(0, i -> i < tokenizer.vocabularySize(), i -> i + 1)
                .map(i -> tokenizer.decode(new int[] {i}, true)).sorted((a, b) -> b.length() - a.length()).limit(40).toList();
        Random random = new Random(5);
        for (int trial = 0; trial < 400; trial++) {
            StringBuilder text = new StringBuilder();
            for (int part = random.nextInt(4); part >= 0; part--) {
                switch (random.nextInt(6)) {
                    case 0 -> text.append(longest.get(random.nextInt(longest.size())).repeat(1 + random.nextInt(300)));
                    case 1 -> text.append(BLANKS.get(random.nextInt(BLANKS.size())).repeat(1 + random.nextInt(2000)));
                    case 2 -> text.append("\u1F82\u1FA2\uAC01\u01D5".repeat(1 + random.nextInt(200)));
                    case 3 -> text.append(Character.toString(0x2E80 + random.nextInt(0x3000)).repeat(1 + random.nextInt(2000)));
                    default -> text.append(MixedTexts.draw(random, 300));
                }
            }
            String drawn = random.nextInt(3) == 0 ? Normalizer.normalize(text, Normalizer.Form.NFD) : text.toString();
            for (boolean special : new boolean[] {false, true}) {
                long min = tokenizer.minTokens(drawn);
                int found = Math.min(tokenizer.encode(drawn, special).length, tokenizer.encodePrompt(drawn, special).length);
                assertTrue(min <= found, () -> "seed 5: " + min + " and " + found + " of " + MixedTexts.shown(drawn));
            }
        }
    }

    /** What generation uses: bytes, or characters with bytes for those that are unknown. */
    @Test
    void aTextOfAMillionWordsHasMany() {
        for (String name : List.of("json-byte-level", "json-byte-fallback", "encoders/roberta-json")) {
            Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.path(name));
            String text = "a word ".repeat(1_000_000);
            assertTrue(tokenizer.minTokens(text) > 50_000, name + ": " + tokenizer.minTokens(text));
            assertEquals(0, tokenizer.minTokens(""));
        }
    }

    /** Each of these makes one token of, or leaves out, a text of any length. */
    @TestFactory
    Stream<DynamicTest> thereIsNoBoundWhereThereCanBeNone() {
        return Stream.of("normalizer {'type': 'Strip', 'strip_left': true, 'strip_right': true}",
                "normalizer {'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': ' '}",
                "normalizer {'type': 'Replace', 'pattern': {'String': 'x'}, 'content': ''}",
                "normalizer {'type': 'Sequence', 'normalizers': [{'type': 'NFC'}, {'type': 'StripAccents'}]}",
                "pre_tokenizer {'type': 'Sequence', 'pretokenizers': [{'type': 'WhitespaceSplit'}, {'type': 'ByteLevel'}]}",
                "pre_tokenizer {'type': 'Split', 'pattern': {'String': 'x'}, 'behavior': 'Removed', 'invert': false}",
                "pre_tokenizer {'type': 'Metaspace', 'replacement': '_', 'prepend_scheme': 'never'}")
                .map(change -> DynamicTest.dynamicTest(change, () -> assertEquals(0, changed(json -> {
                    int space = change.indexOf(' ');
                    json.json().set(change.substring(0, space), read(change.substring(space)));
                }).minTokens("a word ".repeat(100_000)))));
    }

    @Test
    void aNameThatSwallowsBlanksLeavesNoBound() throws IOException {
        Tokenizer tokenizer = changed(json -> ((ArrayNode) json.json().path("added_tokens"))
                .add(read("{'id': 999, 'content': '<mask>', 'lstrip': true, 'special': true, 'normalized': false}")));
        String blanks = " ".repeat(100_000);
        assertTrue(tokenizer.minTokens(blanks) > 0);
        assertEquals(0, tokenizer.minTokens(blanks + "<mask>"));
        assertEquals(1, tokenizer.encode(blanks + "<mask>", true).length);
    }

    private static JsonNode read(String json) {
        try {
            return TokenizerJson.JSON.readTree(json.replace('\'', '"'));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Tokenizer changed(Consumer<TokenizerJson> change) throws IOException {
        TokenizerJson json = TokenizerJson.of(TokenizerFixture.path("json-byte-level/tokenizer.json"));
        change.accept(json);
        Path folder = Files.createTempDirectory(root, "tokenizer");
        Files.writeString(folder.resolve("tokenizer.json"), json.json().toString());
        return Tokenizer.of(folder);
    }

    /** What {@link MinTokenCount} takes as the most characters that are composed to one. */
    @Test
    void noCharacterDecomposesToMoreThanFour() {
        List<Integer> lengths = new ArrayList<>();
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                String apart = Normalizer.normalize(Character.toString(point), Normalizer.Form.NFD);
                lengths.add(apart.codePointCount(0, apart.length()));
            }
        }
        assertEquals(4, lengths.stream().mapToInt(n -> n).max().orElseThrow());
    }
}
