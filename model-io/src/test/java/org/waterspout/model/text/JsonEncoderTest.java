package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.CancelledException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.json.JsonDecoder;
import org.waterspout.model.text.json.JsonEncoder;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/** The parts of a tokenizer.json beside Hugging Face's library, on random texts: tokens, places and words. */
class JsonEncoderTest {

    private static ObjectNode read(String name) {
        return TokenizerJson.object(TokenizerFixture.path(name + "/tokenizer.json"));
    }

    private static Random seeded(String test) {
        long seed = System.nanoTime();
        System.out.println(test + " seed " + seed);
        return new Random(seed);
    }

    private static ObjectNode parsed(String json) {
        try {
            return (ObjectNode) TokenizerJson.JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Text of many scripts with names of the file's tokens and its pieces in it. */
    static String draw(Random random, ObjectNode json, List<String> pieces, int max) {
        StringBuilder text = new StringBuilder(MixedTexts.draw(random, max));
        ArrayNode added = (ArrayNode) json.path("added_tokens");
        for (int i = random.nextInt(3); i > 0 && !added.isEmpty(); i--) {
            String name = added.get(random.nextInt(added.size())).path("content").asText();
            text.insert(text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length()) + 1)),
                    random.nextBoolean() ? name : " " + name + " ");
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(pieces.get(random.nextInt(pieces.size())).replace("\u2581", " ").replace("\u0120", " ").replace("##", ""));
        }
        return CharacterKind.wellFormed(text.toString());
    }

    private static void compare(ObjectNode json, Random random, int rounds, String shown) {
        TokenizerJson file = new TokenizerJson(json.deepCopy(), "the test");
        Vocabulary vocabulary = file.vocabulary();
        JsonEncoder own = new JsonEncoder(file, vocabulary);
        try (NativeTokenizer all = LibraryTokenizer.of(json); NativeTokenizer plain = LibraryTokenizer.withoutSpecial(json)) {
            for (int round = 0; round < rounds; round++) {
                String text = draw(random, json, vocabulary.pieces(), round % 10 == 0 ? 200 : 20);
                for (boolean special : new boolean[] {true, false}) {
                    TokenList expected = new TokenList(text.length(), true).withWords();
                    TokenList found = new TokenList(text.length(), true).withWords();
                    (special ? all : plain).encode(text, expected);
                    own.encode(text, special, found);
                    assertArrayEquals(expected.tokens(), found.tokens(), () -> shown + ": " + MixedTexts.shown(text));
                    assertEquals(Encoding.of(text, expected), Encoding.of(text, found), () -> shown + ": " + MixedTexts.shown(text));
                }
                int[] tokens = random.ints(1 + random.nextInt(12), 0, vocabulary.size()).toArray();
                if (!file.decoders().contains("ByteLevel") && !file.decoders().contains("ByteFallback")) {
                    String decoded = String.join("", JsonDecoder.of(json.path("decoder"), "the test")
                            .decode(java.util.Arrays.stream(tokens).mapToObj(vocabulary::piece).toList()));
                    assertEquals(all.decode(tokens), decoded);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"json-byte-level", "json-byte-fallback", "encoders/roberta-json", "encoders/xlm-roberta-json",
        "encoders/nllb-json", "encoders/bert-json"})
    void filesOfTheFamiliesAreReadAsTheLibraryReadsThem(String name) {
        compare(read(name), seeded("filesOfTheFamiliesAreReadAsTheLibraryReadsThem"), 400, name);
    }

    static Stream<String> normalizers() {
        return Stream.of("{'type':'NFC'}", "{'type':'NFD'}", "{'type':'NFKC'}", "{'type':'NFKD'}", "{'type':'Lowercase'}",
                "{'type':'Strip','strip_left':true,'strip_right':true}", "{'type':'Strip','strip_left':true,'strip_right':false}",
                "{'type':'Strip','strip_left':false,'strip_right':true}", "{'type':'StripAccents'}", "{'type':'Nmt'}",
                "{'type':'Prepend','prepend':'ab'}", "{'type':'Replace','pattern':{'String':'e'},'content':'xyz'}",
                "{'type':'Replace','pattern':{'Regex':'\\\\s+'},'content':' '}",
                "{'type':'Replace','pattern':{'Regex':'[a-m]{2,}'},'content':''}",
                "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':null,'lowercase':true}",
                "{'type':'BertNormalizer','clean_text':false,'handle_chinese_chars':true,'strip_accents':null,'lowercase':false}",
                "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':false,'strip_accents':true,'lowercase':false}",
                "{'type':'Sequence','normalizers':[{'type':'NFD'},{'type':'Lowercase'},{'type':'StripAccents'}]}",
                "{'type':'Sequence','normalizers':[{'type':'NFKC'},{'type':'Lowercase'},{'type':'Replace','pattern':{'String':'"
                + " '},'content':'\u2581'}]}").map(json -> json.replace('\'', '"'));
    }

    @ParameterizedTest
    @MethodSource("normalizers")
    void normalizersAreTheLibrarys(String normalizer) {
        Random random = seeded("normalizersAreTheLibrarys");
        for (String name : List.of("encoders/nllb-json", "encoders/roberta-json", "encoders/bert-json")) {
            ObjectNode json = read(name);
            json.set("normalizer", parsed(normalizer));
            for (var token : json.path("added_tokens")) {
                if (token.path("id").asInt() % 3 == 0 && !name.equals("encoders/nllb-json")) { // names of languages would become the same
                    ((ObjectNode) token).put("normalized", true);
                }
            }
            compare(json, random, 80, name);
        }
    }

    static Stream<String> preTokenizers() {
        return Stream.of("{'type':'BertPreTokenizer'}", "{'type':'Whitespace'}", "{'type':'WhitespaceSplit'}",
                "{'type':'Punctuation','behavior':'Isolated'}", "{'type':'Punctuation','behavior':'Contiguous'}",
                "{'type':'Punctuation','behavior':'MergedWithPrevious'}", "{'type':'Punctuation','behavior':'MergedWithNext'}",
                "{'type':'Punctuation','behavior':'Removed'}", "{'type':'Digits','individual_digits':true}",
                "{'type':'Digits','individual_digits':false}", "{'type':'CharDelimiterSplit','delimiter':'e'}",
                "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
                "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':false,'use_regex':false}",
                "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'first','split':true}",
                "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'never','split':true}",
                "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'always','split':false}",
                "{'type':'Metaspace','replacement':'_','add_prefix_space':true}",
                "{'type':'Split','pattern':{'Regex':'[a-z]+|\\\\s'},'behavior':'MergedWithNext','invert':true}",
                "{'type':'Split','pattern':{'Regex':'\\\\p{L}'},'behavior':'MergedWithPrevious','invert':false}",
                "{'type':'Split','pattern':{'String':' '},'behavior':'Contiguous','invert':true}",
                "{'type':'Split','pattern':{'String':'e'},'behavior':'Removed','invert':true}",
                "{'type':'Split','pattern':{'Regex':'[\\\\p{P}\\\\p{S}]|\\\\d{1,2}'},'behavior':'Isolated','invert':false}",
                "{'type':'Sequence','pretokenizers':[{'type':'Whitespace'},{'type':'Digits','individual_digits':true},"
                        + "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}]}",
                "{'type':'Sequence','pretokenizers':[{'type':'WhitespaceSplit'},{'type':'Metaspace','replacement':'\u2581',"
                + "'prepend_scheme':'first'}]}").map(json -> json.replace('\'', '"'));
    }

    @ParameterizedTest
    @MethodSource("preTokenizers")
    void preTokenizersAreTheLibrarys(String preTokenizer) {
        Random random = seeded("preTokenizersAreTheLibrarys");
        for (String name : List.of("encoders/nllb-json", "encoders/roberta-json", "encoders/xlm-roberta-json", "encoders/bert-json")) {
            ObjectNode json = read(name);
            json.set("pre_tokenizer", parsed(preTokenizer));
            compare(json, random, 60, name);
        }
    }

    /** Where the library's engine ends the process, or never ends itself. */
    @Test
    void anExpressionThatTriesWaysWithoutEndIsStopped() {
        ObjectNode json = read("encoders/roberta-json");
        json.set("pre_tokenizer", parsed("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"((a|a)+)+b\"},\"behavior\":\"Isolated\"}"));
        TokenizerJson file = new TokenizerJson(json, "the test");
        JsonEncoder own = new JsonEncoder(file, file.vocabulary());
        TokenList out = new TokenList(10, false);
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertTrue(assertThrows(UnsupportedModelException.class,
                () -> own.encode("a".repeat(40), false, out)).getMessage().contains("((a|a)+)+b")));
    }

    @Test
    void replacementsThatGrowATextWithoutBoundAreRefused() {
        ObjectNode json = read("encoders/roberta-json");
        String twice = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aaaaaaaaaa\"}";
        json.set("normalizer", parsed("{\"type\":\"Sequence\",\"normalizers\":[" + String.join(",", Collections.nCopies(30, twice))
                + "]}"));
        TokenizerJson file = new TokenizerJson(json, "the test");
        assertThrows(UnsupportedModelException.class, () -> {
            JsonEncoder own = new JsonEncoder(file, file.vocabulary());
            own.encode("a", false, new TokenList(10, false));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"json-byte-level", "json-byte-fallback", "encoders/roberta-json", "encoders/xlm-roberta-json",
        "encoders/nllb-json", "encoders/bert-json"})
    @Tag("slow")
    void longRunsEndAndCanBeInterrupted(String name) {
        TokenizerJson file = new TokenizerJson(read(name), "the test");
        JsonEncoder own = new JsonEncoder(file, file.vocabulary());
        for (String run : List.of(" ", "a", "1", "\u0301", "\r\n")) {
            String text = run.repeat(300_000);
            assertTimeout(Duration.ofMinutes(1), () -> own.encode(text, false, new TokenList(10, true)));
        }
        Thread.currentThread().interrupt();
        assertThrows(CancelledException.class, () -> own.encode("a", false, new TokenList(10, true)));
        assertTrue(Thread.interrupted());
    }
}
