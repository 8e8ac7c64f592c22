package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.text.sentencepiece.SentencePieceModel;

/** Files and directories that are no tokenizer, or one that is not built, and what is read beside a tokenizer. */
class TokenizerFilesTest {

    private static Path fixture(String name) {
        return TokenizerFixture.path("encoders/" + name);
    }

    private static <T extends WaterspoutException> void assertRefused(Class<T> type, Path path, String words) {
        T thrown = assertThrows(type, () -> Tokenizer.of(path).close());
        assertTrue(thrown.getMessage().contains(words), thrown.getMessage());
        assertEquals(1, thrown.getMessage().lines().count(), thrown.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"unigram-rules", "unigram-bytes", "bpe-bytes"})
    void aDamagedSentencePieceModelIsRefusedOrHarmless(String name) throws Exception {
        byte[] sound = Files.readAllBytes(fixture(name + "/spiece.model"));
        long seed = System.nanoTime();
        System.out.println("aDamagedSentencePieceModelIsRefusedOrHarmless seed " + seed);
        Random draw = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 600; round++) {
            byte[] damaged = round % 3 == 0 ? Arrays.copyOf(sound, draw.nextInt(sound.length)) : sound.clone();
            for (int i = draw.nextInt(6); i > 0 && damaged.length > 0; i--) {
                // the settings and the character map stand at the end
                int from = draw.nextBoolean() ? 0 : damaged.length * 3 / 4;
                damaged[from + draw.nextInt(damaged.length - from)] = (byte) draw.nextInt(256);
            }
            try {
                SentencePieceModel model = SentencePieceModel.read(damaged, "damaged");
                try (Tokenizer tokenizer = new SentencePieceTokenizer(model, TokenLayout.plain(model), Set.of())) {
                    for (String text : List.of("hello world, \uFF21\uFF22 \u2460\u00BD ab\u0301", "  \t the  the ",
                            "\uFB01\uD83D\uDE00<sep>")) {
                        tokenizer.decode(tokenizer.encode(text).tokens(), false);
                    }
                }
            } catch (WaterspoutException e) {
                refused++;
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
        assertTrue(refused > 100, refused + " refused");
    }

    /** Places stay those of the text as it was given; names of special tokens stay as they are. */
    @ParameterizedTest
    @ValueSource(strings = {"unigram-rules", "unigram-bytes", "bpe-bytes"})
    void sentenceTransformersMakeLettersSmallBeforeSentencePieceToo(String name, @TempDir Path folder) throws Exception {
        Files.copy(fixture(name + "/spiece.model"), folder.resolve("spiece.model"));
        String given = "Hello WORLD \u0130\u03A3 \uD801\uDC00 The\u00C9";
        String small = "hello world i\u0307\u03C3 \uD801\uDC28 the\u00E9";
        Encoding plain;
        Encoding unchanged;
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            plain = tokenizer.pieces(small, false);
            unchanged = tokenizer.pieces(given, false);
        }
        Files.writeString(folder.resolve("sentence_xlm-roberta_config.json"), "{\"max_seq_length\": 8, \"do_lower_case\": true}");
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            Encoding found = tokenizer.pieces(given, false);
            assertArrayEquals(plain.tokens(), found.tokens());
            assertFalse(Arrays.equals(unchanged.tokens(), found.tokens()));
            assertEquals(given.length(), found.ends()[found.length() - 1]);
            for (int i = 0; i < found.length(); i++) {
                // the text in small letters is longer by the dot above from its place on
                int before = small.indexOf('\u0307');
                assertEquals(plain.starts()[i] - (plain.starts()[i] > before ? 1 : 0), found.starts()[i], "start " + i);
                assertEquals(plain.ends()[i] - (plain.ends()[i] > before ? 1 : 0), found.ends()[i], "end " + i);
            }
        }
    }

    @Test
    void piecesThatNoFileMayHaveAreRefused() {
        byte[] piece = {0x0A, 0x05, 0x0A, 0x01, 'a', 0x18, 0x07};
        assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(piece, "types 1 to 6"));
        byte[] nothing = {};
        assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(nothing, "no pieces"));
        byte[] longField = {0x0A, -1, -1, -1, -1, -1, -1, -1, -1, 0x01};
        assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(longField, "longer than the file"));
        byte[] group = {0x0B};
        assertThrows(ModelFormatException.class, () -> SentencePieceModel.read(group, "a group"));
        ByteArrayOutputStream words = new ByteArrayOutputStream();
        words.writeBytes(new byte[] {0x0A, 0x03, 0x0A, 0x01, 'a'});
        words.writeBytes(new byte[] {0x12, 0x02, 0x18, 0x03});
        assertTrue(assertThrows(UnsupportedModelException.class, () -> SentencePieceModel.read(words.toByteArray(), "words"))
                .getMessage().contains("type 3"));
    }

    @Test
    void whatADirectoryLacksIsSaid(@TempDir Path folder) {
        assertRefused(ModelNotFoundException.class, folder.resolve("none"), "none");
        assertRefused(ModelNotFoundException.class, folder, "no tokenizer in");
        assertRefused(ModelNotFoundException.class, folder.resolve("spiece.model"), "spiece.model");
    }

    @ParameterizedTest
    @CsvSource({"vocab.json,CLIPTokenizer", "vocab.json,Qwen2Tokenizer", "spiece.model,AlbertTokenizer",
            "spiece.model,PegasusTokenizerFast", "vocab.txt,BertJapaneseTokenizer"})
    void aTokenizerClassThatIsNotBuiltIsNamed(String file, String name, @TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\":\"" + name + "\"}");
        Files.writeString(folder.resolve(file), "{}");
        Files.writeString(folder.resolve("merges.txt"), "");
        assertRefused(UnsupportedModelException.class, folder, name.replace("Fast", ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0}}}|WordLevel",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"decoder\":{\"type\":\"CTC\"}}|CTC",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"decoder\":{\"type\":\"BPEDecoder\"}}|BPEDecoder",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"post_processor\":{\"type\":\"Odd\"}}|Odd"})
    void aPartOfATokenizerJsonThatIsNotBuiltIsNamed(String json, String part, @TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        assertRefused(UnsupportedModelException.class, folder, part);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"post_processor\":{\"type\":\"BertProcessing\","
            + "\"sep\":[\"x\",7],\"cls\":[\"y\",0]}}",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"post_processor\":{\"type\":\"BertProcessing\"}}",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"post_processor\":{\"type\":\"TemplateProcessing\","
            + "\"single\":[{\"SpecialToken\":{\"id\":\"x\",\"type_id\":0}}]}}",
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}}}", "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[]]}}",
        "{\"model\":{\"type\":\"Unigram\",\"vocab\":7}}"})
    void aTokenizerJsonThatContradictsItselfIsRefused(String json, @TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        assertRefused(ModelFormatException.class, folder, "tokenizer.json");
    }

    @Test
    void aVocabularyWithoutItsSpecialTokensIsRefused(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\nhello\n");
        assertRefused(ModelFormatException.class, folder, "[SEP]");
        Files.write(folder.resolve("vocab.txt"), new byte[] {(byte) 0xFF, (byte) 0xFE, '\n'});
        assertRefused(ModelFormatException.class, folder, "UTF-8");
    }

    @Test
    void vocabularyLinesMayEndAsOnWindows(@TempDir Path folder) throws Exception {
        String lines = Files.readString(fixture("bert-uncased/vocab.txt"));
        Path file = Files.writeString(folder.resolve("vocab.txt"), lines.replace("\n", "\r\n"));
        try (Tokenizer here = Tokenizer.of(file); Tokenizer there = Tokenizer.of(fixture("bert-uncased/vocab.txt"))) {
            assertEquals(there.encode("Hello world!"), here.encode("Hello world!"));
        }
    }

    @Test
    void endTokensAreReadBesideASentencePieceModel(@TempDir Path folder) throws Exception {
        Files.copy(fixture("bpe-bytes/spiece.model"), folder.resolve("tokenizer.model"));
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            assertEquals(Set.of(tokenizer.eos().getAsInt()), tokenizer.endTokens());
        }
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":[3,5,9999999]}");
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            assertEquals(Set.of(tokenizer.eos().getAsInt(), 3, 5), tokenizer.endTokens());
        }
    }

    @Test
    void endTokensAreReadBesideTheTokenizer(@TempDir Path folder) throws Exception {
        Files.copy(TokenizerFixture.path("json-byte-level/tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":[2,5,9999999],\"pad_token_id\":3}");
        Files.writeString(folder.resolve("config.json"), "{\"bos_token_id\":1,\"eos_token_id\":2}");
        try (Tokenizer tokenizer = Tokenizer.of(folder)) {
            assertEquals(OptionalInt.of(1), tokenizer.bos());
            assertEquals(OptionalInt.of(2), tokenizer.eos());
            assertEquals(OptionalInt.of(3), tokenizer.pad());
            assertTrue(tokenizer.endTokens().containsAll(Set.of(2, 5)), tokenizer.endTokens().toString());
            assertTrue(tokenizer.endTokens().stream().allMatch(token -> token < tokenizer.vocabularySize()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unigram-nfkc", "unigram-bytes", "bpe-rules", "bpe-bytes", "bert-json"})
    void longRunsTakeNoQuadraticTime(String name) {
        try (Tokenizer tokenizer = Tokenizer.of(fixture(name))) {
            for (String run : new String[] {" ", "a", "the ", "\u4F60", "\uD83D\uDE00", "\u0301", "ab", "<sep>"}) {
                String text = run.repeat(50_000);
                long start = System.nanoTime();
                Encoding encoding = tokenizer.encode(text);
                long seconds = (System.nanoTime() - start) / 1_000_000_000;
                assertTrue(seconds < 20, seconds + " s for a run of '" + run + "'");
                for (int i = 0; i < encoding.length(); i++) {
                    assertTrue(encoding.starts()[i] <= encoding.ends()[i] && encoding.ends()[i] <= text.length());
                }
            }
        }
    }

    @Test
    void loneSurrogatesAreTheReplacementCharacter() {
        for (String name : new String[] {"unigram-nfkc", "bpe-bytes", "bert-uncased", "xlm-roberta-json"}) {
            try (Tokenizer tokenizer = Tokenizer.of(fixture(name))) {
                assertArrayEquals(tokenizer.encode("a\uFFFDb").tokens(), tokenizer.encode("a\uD83Db").tokens(), name);
                assertEquals(tokenizer.encode("\uFFFD"), tokenizer.encode("\uDE00"), name);
            }
        }
    }
}
