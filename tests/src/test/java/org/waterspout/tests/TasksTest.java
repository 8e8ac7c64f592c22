package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.waterspout.Classifier;
import org.waterspout.Embedder;
import org.waterspout.Embedder.Embedding;
import org.waterspout.LoadOptions;
import org.waterspout.QuestionAnswerer;
import org.waterspout.Reranker;
import org.waterspout.encode.ImageProcessor;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.validate.RelativeError;

/** Vectors, labels, rankings and answers of tiny models in folders, on every backend, against what Transformers made of the same texts. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class TasksTest {

    /** Of vectors, relative to their root mean square, and of scores: 7.5e-7 was seen. */
    private static final double LIMIT = 2.2e-6;

    /** Of an answer's score, relative to it: 4.2e-6 was seen. */
    private static final double ANSWER_LIMIT = 1.2e-5;
    private static final long SEED = 41;

    static Stream<TestBackend> backends() {
        return TestBackend.all().stream();
    }

    private static LoadOptions on(TestBackend backend) {
        assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
        return LoadOptions.DEFAULT.withBackend(backend.name());
    }

    @ParameterizedTest
    @MethodSource("backends")
    void vectorsAreThoseOfTransformers(TestBackend backend) {
        TaskModel model = TaskModel.of("embedder");
        try (Embedder embedder = Embedder.load(model.folder(), on(backend))) {
            List<Embedding> texts = embedder.embed(model.texts(), Embedder.Role.TEXT, false);
            List<Embedding> queries = embedder.embed(model.texts(), Embedder.Role.QUERY, false);
            List<Embedding> passages = embedder.embed(model.texts(), Embedder.Role.PASSAGE, false);
            assertEquals(24, embedder.dimensions());
            for (int i = 0; i < texts.size(); i++) {
                assertClose(TaskModel.floats(model.expected().get("vectors").get(i)), texts.get(i).vector(), "text " + i);
                assertClose(TaskModel.floats(model.expected().get("queries").get(i)), queries.get(i).vector(), "query " + i);
                assertClose(TaskModel.floats(model.expected().get("vectors").get(i)), passages.get(i).vector(), "passage " + i);
                assertEquals(model.expected().get("tokens").get(i).asInt(), texts.get(i).tokens());
                assertEquals(1, Embedder.similarity(texts.get(i).vector(), embedder.embed(model.texts().get(i)).vector()), 1e-6);
            }
        }
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        RelativeError error = RelativeError.of(actual, expected, expected.length);
        assertTrue(error.error() <= LIMIT, what + ": " + error);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void labelsAreThoseOfTransformersPipelines(TestBackend backend) {
        for (String name : List.of("classifier", "multi-label", "one-label")) {
            TaskModel model = TaskModel.of(name);
            try (Classifier classifier = Classifier.load(model.folder(), on(backend))) {
                List<Classifier.Classification> results = classifier.classify(model.texts(), false);
                for (int i = 0; i < results.size(); i++) {
                    assertLabels(model.expected().get("results").get(i), results.get(i), name + ", text " + i);
                }
            }
        }
    }

    private static void assertLabels(JsonNode expected, Classifier.Classification actual, String what) {
        assertEquals(expected.size(), actual.labels().size());
        double before = Double.POSITIVE_INFINITY;
        for (Classifier.LabelScore label : actual.labels()) {
            assertTrue(label.score() <= before, what);
            before = label.score();
            for (JsonNode one : expected) {
                if (one.get("label").asText().equals(label.label())) {
                    assertEquals(one.get("score").asDouble(), label.score(), LIMIT, what);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void entitiesAreThoseOfTransformersPipelines(TestBackend backend) {
        for (String name : List.of("entities", "entities-scripts")) {
            TaskModel model = TaskModel.of(name);
            try (Classifier classifier = Classifier.load(model.folder(), on(backend))) {
                List<Classifier.Entities> results = classifier.entities(model.texts(), false);
                for (int i = 0; i < results.size(); i++) {
                    assertEntities(model.expected().get("results").get(i), results.get(i).entities(), model.texts().get(i));
                }
            }
        }
    }

    private static void assertEntities(JsonNode expected, List<Classifier.Entity> actual, String text) {
        assertEquals(expected.size(), actual.size(), text + ": " + actual);
        for (int j = 0; j < actual.size(); j++) {
            Classifier.Entity entity = actual.get(j);
            assertEquals(text.substring(entity.start(), entity.end()), entity.text());
            assertEquals(expected.get(j).get("label").asText(), entity.label());
            assertEquals(expected.get(j).get("start").asInt(), entity.inCodePoints(text).start());
            assertEquals(expected.get(j).get("end").asInt(), entity.inCodePoints(text).end());
            assertEquals(expected.get(j).get("score").asDouble(), entity.score(), LIMIT);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void documentsAreRankedByTheScoresOfTransformers(TestBackend backend) {
        TaskModel model = TaskModel.of("reranker");
        try (Reranker reranker = Reranker.load(model.folder(), on(backend))) {
            List<Reranker.Ranked> ranked = reranker.rank(model.expected().get("query").asText(), model.texts());
            assertEquals(model.texts().size(), ranked.stream().map(Reranker.Ranked::index).distinct().count());
            double before = Double.POSITIVE_INFINITY;
            for (Reranker.Ranked one : ranked) {
                assertEquals(model.expected().get("scores").get(one.index()).asDouble(), one.score(), LIMIT);
                assertTrue(one.score() <= before);
                before = one.score();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void answersAreTheBestSpansOfAllWindows(TestBackend backend) {
        TaskModel model = TaskModel.of("answers");
        String context = model.expected().get("context").asText();
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model.folder(), on(backend))) {
            List<QuestionAnswerer.Question> questions = new ArrayList<>();
            model.expected().get("results").forEach(result -> questions.add(
                    new QuestionAnswerer.Question(result.get("question").asText(), context)));
            List<QuestionAnswerer.Answer> answers = answerer.answer(questions);
            for (int i = 0; i < answers.size(); i++) {
                JsonNode expected = model.expected().get("results").get(i);
                QuestionAnswerer.Answer answer = answers.get(i);
                assertTrue(expected.get("windows").asInt() > 1, "the context must not fit one window");
                assertEquals(1, answer.score() / expected.get("score").asDouble(), ANSWER_LIMIT);
                // the recorded span may begin or end within a word
                assertTrue(answer.start() <= expected.get("start").asInt() && answer.end() >= expected.get("end").asInt(),
                        answer.toString());
                String grown = context.substring(answer.start(), expected.get("start").asInt())
                        + context.substring(expected.get("end").asInt(), answer.end());
                assertTrue(grown.chars().allMatch(Character::isLetterOrDigit), grown);
                assertEquals(context.substring(answer.start(), answer.end()), answer.answer());
            }
        }
    }

    /** To whole words, in scripts without spaces between them and with vowel signs; and where the model is sure that there is none. */
    @ParameterizedTest
    @MethodSource("backends")
    void answersGrowToTheTokenizersWords(TestBackend backend) {
        for (String name : List.of("answers-scripts", "no-answer")) {
            TaskModel model = TaskModel.of(name);
            String context = model.expected().get("context").asText();
            try (QuestionAnswerer answerer = QuestionAnswerer.load(model.folder(), on(backend))) {
                for (JsonNode expected : model.expected().get("results")) {
                    QuestionAnswerer.Answer answer = answerer.answer(expected.get("question").asText(), context);
                    double score = expected.get("score").asDouble();
                    assertEquals(1, answer.score() / score, ANSWER_LIMIT, name);
                    assertEquals(expected.get("words").get(0).asInt(), answer.inCodePoints(context).start());
                    assertEquals(expected.get("words").get(1).asInt(), answer.inCodePoints(context).end());
                    assertEquals(context.substring(answer.start(), answer.end()), answer.answer());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void imagesAreLabelledAsTransformersLabelsThem(TestBackend backend) {
        for (String name : List.of("pictures", "pictures-cropped")) {
            TaskModel model = TaskModel.of(name);
            try (Classifier classifier = Classifier.load(model.folder(), on(backend))) {
                assertTrue(classifier.readsImages());
                List<String> names = new ArrayList<>();
                model.expected().fieldNames().forEachRemaining(names::add);
                List<Classifier.Classification> results = classifier.classifyImages(names.stream().map(TasksTest::image).toList());
                for (int i = 0; i < names.size(); i++) {
                    assertLabels(model.expected().get(names.get(i)).get("results"), results.get(i), name + ", " + names.get(i));
                }
                assertEquals(results, classifier.classifyImageFiles(names.stream().map(TasksTest::imageFile).toList()));
            }
        }
    }

    /** To the last bit of a byte, whatever the size: Pillow's own arithmetic. */
    @Test
    void imagesBecomeTheNumbersOfTransformersProcessors() {
        for (String name : List.of("pictures", "pictures-cropped")) {
            TaskModel model = TaskModel.of(name);
            try (ModelFile file = ModelFiles.open(model.folder())) {
                Architecture architecture = Architecture.of(file);
                Architecture.Patches patches = (Architecture.Patches) architecture.main().input();
                ImageProcessor images = new ImageProcessor(file, architecture.family(), patches);
                for (Map.Entry<String, JsonNode> image : model.expected().properties()) {
                    float[] expected = ImageProcessor.sequence(TaskModel.floats(image.getValue().get("pixels")), patches).inputEmbeddings();
                    assertArrayEquals(expected, images.sequence(image(image.getKey())).inputEmbeddings(), 2e-6f,
                            name + ", " + image.getKey());
                }
            }
        }
    }

    private static BufferedImage image(String name) {
        return ImageProcessor.read(imageFile(name));
    }

    private static Path imageFile(String name) {
        return TaskModel.of("pictures").folder().resolve(name + ".png");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aVectorDoesNotDependOnItsNeighbours(TestBackend backend) {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        String[] words = {"cat", "London", "the", "x9", "mat", "naïve", "?", "born"};
        List<String> texts = IntStream.range(0, 40).mapToObj(_ -> String.join(" ", IntStream.range(0, 1 + random.nextInt(9))
                .mapToObj(_ -> words[random.nextInt(words.length)]).toList())).toList();
        TaskModel model = TaskModel.of("embedder");
        try (Embedder embedder = Embedder.load(model.folder(), on(backend))) {
            List<String> shuffled = new ArrayList<>(texts);
            Collections.shuffle(shuffled, random);
            List<Embedding> all = embedder.embed(texts, Embedder.Role.TEXT, false);
            List<Embedding> other = embedder.embed(shuffled, Embedder.Role.TEXT, false);
            for (int i = 0; i < texts.size(); i++) {
                float[] alone = embedder.embed(texts.get(i)).vector();
                assertClose(alone, all.get(i).vector(), texts.get(i));
                assertClose(alone, other.get(shuffled.indexOf(texts.get(i))).vector(), texts.get(i));
            }
        }
    }

    @Test
    void severalThreadsGetWhatOneGets() throws Exception {
        TaskModel model = TaskModel.of("embedder");
        try (Embedder embedder = Embedder.load(model.folder()); ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<List<Embedding>>> calls = Collections.nCopies(16, () -> embedder.embed(model.texts(), Embedder.Role.TEXT, false));
            List<Embedding> expected = calls.getFirst().call();
            for (Future<List<Embedding>> result : threads.invokeAll(calls)) {
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i).vector(), result.get().get(i).vector());
                }
            }
        }
    }

    @Test
    void aTextThatIsTooLongIsRefusedOrCutAsAsked() {
        String text = "cat ".repeat(60);
        try (Embedder embedder = Embedder.load(TaskModel.of("embedder").folder())) {
            assertEquals(32, embedder.longestText());
            assertEquals("the text has 62 tokens, the model takes at most 32: shorten it, or have it truncated",
                    assertThrows(InvalidRequestException.class, () -> embedder.embed(text)).getMessage());
            Embedding cut = embedder.embed(List.of(text), Embedder.Role.TEXT, true).getFirst();
            assertTrue(cut.truncated());
            assertEquals(32, cut.tokens());
            Embedding whole = embedder.embed("cat ".repeat(30));
            assertFalse(whole.truncated());
            assertArrayEquals(whole.vector(), cut.vector());
        }
    }

    /** As tokenizers cut pairs: the longer text first, then both alike. */
    @Test
    void aPairIsCutLongestFirst() {
        try (Reranker reranker = Reranker.load(TaskModel.of("reranker").folder())) {
            String query = "cat ".repeat(80);
            String refusal = assertThrows(InvalidRequestException.class, () -> reranker.rank(query, List.of("the mat"))).getMessage();
            assertEquals("the query has 80 tokens and the document 2; with 3 special ones the model takes at most 64: shorten them, or"
                    + " have them truncated", refusal);
            Reranker.Ranked cut = reranker.rank(query, List.of("the mat"), true).getFirst();
            assertTrue(cut.truncated());
            assertEquals(reranker.rank("cat ".repeat(59), List.of("the mat")).getFirst().score(), cut.score());
            assertEquals(reranker.rank("cat ".repeat(30), List.of("mat ".repeat(31))).getFirst().score(),
                    reranker.rank("cat ".repeat(90), List.of("mat ".repeat(91)), true).getFirst().score());
        }
    }

    @Test
    void anEmptyTextHasTheVectorOfTheSpecialTokens() {
        try (Embedder embedder = Embedder.load(TaskModel.of("embedder").folder())) {
            assertEquals(2, embedder.embed("").tokens());
            assertArrayEquals(embedder.embed("").vector(), embedder.embed(" ").vector());
            assertEquals(1, Embedder.similarity(embedder.embed("").vector(), embedder.embed("").vector()), 1e-6);
        }
    }

    @Test
    void offsetsAreUtf16UnitsAndCodePointsOnRequest() {
        String text = "\uD83D\uDE00 Ada Lovelace was born in London";
        try (Classifier classifier = Classifier.load(TaskModel.of("entities").folder())) {
            List<Classifier.Entity> found = classifier.entities(text).entities();
            assertFalse(found.isEmpty());
            for (Classifier.Entity entity : found) {
                assertEquals(text.substring(entity.start(), entity.end()), entity.text());
                assertEquals(entity.end() - 1, entity.inCodePoints(text).end());
            }
        }
    }

    @Test
    void aClosedModelSaysSo() {
        Embedder embedder = Embedder.load(TaskModel.of("embedder").folder());
        embedder.close();
        embedder.close();
        assertEquals("the model is closed: load it again", assertThrows(ClosedException.class, () -> embedder.embed("text")).getMessage());
    }

    @Test
    void theDemonstrationClassifierTellsSpamFromMail() {
        try (Classifier classifier = Classifier.demonstration(LoadOptions.DEFAULT)) {
            assertEquals("spam", classifier.classify("You have won a prize, click here").labels().getFirst().label());
            assertEquals(2, classifier.labels().size());
        }
    }
}
