package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.Translation;
import org.waterspout.TranslationOptions;
import org.waterspout.TranslationOptions.Splitting;
import org.waterspout.Translator;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.error.CancelledException;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.TooLongException;

/** Text in, text out: the demonstration translator, and Firefox's models where a machine has them. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class TranslatorTest {

    private static final String BACKEND = TornadoDevices.sdkPresent() ? "tornado" : "cpu";
    private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withBackend(BACKEND);
    private static final TranslationOptions WHOLE = TranslationOptions.DEFAULT.withSplitting(Splitting.NEVER);

    private static final String PAGE = """
            The lighthouse

            Every evening at six o'clock, Maria climbed the hundred and twelve steps of the old lighthouse. Her grandfather had kept the \
            light before her, and his father before him. Nobody in the village could remember a night without it.

            "You could sell it," said Dr. Almeida, who came to visit once a year. "The hotel would pay well." Maria laughed and shook \
            her head. She had heard this before!

            Then, in the winter of 1987, the storm came. It broke windows, carried away two fishing boats, and left the whole coast \
            without \
            electricity for three days. The light on the rock did not go out.
            """;

    @TestFactory
    Stream<DynamicTest> firefoxModelsGiveTheRecordedLines() {
        return firefox((model, translator) -> assertEquals(model.targets(), texts(translator.translate(model.sources(), WHOLE))));
    }

    /** In float32, about three lines in a hundred differ when tokens may be chosen that are not on the shortlist. */
    @TestFactory
    Stream<DynamicTest> maxLinesAreTheSameWithoutTheShortlist() {
        return firefox((model, translator) -> {
            List<String> found = texts(translator.translate(model.sources(), WHOLE.withShortlist(false)));
            long different = differences(found, model.targets());
            assertTrue(different <= Math.ceil(0.05 * found.size()), different + " of " + found.size() + " lines differ");
        });
    }

    @TestFactory
    Stream<DynamicTest> aWiderBeamNeverLosesByItsOwnScore() {
        return firefox((model, translator) -> {
            List<String> some = model.sources().subList(0, 12);
            List<Translation> greedy = translator.translate(some, WHOLE);
            List<Translation> wide = translator.translate(some, WHOLE.withBeams(4).withBest(3));
            int better = 0;
            for (int i = 0; i < some.size(); i++) {
                Translation best = wide.get(i);
                assertTrue(best.alternatives().size() <= 2 && best.alternatives().stream()
                        .allMatch(other -> other.score() <= best.score()));
                better += best.score() >= greedy.get(i).score() - 1e-4 ? 1 : 0;
            }
            // a greedy hypothesis may fall out of the beam, but seldom
            assertTrue(better >= some.size() - 1, better + " of " + some.size());
        });
    }

    @Test
    void aPageOfEnglishBecomesAPageOfPortuguese() {
        RecordedFirefoxModel model = RecordedFirefoxModel.find("enpt").orElse(null);
        assumeTrue(model != null, RecordedFirefoxModel.missing("enpt"));
        try (Translator translator = Translator.load(model.folder(), OPTIONS)) {
            AtomicInteger told = new AtomicInteger();
            String page = translator.translate(List.of(PAGE), TranslationOptions.DEFAULT.withLanguages("en", "pt"),
                    (done, of) -> assertTrue(told.incrementAndGet() == done && done <= of)).getFirst().text();
            System.out.println(page);
            assertEquals(PAGE.lines().map(String::isBlank).toList(), page.lines().map(String::isBlank).toList());
            assertEquals(11, told.get());
            for (String word : List.of("farol", "Maria", "1987", "tempestade", "barcos", "Almeida")) {
                assertTrue(page.contains(word), word + " in: " + page);
            }
            // every sentence is what it is alone
            String first = translator.translate("Nobody in the village could remember a night without it.").text();
            assertTrue(page.contains(first), first);
        }
    }

    @TestFactory
    Stream<DynamicTest> theDemonstrationTranslatorKnowsDatesAndNumbers() {
        List<String[]> phrases = heldOut();
        return Stream.of(1, 4).map(beams -> DynamicTest.dynamicTest(beams == 1 ? "greedy" : "beam of " + beams, () -> {
            try (Translator translator = Translator.demonstration(OPTIONS)) {
                List<String> found = texts(translator.translate(phrases.stream().map(phrase -> phrase[0]).toList(),
                        WHOLE.withBeams(beams)));
                long different = differences(found, phrases.stream().map(phrase -> phrase[1]).toList());
                System.out.println(BACKEND + ", beam " + beams + ": " + different + " of " + phrases.size() + " differ");
                assertTrue(different <= 0.01 * phrases.size(), different + " of " + phrases.size() + " phrases are translated wrongly");
            }
        }));
    }

    @Test
    void textsWithoutAWordHaveEmptyTranslations() {
        try (Translator translator = Translator.demonstration(OPTIONS)) {
            List<Translation> found = translator.translate(List.of("", "the first of May, two thousand and one", " \n "),
                    TranslationOptions.DEFAULT);
            assertEquals("", found.get(0).text());
            assertEquals("2001-05-01", found.get(1).text());
            assertEquals("", found.get(2).text());
            assertTrue(translator.translate(List.of(), TranslationOptions.DEFAULT).isEmpty());
        }
    }

    @Test
    void threadsTakeTurns() throws Exception {
        List<String[]> phrases = heldOut().subList(0, 24);
        try (Translator translator = Translator.demonstration(OPTIONS); ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<String> expected = texts(translator.translate(phrases.stream().map(phrase -> phrase[0]).toList(), WHOLE));
            List<Future<String>> found = new ArrayList<>();
            for (String[] phrase : phrases) {
                found.add(threads.submit(() -> translator.translate(phrase[0]).text()));
            }
            for (int i = 0; i < found.size(); i++) {
                assertEquals(expected.get(i), found.get(i).get());
            }
        }
    }

    @Test
    void whatCannotBeTranslatedIsRefusedInALine() {
        assertRefused("no encoder-decoder", () -> Translator.load(FamilyModel.path("llama"), OPTIONS));
        assertRefused("translate", () -> LanguageModel.load(TranslatorModel.path("bart"), OPTIONS));
        Translator closed = Translator.demonstration(OPTIONS);
        closed.close();
        assertThrows(ClosedException.class, () -> closed.translate("the first of May"));
        try (Translator translator = Translator.load(TranslatorModel.path("t5"), OPTIONS)) {
            assertTrue(assertThrows(ModelNotFoundException.class, () -> translator.translate("Hello")).getMessage().contains("tokenizer"));
            assertRefused("reads 40", () -> translator.translateTokens(List.of(new int[41]), TranslationOptions.DEFAULT));
            assertRefused("empty", () -> translator.translateTokens(List.of(new int[0]), TranslationOptions.DEFAULT));
            assertRefused("no token 47", () -> translator.logits(new int[] {3}, new int[] {0, 47}));
        }
        try (Translator translator = Translator.demonstration(OPTIONS)) {
            String endless = "one thousand ".repeat(400);
            assertRefused("tokens", () -> translator.translate(endless, WHOLE));
            assertFalse(translator.translate(endless, TranslationOptions.DEFAULT).text().isEmpty());
            assertRefused("beam of 100", () -> translator.translate("one", WHOLE.withBeams(100)));
        }
    }

    /** No space to cut it at: pieces end between letters, each once, and none is longer than the model reads. */
    @Test
    void aWordOfTwentyThousandLettersIsTranslatedInPieces() {
        String word = "twenty".repeat(3334);
        try (Translator translator = Translator.demonstration(OPTIONS)) {
            AtomicInteger pieces = new AtomicInteger();
            List<Translation> found = translator.translate(List.of(word), TranslationOptions.DEFAULT.withMaxTokens(3),
                    (_, of) -> pieces.set(of));
            assertFalse(found.getFirst().text().isBlank());
            assertTrue(pieces.get() > 1 && pieces.get() < word.length() / 20, pieces + " pieces");
            assertRefused("tokens", () -> translator.translate(word, WHOLE));
        }
    }

    @Test
    void anInterruptedThreadStopsTranslating() {
        String word = "twenty".repeat(3334);
        AtomicInteger done = new AtomicInteger();
        try (Translator translator = Translator.demonstration(OPTIONS)) {
            List<String> many = Collections.nCopies(200, "the first of May, two thousand and one");
            assertCancelled(() -> translator.translate(many, TranslationOptions.DEFAULT, (_, _) -> {
                done.incrementAndGet();
                Thread.currentThread().interrupt();
            }));
            int places = translator.plan().options().maxSequences();
            assertTrue(done.get() >= 1 && done.get() <= places && places < many.size(), done + " were done");
            Thread.currentThread().interrupt();
            assertCancelled(() -> translator.translate(word)); // while it is being cut
            Thread.currentThread().interrupt();
            assertCancelled(() -> translator.translateTokens(List.of(new int[] {3}), TranslationOptions.DEFAULT));
            assertEquals("2001-05-01", translator.translate("the first of May, two thousand and one").text());
        }
    }

    /** The interrupt stays set for whoever asked for it; here it is taken back. */
    private static void assertCancelled(Executable work) {
        try {
            assertThrows(CancelledException.class, work);
        } finally {
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aModelOfOnePairHasNoOtherLanguages() {
        RecordedFirefoxModel model = RecordedFirefoxModel.find("enpt").orElse(null);
        assumeTrue(model != null, RecordedFirefoxModel.missing("enpt"));
        try (Translator translator = Translator.load(model.folder(), OPTIONS)) {
            assertRefused("'fr'", () -> translator.translate("Hello", TranslationOptions.DEFAULT.withLanguages("en", "fr")));
            assertRefused("'de'", () -> translator.translate("Hello", TranslationOptions.DEFAULT.withFrom("de")));
            assertEquals(translator.translate("Good morning.").text(),
                    translator.translate("Good morning.", TranslationOptions.DEFAULT.withLanguages("en", "pt_BR")).text());
        }
    }

    @Test
    void aModelOfAnUnnamedPairIsAskedForNoLanguage() {
        try (Translator translator = Translator.demonstration(OPTIONS)) {
            assertRefused("'fr'", () -> translator.translate("12 March 1999", TranslationOptions.DEFAULT.withTo("fr")));
            TooLongException refused = assertThrows(TooLongException.class, () -> translator.translate("1\n2",
                    TranslationOptions.DEFAULT.withPrefix("12 March ".repeat(100))));
            assertTrue(refused.getMessage().contains("the prefix has"), refused.getMessage());
        }
    }

    private interface Check {
        void run(RecordedFirefoxModel model, Translator translator);
    }

    private static Stream<DynamicTest> firefox(Check check) {
        return Stream.of("enpt", "pten").map(pair -> DynamicTest.dynamicTest(pair, () -> {
            RecordedFirefoxModel model = RecordedFirefoxModel.find(pair).orElse(null);
            assumeTrue(model != null, RecordedFirefoxModel.missing(pair));
            try (Translator translator = Translator.load(model.folder(), OPTIONS)) {
                check.run(model, translator);
            }
        }));
    }

    private static List<String> texts(List<Translation> translations) {
        return translations.stream().map(Translation::text).toList();
    }

    private static long differences(List<String> found, List<String> expected) {
        assertEquals(expected.size(), found.size());
        long different = 0;
        for (int i = 0; i < found.size(); i++) {
            different += found.get(i).equals(expected.get(i)) ? 0 : 1;
        }
        return different;
    }

    /** Phrases that the training never saw, and what they mean. */
    private static List<String[]> heldOut() {
        try (InputStream in = TranslatorTest.class.getResourceAsStream("/demo/translator-heldout.tsv")) {
            List<String[]> phrases = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> line.split("\t")).toList();
            assertEquals(2000, phrases.size());
            return phrases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertRefused(String part, Executable request) {
        String message = assertThrows(InvalidRequestException.class, request).getMessage();
        assertTrue(message.contains(part) && message.lines().count() == 1, message);
    }
}
