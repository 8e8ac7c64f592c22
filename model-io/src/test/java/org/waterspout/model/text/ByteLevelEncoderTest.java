package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.subword.ByteLevelEncoder;
import org.waterspout.model.text.subword.PreTokenizer;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/** Byte-level BPE beside Hugging Face's library, and on texts that end a process with that library in it. */
class ByteLevelEncoderTest {

    private static final String[] FIXTURES = {"byte-level-gpt-2", "byte-level-llama-bpe", "byte-level-tekken"};

    static Stream<PreTokenizer> preTokenizers() {
        return PreTokenizer.all().stream();
    }

    private static Random seeded(String test) {
        long seed = System.nanoTime();
        System.out.println(test + " seed " + seed);
        return new Random(seed);
    }

    private static Vocabulary bytesAlone() {
        List<String> pieces = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            pieces.add(String.valueOf(Vocabulary.characterOf(b)));
        }
        return new Vocabulary(pieces, Collections.nCopies(256, Vocabulary.Kind.NORMAL), Vocabulary.Writing.BYTE_LEVEL);
    }

    /** Where a word ends, by the library. */
    private static int[] words(NativeTokenizer library, String text) {
        TokenList out = new TokenList(text.length(), true).withWords();
        library.encode(text, out);
        Encoding encoding = Encoding.of(text, out);
        int[] ends = new int[encoding.length()];
        int count = 0;
        for (int i = 0; i < ends.length; i++) {
            if (i + 1 == ends.length || encoding.words()[i] != encoding.words()[i + 1]) {
                ends[count++] = encoding.ends()[i];
            }
        }
        return Arrays.copyOf(ends, count);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("preTokenizers")
    void wordsAreThoseOfTheLibraryWhateverTheCharacter(PreTokenizer preTokenizer) {
        Random random = seeded("wordsAreThoseOfTheLibraryWhateverTheCharacter");
        Vocabulary vocabulary = bytesAlone();
        try (NativeTokenizer library = LibraryTokenizer.byteLevel(vocabulary, List.of(), preTokenizer);
                ByteLevelEncoder own = new ByteLevelEncoder(vocabulary, List.of(), preTokenizer)) {
            for (int round = 0; round < 4000; round++) {
                int point;
                do {
                    point = random.nextInt(round % 2 == 0 ? 0x20000 : Character.MAX_CODE_POINT + 1);
                } while (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
                String c = Character.toString(point);
                String text = "a" + c + "1" + c + " " + c + c + "b\n'" + c + "." + c + "A" + c + "a/" + c + "\r";
                assertArrayEquals(words(library, text), own.words(text), () -> MixedTexts.shown(text));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("preTokenizers")
    void tokensAndPlacesAreThoseOfTheLibrary(PreTokenizer preTokenizer) {
        Random random = seeded("tokensAndPlacesAreThoseOfTheLibrary");
        for (String fixture : FIXTURES) {
            Metadata metadata = TokenizerFixture.metadata(fixture);
            Vocabulary vocabulary = GgufTokenizer.vocabulary(metadata, Vocabulary.Writing.BYTE_LEVEL);
            List<String> merges = metadata.list("tokenizer.ggml.merges", String.class);
            try (NativeTokenizer library = LibraryTokenizer.byteLevel(vocabulary, merges, preTokenizer);
                    ByteLevelEncoder own = new ByteLevelEncoder(vocabulary, merges, preTokenizer)) {
                for (int round = 0; round < 500; round++) {
                    String text = MixedTexts.draw(random, round % 10 == 0 ? 200 : 30);
                    TokenList expected = new TokenList(text.length(), true);
                    TokenList found = new TokenList(text.length(), true);
                    library.encode(text, expected);
                    own.encode(text, found);
                    assertEquals(Encoding.of(text, expected), Encoding.of(text, found), () -> MixedTexts.shown(text));
                }
            }
        }
    }

    /** Bytes that the vocabulary cannot write vanish, as in the library, whose places then count without them. */
    @Test
    void bytesWithoutATokenAreLeftOut() {
        Random random = seeded("bytesWithoutATokenAreLeftOut");
        List<String> pieces = new ArrayList<>(bytesAlone().pieces());
        for (int b = 0; b < 256; b += 13) {
            pieces.set(b, "unused " + b);
        }
        pieces.addAll(List.of("bc", "bcd"));
        Vocabulary vocabulary = new Vocabulary(pieces, Collections.nCopies(pieces.size(), Vocabulary.Kind.NORMAL),
                Vocabulary.Writing.BYTE_LEVEL);
        List<String> merges = List.of("b c", "bc d");
        PreTokenizer preTokenizer = PreTokenizer.of("qwen2");
        try (NativeTokenizer library = LibraryTokenizer.byteLevel(vocabulary, merges, preTokenizer);
                ByteLevelEncoder own = new ByteLevelEncoder(vocabulary, merges, preTokenizer)) {
            for (int round = 0; round < 1000; round++) {
                String text = MixedTexts.draw(random, 20) + "bcd bdcd";
                TokenList expected = new TokenList(text.length(), false);
                TokenList found = new TokenList(text.length(), false);
                library.encode(text, expected);
                own.encode(text, found);
                assertArrayEquals(expected.tokens(), found.tokens(), () -> MixedTexts.shown(text));
            }
        }
    }

    /** Where the library's engine gives up, its failure ends the process. Memory: what one thread took, garbage and all. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "qwen2", "tekken", "gpt-2", "smollm", "default"})
    @Tag("slow")
    void elevenMillionBytesAreCut(String name) {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("byte-level-llama-bpe", Map.of("tokenizer.ggml.pre", name)))) {
            for (String run : name.equals("llama-bpe") ? List.of(" ", "a", "1", "\n", " \n", "\u0301", "'", "\r\n ") : List.of(" ")) {
                boolean whole = List.of("llama-bpe", "qwen2", "tekken").contains(name) && List.of(" ", "a", "1").contains(run);
                int length = whole ? 11_000_000 : 1_100_000;
                String text = run.repeat(length / run.getBytes(StandardCharsets.UTF_8).length);
                com.sun.management.ThreadMXBean memory = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
                long before = memory.getCurrentThreadAllocatedBytes();
                int[] tokens = assertTimeout(Duration.ofMinutes(2), () -> tokenizer.encode(text, false));
                long taken = (memory.getCurrentThreadAllocatedBytes() - before) / length;
                assertTrue(taken <= 80, taken + " bytes of memory for each of the text's, " + MixedTexts.shown(run));
                long bytes = 0;
                for (int token : tokens) {
                    bytes += tokenizer.bytes(token).length;
                }
                assertEquals((long) text.length() * run.getBytes(StandardCharsets.UTF_8).length / run.length(), bytes,
                        MixedTexts.shown(run));
                assertTrue(tokenizer.minTokens(text) <= tokens.length && tokenizer.minTokens(text) > 1000);
            }
        }
    }

    /** Best of several rounds each, in turn, in one process. */
    @Test
    @Tag("slow")
    void ordinaryTextTakesNoLongerThanWithTheLibrary() {
        Metadata metadata = TokenizerFixture.metadata("byte-level-llama-bpe");
        Vocabulary vocabulary = GgufTokenizer.vocabulary(metadata, Vocabulary.Writing.BYTE_LEVEL);
        List<String> merges = metadata.list("tokenizer.ggml.merges", String.class);
        PreTokenizer preTokenizer = PreTokenizer.of("llama-bpe");
        String text = String.join("\n", TokenizerFixture.texts()) + " The quick brown fox, it's 1234 years old, jumps over dogs.\n".repeat(
                2000);
        try (NativeTokenizer library = LibraryTokenizer.byteLevel(vocabulary, merges, preTokenizer);
                ByteLevelEncoder own = new ByteLevelEncoder(vocabulary, merges, preTokenizer)) {
            long librarys = Long.MAX_VALUE;
            long owns = Long.MAX_VALUE;
            for (int round = 0; round < 12; round++) {
                long start = System.nanoTime();
                library.encode(text, new TokenList(text.length() / 3, false));
                long between = System.nanoTime();
                own.encode(text, new TokenList(text.length() / 3, false));
                librarys = Math.min(librarys, between - start);
                owns = Math.min(owns, System.nanoTime() - between);
            }
            System.out.printf("own code %.1f ms, the library %.1f ms for %d characters%n", owns / 1e6, librarys / 1e6, text.length());
            assertTrue(owns <= librarys, owns + " ns, the library " + librarys);
        }
    }

    @Test
    void aWordBeyondAllBoundsIsRefused() {
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("byte-level-qwen2"))) {
            String text = "a".repeat(17_000_000);
            assertTrue(assertThrows(InvalidRequestException.class, () -> tokenizer.encode(text, false)).getMessage().contains("17000000"));
        }
    }

    @Test
    void anExpressionThatTriesWaysWithoutEndIsStopped() {
        PreTokenizer nested = new PreTokenizer(List.of("nested"), List.of("((a|a)+)+b"), false, false);
        try (ByteLevelEncoder own = new ByteLevelEncoder(bytesAlone(), List.of(), nested)) {
            assertTimeoutPreemptively(Duration.ofSeconds(30), () ->
                    assertTrue(assertThrows(UnsupportedModelException.class, () -> own.words("a".repeat(60))).getMessage()
                            .contains("((a|a)+)+b")));
        }
    }

    /** However short the text is, and wherever in a long one the work is: in one expression's match, or between the pieces of one word. */
    @ParameterizedTest
    @ValueSource(strings = {"short", "blanks", "word", "words", "sentence pieces"})
    void anInterruptEndsTokenizing(String what) throws Exception {
        String text = switch (what) {
            case "short" -> "a";
            case "blanks" -> " ".repeat(11_000_000) + "a";
            case "word" -> "the".repeat(5_000_000);
            default -> "a1".repeat(5_000_000);
        };
        String fixture = what.equals("sentence pieces") ? "spm-prefix" : "byte-level-llama-bpe";
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata(fixture))) {
            CountDownLatch begun = new CountDownLatch(1);
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            FutureTask<Long> work = new FutureTask<>(() -> {
                if (what.equals("short")) {
                    Thread.currentThread().interrupt();
                }
                begun.countDown();
                assertThrows(CancelledException.class, () -> tokenizer.encode(text, false));
                assertTrue(Thread.interrupted(), "the interrupt is still there for the caller to see");
                return threads.getCurrentThreadCpuTime();
            });
            Thread thread = Thread.ofPlatform().start(work);
            begun.await();
            Thread.sleep(50);
            long asked = threads.getThreadCpuTime(thread.threadId());
            thread.interrupt();
            long after = work.get() - Math.max(0, asked); // -1: it has ended already
            assertTrue(asked < 0 || after < 2_000_000_000L, "worked for " + after + " ns after the interrupt");
        }
    }
    }
