package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.waterspout.tests.TaskModel;

/** embed, classify, rerank, answer and hidden as their user sees them, on tiny models: see record_tasks.py. */
@Tag("slow")
class TaskCommandsTest {

    private static JsonNode json(String... words) throws IOException {
        return CommandRun.of(Stream.concat(Arrays.stream(words), Stream.of("--json")).toArray(String[]::new)).json();
    }

    private static String model(String name) {
        return TaskModel.of(name).folder().toString();
    }

    private static String recorded(String name) {
        return TaskModel.of("embedder").folder().resolve("../../" + name + ".gguf").normalize().toString();
    }

    @Test
    void embedGivesVectorsAndTokenCountsOfEveryLine(@TempDir Path folder) throws IOException {
        JsonNode words = json("embed", "-m", model("embedder"), "A cat sat.", "x");
        assertEquals(24, words.get("dimensions").asInt());
        assertEquals(2, words.get("vectors").size());
        assertEquals(24, words.get("vectors").get(1).size());
        assertEquals(3, words.get("tokens").get(1).asInt());
        Path file = Files.writeString(folder.resolve("lines"), "A cat sat.\nx\n");
        JsonNode lines = json("embed", "-m", model("embedder"), "--file", file.toString());
        assertEquals(words.get("vectors"), lines.get("vectors"));
        assertEquals(2, CommandRun.of("embed", "-m", model("embedder"), "--file", file.toString()).out().lines().count());
    }

    @Test
    void embedSaysHowNearTextsAre() throws IOException {
        assertEquals(1, json("embed", "-m", model("embedder"), "--similarity", "a cat", "a cat").get("similarity").get(0).asDouble(), 1e-6);
        CommandRun outcome = CommandRun.of("embed", "-m", model("embedder"), "--similarity", "a cat", "a cat", "London");
        assertEquals(2, outcome.out().lines().count());
        assertTrue(outcome.out().startsWith("1.000000\ta cat"), outcome.out());
    }

    @Test
    void truncationIsSaid() throws IOException {
        JsonNode object = json("embed", "-m", model("embedder"), "--truncate", "cat ".repeat(99), "x");
        assertTrue(object.get("truncated").get(0).asBoolean());
        assertFalse(object.get("truncated").get(1).asBoolean());
        assertEquals("1 of 2 texts were truncated", CommandRun.of("embed", "-m", model("embedder"), "--truncate", "cat ".repeat(99), "x")
                .err().strip());
    }

    @Test
    void classifyGivesLabelsOfTextsWordsAndImages() throws IOException {
        JsonNode spam = json("classify", "You have won a prize, click here").get("results").get(0);
        assertEquals("spam", spam.get(0).get("label").asText());
        assertEquals(1, spam.get(0).get("score").asDouble() + spam.get(1).get("score").asDouble(), 1e-9);
        assertEquals(3, json("classify", "-m", model("classifier"), "A cat").get("results").get(0).size());
        JsonNode entity = json("classify", "-m", model("entities"), "Ada").get("results").get(0).get(0);
        assertEquals("PER", entity.get("label").asText());
        assertEquals(3, entity.get("end").asInt());
        String image = TaskModel.of("pictures").folder().resolve("wide.png").toString();
        JsonNode images = json("classify", "-m", model("pictures"), "--image", image, "--image", image).get("results");
        assertEquals(2, images.size());
        assertEquals(images.get(0), images.get(1));
    }

    @Test
    void rerankGivesIndicesBestFirst() throws IOException {
        JsonNode results = json("rerank", "-m", model("reranker"), "--query", "Who?", "a cat", "Ada", "London").get("results");
        assertEquals(3, results.size());
        assertTrue(results.get(0).get("score").asDouble() >= results.get(2).get("score").asDouble());
        assertEquals(3, results.get(0).get("index").asInt() + results.get(1).get("index").asInt() + results.get(2).get("index").asInt());
    }

    @Test
    void answerGivesASpanOfTheContext(@TempDir Path folder) throws IOException {
        String context = "In London,\nCharles built an engine.";
        Path file = Files.writeString(folder.resolve("page.txt"), context);
        JsonNode answer = json("answer", "-m", model("answers"), "--question", "Who built?", "--context-file", file.toString());
        assertEquals(context.substring(answer.get("start").asInt(), answer.get("end").asInt()), answer.get("answer").asText());
        assertTrue(answer.get("score").asDouble() > 0);
        Path questions = Files.writeString(folder.resolve("questions"), "Who built?\nWhere?\n");
        JsonNode answers = json("answer", "-m", model("answers"), "--file", questions.toString(), "--context-file", file.toString());
        assertEquals(2, answers.get("answers").size());
        assertEquals(answer.get("start"), answers.get("answers").get(0).get("start"));
    }

    @Test
    void hiddenGivesRowsPooledVectorsAndHeads() throws IOException {
        JsonNode labels = json("hidden", "-m", recorded("encoders/bert-sequence"), "--tokens", "4,5,6", "--tokens", "7", "--types",
                "0,1,1");
        assertEquals(2, labels.get("hidden").size());
        assertEquals(3, labels.get("hidden").get(0).size());
        assertEquals(24, labels.get("hidden").get(0).get(2).size());
        assertEquals(24, labels.get("pooled").get(1).size());
        assertEquals(3, labels.get("head").get(1).size());
        JsonNode tokens = json("hidden", "-m", recorded("encoders/mpnet-tokens"), "--tokens", "4,5,6");
        assertFalse(tokens.has("pooled"));
        assertEquals(5, tokens.get("head").get(0).get(2).size());
        assertFalse(json("hidden", "-m", recorded("encoders/distilbert"), "--tokens", "4,5").has("head"));
        assertEquals(24, json("hidden", "-m", model("embedder"), "--tokens", "4,5").get("pooled").get(0).size());
    }

    @Test
    void inspectAndValidateKnowEncoders() throws IOException {
        JsonNode object = json("inspect", "-m", model("entities"), "--graph");
        assertEquals("encoder", object.get("kind").asText());
        assertEquals("classify", object.get("tasks").get(0).asText());
        assertTrue(object.get("graph").asText().contains("AddType"));
        assertTrue(json("validate", "-m", model("reranker"), "--prompt-tokens", "7").get("ok").asBoolean());
        assertTrue(json("validate", "-m", model("pictures")).get("ok").asBoolean());
    }

    static Stream<Arguments> wrongRequests() {
        String encoder = "embed, classify, rerank or answer";
        return Stream.of(
                Arguments.of(2, encoder, List.of("run", "-m", model("embedder"), "text")),
                Arguments.of(2, encoder, List.of("chat", "-m", model("embedder"))),
                Arguments.of(2, encoder, List.of("logits", "-m", model("embedder"), "--tokens", "4,5")),
                Arguments.of(2, "generates text", List.of("embed", "-m", recorded("families/llama"), "text")),
                Arguments.of(2, "generates text", List.of("classify", "-m", recorded("families/llama"), "text")),
                Arguments.of(2, "generates text", List.of("answer", "-m", recorded("families/llama"), "--question", "x", "--text", "y")),
                Arguments.of(2, "generates text", List.of("hidden", "-m", recorded("families/llama"), "--tokens", "1")),
                Arguments.of(2, "at most 32", List.of("embed", "-m", model("embedder"), "cat ".repeat(40))),
                Arguments.of(2, "at most 64", List.of("rerank", "-m", model("reranker"), "--query", "who", "cat ".repeat(80))),
                Arguments.of(2, "empty", List.of("answer", "-m", model("answers"), "--question", "who", "--text", "")),
                Arguments.of(2, "no room", List.of("answer", "-m", model("answers"), "--question", "cat ".repeat(70), "--text", "x")),
                Arguments.of(2, "no head", List.of("classify", "-m", model("embedder"), "text")),
                Arguments.of(2, "use classify", List.of("rerank", "-m", model("classifier"), "--query", "x", "y")),
                Arguments.of(2, "finds no answers", List.of("answer", "-m", model("classifier"), "--question", "x", "--text", "y")),
                Arguments.of(2, "use answer", List.of("classify", "-m", model("answers"), "text")),
                Arguments.of(2, "--text or --context-file", List.of("answer", "-m", model("answers"), "--question", "x")),
                Arguments.of(2, "is no image", List.of("classify", "-m", model("pictures"), "--image", model("pictures") + "/config.json")),
                Arguments.of(2, "does not exist", List.of("classify", "-m", model("pictures"), "--image", "/no/such.png")),
                Arguments.of(2, "reads text", List.of("classify", "-m", model("classifier"), "--image", model("pictures") + "/wide.png")),
                Arguments.of(2, "image", List.of("classify", "-m", model("pictures"), "text")),
                Arguments.of(2, "image", List.of("embed", "-m", model("pictures"), "text")),
                Arguments.of(2, "needs a model", List.of("embed", "text")),
                Arguments.of(2, "another one", List.of("embed", "-m", model("embedder"), "--similarity", "text")),
                Arguments.of(2, "no token 61", List.of("hidden", "-m", recorded("encoders/bert"), "--tokens", "4,61")),
                Arguments.of(2, "no token type 2", List.of("hidden", "-m", recorded("encoders/bert"), "--tokens", "4", "--types", "2")),
                Arguments.of(2, "2 numbers for 1 tokens", List.of("hidden", "-m", recorded("encoders/bert"), "--tokens", "4", "--types",
                "0,0")), Arguments.of(2, "1,2,3", List.of("hidden", "-m", recorded("encoders/bert"), "--tokens", "four")),
                Arguments.of(2, "at most 64", List.of("hidden", "-m", recorded("encoders/bert"), "--tokens", "4" + ",5".repeat(64))),
                Arguments.of(3, "/no/such/model", List.of("embed", "-m", "/no/such/model", "text")));
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void wrongRequestsGetOneLineAndAnExitCode(int exitCode, String about, List<String> words) {
        assertRefused(exitCode, about, CommandRun.of(words.toArray(String[]::new)));
    }

    private static void assertRefused(int exitCode, String about, CommandRun outcome) {
        assertEquals(exitCode, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("waterspout: ") && outcome.err().contains(about), outcome.err());
        assertFalse(outcome.err().contains("Exception"), outcome.err());
    }

    @Test
    void damagedFilesGetOneLine(@TempDir Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> listed = Files.list(TaskModel.of("classifier").folder())) {
            listed.forEach(files::add);
        }
        for (Path file : files) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));
        Files.write(folder.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length - 100));
        assertRefused(4, "model.safetensors", CommandRun.of("classify", "-m", folder.toString(), "text"));
        byte[] lie = weights.clone();
        lie[6] = 127; // a header longer than any file
        Files.write(folder.resolve("model.safetensors"), lie);
        assertRefused(4, "model.safetensors", CommandRun.of("classify", "-m", folder.toString(), "text"));
        byte[] image = Files.readAllBytes(TaskModel.of("pictures").folder().resolve("tall.png"));
        Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(image, 900));
        assertRefused(2, "cut.png", CommandRun.of("classify", "-m", model("pictures"), "--image", cut.toString()));
        Path latin = Files.write(folder.resolve("latin"), new byte[] {(byte) 0xe9, 'a'});
        assertRefused(2, "UTF-8", CommandRun.of("classify", "--file", latin.toString()));
    }
}
