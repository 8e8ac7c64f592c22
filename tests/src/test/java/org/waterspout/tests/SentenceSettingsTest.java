package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Embedder;
import org.waterspout.Embedder.Embedding;
import org.waterspout.error.ModelFormatException;
import org.waterspout.validate.RelativeError;

/** What the files of sentence-transformers say of texts, by the vectors it gives: see record_sentences.py. */
@Tag("slow")
class SentenceSettingsTest {

    /** 6.6e-7 was seen. */
    private static final double LIMIT = 1.9e-6;
    private static final String SETTINGS = "settings.json";

    @TestFactory
    Stream<DynamicTest> vectorsAreThoseOfSentenceTransformers(@TempDir Path root) {
        List<JsonNode> cases = SentenceFolder.cases(SETTINGS);
        return cases.stream().map(one -> DynamicTest.dynamicTest(one.get("name").asText(), () -> {
            SentenceFolder model = SentenceFolder.of(SETTINGS, one, root.resolve(Integer.toString(cases.indexOf(one))));
            Embedder.Role role = Embedder.Role.valueOf(one.path("as").asText("text").toUpperCase(Locale.ROOT));
            try (Embedder embedder = Embedder.load(model.folder())) {
                List<Embedding> vectors = embedder.embed(model.texts(), role, true);
                for (int i = 0; i < vectors.size(); i++) {
                    assertClose(model.vector(i), vectors.get(i).vector(), model.texts().get(i));
                }
            }
        }));
    }

    static void assertClose(float[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        RelativeError error = RelativeError.of(actual, expected, expected.length);
        assertTrue(error.error() <= LIMIT, what + ": " + error);
    }

    /** Each setting changes a vector, or nothing would be shown. */
    @Test
    void noSettingIsWithoutEffect() {
        List<JsonNode> cases = SentenceFolder.cases(SETTINGS);
        JsonNode plain = cases.getFirst().get("vectors");
        for (JsonNode one : cases) {
            String name = one.get("name").asText();
            boolean same = List.of("plain", "no bound", "default of no prompts, query", "default of no prompts, text",
                    "default of no prompts, passage", "prompts, text", "empty document, text", "empty document, passage").contains(name);
            assertEquals(same, plain.equals(one.get("vectors")), name);
        }
    }

    @Test
    void aDefaultPromptThatIsNotThereIsRefused(@TempDir Path root) {
        SentenceFolder model = SentenceFolder.of(SETTINGS, SentenceFolder.cases(SETTINGS).getFirst(), root.resolve("model"));
        SentenceFolder.write(model.folder().resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"a\": \"b\"}, \"default_prompt_name\": \"c\"}");
        String message = assertThrows(ModelFormatException.class, () -> Embedder.load(model.folder())).getMessage();
        assertTrue(message.contains("default_prompt_name") && message.contains("none of its prompts"), message);
    }

    /**
     * sentence-transformers itself gives a passage no prefix where none is called document; a file that states one for passages has one
     * here.
     */
    @Test
    void aPassagesPromptGoesByAnyOfItsNames(@TempDir Path root) {
        SentenceFolder model = SentenceFolder.of(SETTINGS, SentenceFolder.cases(SETTINGS).getFirst(), root.resolve("model"));
        for (String name : List.of("document", "passage", "corpus")) {
            SentenceFolder.write(model.folder().resolve("config_sentence_transformers.json"),
                    "{\"prompts\": {\"" + name + "\": \"say: \"}}");
            try (Embedder embedder = Embedder.load(model.folder())) {
                assertClose(embedder.embed("say: x").vector(), embedder.embedPassage("x").vector(), name);
            }
        }
    }
}
