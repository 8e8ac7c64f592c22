package org.waterspout.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.waterspout.Classifier;
import org.waterspout.LoadOptions;
import org.waterspout.QuestionAnswerer;
import org.waterspout.Reranker;
import org.waterspout.Translation;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.server.http.Address;
import org.waterspout.server.model.ModelSource;
import org.waterspout.tests.TaskModel;

/** Ranking, labels, answers and translations over HTTP: the same as from the classes of the library. */
class TaskServerTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String RERANK = "/v1/rerank";
    private static final String CLASSIFY = "/v1/classify";
    private static final String ANSWER = "/v1/answer";
    private static final String TRANSLATE = "/v1/translate";
    private static final String TOO_LONG = "context_length_exceeded";
    /** Its second letter is two units of UTF-16. */
    private static final String TEXT = "a\uD835\uDC4E cat sat on the mat";

    private static Server server;
    private static Asking ask;

    @BeforeAll
    static void start() {
        List<ModelSource> sources = new ArrayList<>(ModelSource.demonstration(LoadOptions.DEFAULT));
        for (String name : List.of("reranker", "entities", "answers", "pictures", "embedder")) {
            sources.add(ModelSource.of(TaskModel.of(name).folder(), LoadOptions.DEFAULT).withId(name));
        }
        server = Server.start(ServerOptions.DEFAULT.withAddress(new Address("127.0.0.1", 0, Optional.empty())), sources);
        ask = Asking.of(server);
    }

    @AfterAll
    static void end() {
        ask.close();
        server.close();
    }

    private static String json(Object value) throws IOException {
        return MAPPER.writeValueAsString(value);
    }

    @Test
    void documentsAreRanked() throws IOException, InterruptedException {
        List<String> documents = List.of("the mat", "a cat", "cat cat cat");
        List<Reranker.Ranked> expected;
        try (Reranker reranker = Reranker.load(TaskModel.of("reranker").folder())) {
            expected = reranker.rank("cat", documents);
        }
        JsonNode all = ask.good(RERANK, json(Map.of("model", "reranker", "query", "cat", "documents", documents)));
        assertEquals("reranker", all.get("model").asText());
        assertEquals(3, all.get("results").size());
        for (int i = 0; i < expected.size(); i++) {
            JsonNode result = all.get("results").get(i);
            assertEquals(expected.get(i).index(), result.get("index").asInt());
            assertEquals(expected.get(i).score(), result.get("relevance_score").asDouble());
            assertFalse(result.get("truncated").asBoolean());
            assertFalse(result.has("document"));
        }
        JsonNode best = ask.good(RERANK, json(Map.of("model", "reranker", "query", "cat", "documents",
                documents.stream().map(text -> Map.of("text", text)).toList(), "top_n", 1, "return_documents", true))).get("results");
        assertEquals(1, best.size());
        assertEquals(documents.get(expected.getFirst().index()), best.get(0).get("document").get("text").asText());
    }

    @Test
    void whatIsTooLongIsRefusedUnlessItMayBeCut() throws IOException, InterruptedException {
        Map<String, Object> asked = Map.of("model", "reranker", "query", "cat", "documents", List.of("mat ".repeat(500)));
        JsonNode refused = ask.refused(RERANK, json(asked));
        assertTrue(refused.get("message").asText().contains("tokens"));
        assertEquals(TOO_LONG, refused.get("code").asText());
        assertEquals(TOO_LONG, ask.refused(CLASSIFY, json(Map.of("model", "spam", "input", "win ".repeat(5000)))).get("code").asText());
        assertEquals(TOO_LONG, ask.refused(ANSWER, json(Map.of("model", "answers", "question", "who ".repeat(500), "context", TEXT)))
                .get("code").asText());
        Map<String, Object> cut = Map.of("model", "reranker", "query", "cat", "documents", List.of("mat ".repeat(500)), "truncate", true);
        assertTrue(ask.good(RERANK, json(cut)).get("results").get(0).get("truncated").asBoolean());
    }

    @Test
    void textsAreLabelled() throws IOException, InterruptedException {
        List<String> texts = List.of("Win a free prize now", "See you at lunch");
        List<Classifier.Classification> expected;
        try (Classifier classifier = Classifier.demonstration(LoadOptions.DEFAULT)) {
            expected = classifier.classify(texts, false);
        }
        JsonNode data = ask.good(CLASSIFY, json(Map.of("model", "spam", "input", texts))).get("data");
        assertEquals(2, data.size());
        for (int i = 0; i < 2; i++) {
            assertEquals(i, data.get(i).get("index").asInt());
            assertEquals(expected.get(i).tokens(), data.get(i).get("tokens").asInt());
            assertEquals(expected.get(i).labels().size(), data.get(i).get("labels").size());
            for (int label = 0; label < expected.get(i).labels().size(); label++) {
                assertEquals(expected.get(i).labels().get(label).label(), data.get(i).get("labels").get(label).get("label").asText());
                assertEquals(expected.get(i).labels().get(label).score(), data.get(i).get("labels").get(label).get("score").asDouble());
            }
        }
        JsonNode best = ask.good(CLASSIFY, json(Map.of("model", "spam", "input", texts.getFirst(), "top_n", 1))).get("data");
        assertEquals(1, best.size());
        assertEquals(1, best.get(0).get("labels").size());
    }

    @Test
    void wordsAreLabelledWithOffsetsInCodePoints() throws IOException, InterruptedException {
        List<Classifier.Entity> expected;
        try (Classifier classifier = Classifier.load(TaskModel.of("entities").folder())) {
            expected = classifier.entities(TEXT).entities();
        }
        assertTrue(expected.stream().anyMatch(entity -> entity.end() > 3), expected.toString());
        JsonNode found = ask.good(CLASSIFY, json(Map.of("model", "entities", "input", TEXT))).get("data").get(0).get("entities");
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < found.size(); i++) {
            assertEquals(expected.get(i).label(), found.get(i).get("label").asText());
            assertEquals(expected.get(i).text(), found.get(i).get("text").asText());
            assertEquals(TEXT.codePointCount(0, expected.get(i).start()), found.get(i).get("start").asInt());
            assertEquals(TEXT.codePointCount(0, expected.get(i).end()), found.get(i).get("end").asInt());
        }
    }

    @Test
    void answersAreFound() throws IOException, InterruptedException {
        List<String> questions = List.of("who sat", "where is the cat");
        JsonNode data = ask.good(ANSWER, json(Map.of("model", "answers", "question", questions, "context", TEXT))).get("data");
        assertEquals(2, data.size());
        try (QuestionAnswerer answerer = QuestionAnswerer.load(TaskModel.of("answers").folder())) {
            for (int i = 0; i < 2; i++) {
                QuestionAnswerer.Answer expected = answerer.answer(questions.get(i), TEXT);
                assertEquals(expected.answer(), data.get(i).get("answer").asText());
                assertEquals(TEXT.codePointCount(0, expected.start()), data.get(i).get("start").asInt());
                assertEquals(TEXT.codePointCount(0, expected.end()), data.get(i).get("end").asInt());
                assertEquals(expected.score(), data.get(i).get("score").asDouble(), 1e-6);
            }
        }
    }

    @Test
    void textsAreTranslated() throws IOException, InterruptedException {
        List<String> texts = List.of("12 March 1999", "");
        List<Translation> expected;
        try (Translator translator = Translator.demonstration(LoadOptions.DEFAULT)) {
            expected = translator.translate(texts, TranslationOptions.DEFAULT.withBeams(4).withBest(3));
        }
        JsonNode data = ask.good(TRANSLATE, json(Map.of("model", "dates", "input", texts, "beams", 4, "alternatives", 2))).get("data");
        assertEquals(2, data.size());
        assertEquals(2, data.get(0).get("alternatives").size());
        for (int i = 0; i < 2; i++) {
            assertEquals(expected.get(i).text(), data.get(i).get("text").asText());
            assertEquals(expected.get(i).score(), data.get(i).get("score").asDouble(), 1e-6);
            for (int other = 0; other < expected.get(i).alternatives().size(); other++) {
                assertEquals(expected.get(i).alternatives().get(other).text(),
                        data.get(i).get("alternatives").get(other).get("text").asText());
            }
        }
        assertEquals("", data.get(1).get("text").asText());
        String prefixed = ask.good(TRANSLATE, json(Map.of("model", "dates", "input", "March 1999", "prefix", "12 ", "beams", 4)))
                .get("data").get(0).get("text").asText();
        assertEquals(expected.getFirst().text(), prefixed);
        String cut = ask.good(TRANSLATE, json(Map.of("model", "dates", "input", texts.getFirst(), "max_tokens", 2))).get("data").get(0)
                .get("text").asText();
        assertTrue(cut.length() < expected.getFirst().text().length(), cut);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /v1/rerank    | "model": "embedder", "query": "a", "documents": ["a"]                          | model
            /v1/rerank    | "model": "reranker", "documents": ["a"]                                        | query
            /v1/rerank    | "model": "reranker", "query": "a"                                              | documents
            /v1/rerank    | "model": "reranker", "query": "a", "documents": []                             | documents
            /v1/rerank    | "model": "reranker", "query": "a", "documents": [{"title": "a"}]               | documents[0].text
            /v1/rerank    | "model": "reranker", "query": "a", "documents": [{"text": "a", "title": "a"}]  | documents[0].title
            /v1/rerank    | "model": "reranker", "query": "a", "documents": ["a"], "top_n": 0              | top_n
            /v1/rerank    | "model": "reranker", "query": "a", "documents": ["a"], "max_tokens_per_doc": 9 | max_tokens_per_doc
            /v1/classify  | "model": "pictures", "input": "a"                                              | model
            /v1/classify  | "model": "austen", "input": "a"                                                | model
            /v1/classify  | "model": "spam", "input": [1]                                                  | input
            /v1/classify  | "model": "spam", "input": "a", "top_n": "1"                                    | top_n
            /v1/classify  | "model": "entities", "input": "a", "top_n": 1                                  | top_n
            /v1/answer    | "model": "spam", "question": "a", "context": "a"                               | model
            /v1/answer    | "model": "answers", "context": "a"                                             | question
            /v1/answer    | "model": "answers", "question": "a"                                            | context
            /v1/translate | "model": "spam", "input": "a"                                                  | model
            /v1/translate | "model": "dates", "input": "a", "alternatives": -1                             | alternatives
            /v1/translate | "model": "dates", "input": "a", "beams": 0                                     | beams
            /v1/translate | "model": "dates", "input": "a", "max_tokens": 0                                | max_tokens
            /v1/translate | "model": "dates", "input": "a", "length_penalty": "1"                          | length_penalty
            /v1/translate | "model": "dates", "input": "a", "no_repeat_ngram": -1                          | no_repeat_ngram
            /v1/translate | "model": "dates", "input": "a", "stream": true                                 | stream
            """)
    void whatIsWrongIsRefusedByItsName(String path, String parameters, String name) throws IOException, InterruptedException {
        assertEquals(name, ask.refused(path, "{" + parameters + "}").get("param").asText());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /v1/translate | "model": "dates", "input": "a", "beams": 2000000000
            /v1/translate | "model": "dates", "input": "a", "alternatives": 2000000000
            /v1/translate | "model": "dates", "input": "a", "target": "fr"
            /v1/translate | "model": "dates", "input": "a", "min_tokens": 9, "max_tokens": 8
            /v1/answer    | "model": "answers", "question": "", "context": "a"
            /v1/answer    | "model": "answers", "question": "a", "context": " "
            """)
    void whatTheModelCannotDoIsTheClientsError(String path, String parameters) throws IOException, InterruptedException {
        String message = ask.refused(path, "{" + parameters + "}").get("message").asText();
        assertFalse(message.isBlank());
    }

    @Test
    void theMethodAndTheHeadersAreThoseOfTheOthers() throws IOException, InterruptedException {
        Asking.Answer wrong = ask.get(RERANK);
        assertEquals(405, wrong.status());
        assertTrue(wrong.error().get("message").asText().contains("POST"));
        assertEquals(404, ask.get(RERANK + "/x").status());
        Asking.Answer good = ask.post(CLASSIFY, "{\"model\": \"spam\", \"input\": \"a\"}");
        assertEquals("cpu", good.header("x-waterspout-backend"));
        Asking.Answer late = ask.send(ask.to(TRANSLATE).header("X-Request-Timeout", "0.000001")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"dates\", \"input\": \"12 March 1999\"}")));
        assertEquals(504, late.status());
        assertEquals("deadline_exceeded", late.error().get("code").asText());
    }
}
