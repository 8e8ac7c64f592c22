package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line as its user sees it: words in; exit code, standard output and standard error out. On the demonstration model. */
@Tag("slow")
class MainTest {

    private record Outcome(int exitCode, String out, String err) {

        /** Standard output as the one JSON object it must be. */
        JsonNode json() throws IOException {
            ObjectMapper mapper = new ObjectMapper();
            try (JsonParser parser = mapper.createParser(out)) {
                assertEquals(JsonToken.START_OBJECT, parser.nextToken(), out);
                JsonNode object = mapper.readTree(parser);
                assertEquals(null, parser.nextToken(), "more than one object: " + out);
                return object;
            }
        }
    }

    private static Outcome run(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        int exitCode = Main.run(console, words);
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static JsonNode json(String... words) throws IOException {
        Outcome outcome = run(words);
        assertEquals(0, outcome.exitCode, outcome.err);
        return outcome.json();
    }

    @Test
    void runStreamsTextAndEndsWithALineOfFigures() {
        Outcome outcome = run("run", "--max-tokens", "8", "It is a truth universally acknowledged");
        assertEquals(0, outcome.exitCode, outcome.err);
        assertFalse(outcome.out.isBlank());
        assertTrue(outcome.err.strip()
                .matches(".+ \\| cpu \\| .+ \\| prompt \\d+ tokens, [\\d.]+/s \\| generated 8 tokens, [\\d.]+/s \\| seed \\d+"),
                outcome.err);
    }

    @Test
    void runGivesTextTokensCountsAndSpeeds() throws IOException {
        JsonNode object = json("run", "--json", "--max-tokens", "8", "--temperature", "0", "--threads", "1", "Elizabeth said");
        assertEquals(8, object.get("tokens").size());
        assertEquals("max_tokens", object.get("finish_reason").asText());
        assertTrue(object.get("prompt_tokens").asInt() > 1);
        assertTrue(object.get("prefill_tokens_per_second").asDouble() > 0);
        assertTrue(object.get("decode_tokens_per_second").asDouble() > 0);
        assertEquals("cpu", object.get("backend").asText());
        assertTrue(object.get("device").asText().startsWith("1 thread"), object.get("device").asText());
        assertFalse(object.get("text").asText().isEmpty());
    }

    @Test
    void theSameSeedGivesTheSameTextAndAnotherOneAnother() throws IOException {
        String[] words = {"run", "--json", "--max-tokens", "24", "--temperature", "1", "--seed", "7", "She was"};
        String text = json(words).get("text").asText();
        assertEquals(text, json(words).get("text").asText());
        words[7] = "8";
        assertFalse(text.equals(json(words).get("text").asText()));
    }

    @Test
    void tokensOfATextAreAPromptToo() throws IOException {
        JsonNode tokens = json("tokenize", "--json", "--prompt", "It was a").get("tokens");
        String ids = String.join(",", Stream.iterate(0, i -> i < tokens.size(), i -> i + 1).map(i -> tokens.get(i).asText()).toList());
        JsonNode fromTokens = json("run", "--json", "--temperature", "0", "--max-tokens", "5", "--tokens", ids);
        JsonNode fromText = json("run", "--json", "--temperature", "0", "--max-tokens", "5", "It", "was", "a");
        assertEquals(fromText.get("tokens"), fromTokens.get("tokens"));
        assertEquals(tokens.size(), fromTokens.get("prompt_tokens").asInt());
    }

    @Test
    void logProbabilitiesComeInJson() throws IOException {
        JsonNode object = json("run", "--json", "--temperature", "0", "--max-tokens", "5", "--logprobs", "2", "--prompt-logprobs",
                "It was a truth");
        assertEquals(5, object.get("logprobs").size());
        assertEquals(object.get("prompt_tokens").asInt() - 1, object.get("prompt_logprobs").size());
        StringBuilder text = new StringBuilder();
        for (JsonNode token : object.get("logprobs")) {
            assertEquals(2, token.get("top_logprobs").size());
            assertEquals(token.get("id"), token.get("top_logprobs").get(0).get("id"));
            assertEquals(token.get("logprob"), token.get("top_logprobs").get(0).get("logprob"));
            text.append(token.get("token").asText());
        }
        assertEquals(object.get("text").asText(), text.toString());
        assertEquals(2, run("run", "--logprobs", "2", "It was").exitCode);
        assertEquals(2, run("run", "--json", "--prompt-logprobs", "It was").exitCode);
        assertFalse(json("run", "--json", "--max-tokens", "2", "It was").has("logprobs"));
    }

    @Test
    void wordsAreForbiddenAndAllowed() throws IOException {
        String text = json("run", "--json", "--max-tokens", "20", "--temperature", "0", "It is a truth").get("text").asText();
        String word = text.strip().split("[^A-Za-z]+")[0];
        String without = json("run", "--json", "--max-tokens", "20", "--temperature", "0", "--forbid", word, "It is a truth").get("text")
                .asText();
        assertFalse(without.startsWith(" " + word), without);
        String only = json("run", "--json", "--max-tokens", "5", "--temperature", "0", "--allow", "sister", "It is a truth").get("text")
                .asText();
        assertTrue(only.matches("[sister ]+"), only); // its tokens, in any order
    }

    @Test
    void severalAnswersHaveSeedsOneAfterTheOther() throws IOException {
        JsonNode answers = json("run", "--json", "--max-tokens", "12", "--temperature", "1", "--seed", "7", "--answers", "3", "She was")
                .get("answers");
        assertEquals(3, answers.size());
        for (int i = 0; i < 3; i++) {
            JsonNode alone = json("run", "--json", "--max-tokens", "12", "--temperature", "1", "--seed", Integer.toString(7 + i),
                    "She was");
            assertEquals(alone.get("tokens"), answers.get(i).get("tokens"));
            assertEquals(7 + i, answers.get(i).get("seed").asInt());
        }
        Outcome outcome = run("run", "--max-tokens", "3", "--temperature", "0", "--answers", "2", "She was");
        String[] lines = outcome.out.strip().split("\n");
        assertEquals(2, lines.length, outcome.out);
        assertEquals(lines[0].strip(), lines[1].strip());
        assertEquals(2, run("run", "--answers", "0", "She was").exitCode);
    }

    /** The demonstration model as its own draft: all of it comes. */
    @Test
    void aDraftModelProposesTokens(@TempDir Path folder) throws IOException {
        String draft = folder.resolve("draft.gguf").toString();
        try (InputStream model = getClass().getClassLoader().getResourceAsStream("org/waterspout/demo/austen.gguf")) {
            Files.copy(model, Path.of(draft));
        }
        JsonNode plain = json("run", "--json", "--max-tokens", "30", "--temperature", "0", "It was");
        assertFalse(plain.has("accepted_tokens"));
        JsonNode drafted = json("run", "--json", "--max-tokens", "30", "--temperature", "0", "--draft-model", draft, "It was");
        assertEquals(plain.get("tokens"), drafted.get("tokens"));
        assertTrue(drafted.get("accepted_tokens").asInt() > 15, drafted.toString());
        JsonNode ngrams = json("run", "--json", "--max-tokens", "30", "--temperature", "0", "--speculate", "ngram", "It was it was it");
        assertTrue(ngrams.get("proposed_tokens").asInt() > 0, ngrams.toString());
        JsonNode bench = json("bench", "--json", "--no-cold", "--prompt-tokens", "16", "--gen-tokens", "12", "--runs", "1", "--warmup",
                "0", "--streams", "1,2", "--draft-model", draft);
        assertTrue(bench.get("accepted_tokens").asInt() > 5, bench.toString());
        assertEquals(2, bench.get("streams").size());
        for (String[] arguments : new String[][] {{"run", "--speculate", "ngram", "--draft-model", draft, "It was"},
                {"run", "--speculate", "beam", "It was"}, {"run", "--draft-model", folder.resolve("absent.gguf").toString(), "It was"},
                {"bench", "--no-cold", "--file", draft, "--draft-model", draft}, {"chat", "--draft-model", draft}}) {
            Outcome outcome = run(arguments);
            assertTrue(outcome.exitCode != 0 && outcome.err.strip().lines().count() == 1, outcome.err);
        }
    }

    @Test
    void stopStringsEndTheTextBeforeThem() throws IOException {
        String text = json("run", "--json", "--temperature", "0", "--max-tokens", "30", "It was").get("text").asText();
        String stop = text.substring(10, 14);
        JsonNode stopped = json("run", "--json", "--temperature", "0", "--max-tokens", "30", "--stop", stop, "It was");
        assertEquals(text.substring(0, text.indexOf(stop)), stopped.get("text").asText());
        assertEquals("stop_string", stopped.get("finish_reason").asText());
    }

    @Test
    void tokenizeGivesTokensAndPiecesThatSpellTheText() throws IOException {
        JsonNode object = json("tokenize", "--json", "a sensible girl");
        assertEquals(object.get("tokens").size(), object.get("pieces").size());
        StringBuilder spelled = new StringBuilder();
        object.get("pieces").forEach(piece -> spelled.append(piece.asText()));
        assertEquals("a sensible girl", spelled.toString().replace('Ġ', ' '));
    }

    @Test
    void tokenizeReadsFilesAndKnowsSpecialTokensOnlyWhenAsked(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("text"), "the end<|endoftext|>");
        int asText = json("tokenize", "--json", "--file", file.toString()).get("tokens").size();
        int asToken = json("tokenize", "--json", "--special", "--file", file.toString()).get("tokens").size();
        assertTrue(asToken < asText, asToken + " < " + asText);
    }

    @Test
    void logitsAreThoseOfTheLastPositionOrOfAll() throws IOException {
        JsonNode last = json("logits", "--json", "--tokens", "5,6,7").get("logits");
        JsonNode all = json("logits", "--json", "--all", "--tokens", "5,6,7").get("logits");
        assertEquals(json("inspect", "--json").get("vocabulary").asInt(), last.size());
        assertEquals(3, all.size());
        double[] ofLast = doubles(last);
        double[] ofAll = doubles(all.get(2));
        assertArrayEquals(ofLast, ofAll, 1e-5);
    }

    private static double[] doubles(JsonNode list) {
        double[] numbers = new double[list.size()];
        Arrays.setAll(numbers, i -> list.get(i).asDouble());
        return numbers;
    }

    @Test
    void validateFindsNothingWrongWithTheCpuBackend() throws IOException {
        JsonNode object = json("validate", "--json", "--prompt-tokens", "5", "--decode-tokens", "1");
        assertTrue(object.get("ok").asBoolean());
        assertTrue(object.get("operations").size() > 5);
        for (JsonNode operation : object.get("operations")) {
            assertTrue(operation.get("error").asDouble() <= operation.get("limit").asDouble(), operation.toString());
            assertFalse(operation.get("where").asText().isEmpty());
        }
    }

    @Test
    void validateComparesTheReferenceWithItself() throws IOException {
        JsonNode object = json("validate", "--json", "--backend", "reference", "--prompt-tokens", "3", "--decode-tokens", "1");
        assertTrue(object.get("ok").asBoolean());
        object.get("operations").forEach(operation -> assertEquals(0, operation.get("error").asDouble(), operation.toString()));
    }

    @Test
    void devicesStartWithTheCpu() throws IOException {
        JsonNode object = json("devices", "--json");
        JsonNode cpu = object.get("devices").get(0);
        assertEquals("cpu", cpu.get("id").asText());
        assertTrue(cpu.get("memory").asLong() > 100_000_000, cpu.toString());
        assertTrue(object.get("remark").asText().contains("TornadoVM SDK"), object.toString());
        Outcome outcome = run("devices");
        assertTrue(outcome.out.startsWith("cpu "), outcome.out);
    }

    /** With as many sequences as streams, so that every prompt must keep its place; else the command fails. */
    @Test
    void benchMeasuresStreamsAtOnce() throws IOException {
        JsonNode rows = json("bench", "--json", "--no-cold", "--prompt-tokens", "24", "--gen-tokens", "12", "--runs", "2", "--warmup", "1",
                "--streams", "1,2,5").get("streams");
        assertEquals(List.of(1, 2, 5), rows.findValues("streams").stream().map(JsonNode::asInt).toList());
        assertEquals(1, rows.get(0).get("times_one").asDouble());
        rows.forEach(row -> assertTrue(row.get("tokens_per_second").get("median").asDouble() > 0, row.toString()));
    }

    @Test
    void benchMeasuresSpeedAndMemory() throws IOException {
        JsonNode object = json("bench", "--json", "--no-cold", "--prompt-tokens", "16", "--gen-tokens", "4", "--runs", "3", "--warmup",
                "1");
        for (String speed : List.of("prefill_tokens_per_second", "decode_tokens_per_second")) {
            JsonNode values = object.get(speed);
            assertTrue(0 < values.get("min").asDouble() && values.get("min").asDouble() <= values.get("median").asDouble()
                    && values.get("median").asDouble() <= values.get("max").asDouble(), values.toString());
        }
        assertTrue(object.get("peak_memory_bytes").asLong() > 10_000_000);
    }

    @Test
    void inspectShowsDimensionsTensorsAndMemory() throws IOException {
        JsonNode object = json("inspect", "--json", "--graph");
        assertEquals("llama", object.get("family").asText());
        assertTrue(object.get("tensors").size() > 10);
        assertTrue(object.get("graph").asText().contains("Attention"));
        List<String> backends = object.get("memory").findValuesAsText("backend").stream().distinct().toList();
        assertEquals(List.of("cpu", "tornado", "reference"), backends);
        object.get("memory").forEach(row -> assertTrue(row.get("total_bytes").asLong() > 1_000_000, row.toString()));
        assertTrue(run("inspect").out.contains("token_embd.weight"));
    }

    @Test
    void listShowsTheCatalogue() throws IOException {
        assertTrue(json("list", "--json").get("catalogue").findValuesAsText("name").contains("smollm2-135m-instruct"));
        assertTrue(run("list").out.contains("smollm2-135m-instruct"));
    }

    @Test
    void helpAndVersionAreThere() {
        assertTrue(run("--help").out.contains("validate"));
        assertTrue(run("run", "--help").out.contains("--temperature"));
        assertTrue(run("--version").out.startsWith("waterspout "));
        assertEquals(2, run().exitCode);
    }

    static Stream<Arguments> wrongRequests() {
        return Stream.of(
                Arguments.of(2, "", List.of("run")),
                Arguments.of(2, "", List.of("run", "text", "--tokens", "1,2")),
                Arguments.of(2, "", List.of("run", "--tokens", "1,two")),
                Arguments.of(2, "", List.of("run", "--tokens", "1,-5")),
                Arguments.of(2, "", List.of("run", "--tokens", "1,99999999")),
                Arguments.of(2, "", List.of("run", "--colour", "red", "text")),
                Arguments.of(2, "", List.of("dance")),
                Arguments.of(2, "", List.of("run", "--temperature", "warm", "text")),
                Arguments.of(2, "", List.of("run", "--temperature", "-1", "text")),
                Arguments.of(2, "", List.of("run", "--top-p", "2", "text")),
                Arguments.of(2, "", List.of("run", "--max-tokens", "-1", "text")),
                Arguments.of(2, "", List.of("run", "--threads", "-1", "text")),
                Arguments.of(2, "backend", List.of("run", "--backend", "abacus", "text")),
                Arguments.of(6, "TornadoVM SDK", List.of("run", "--backend", "tornado", "text")),
                Arguments.of(6, "TornadoVM SDK", List.of("validate", "--backend", "tornado")),
                Arguments.of(2, "threads", List.of("run", "--backend", "reference", "--threads", "2", "text")),
                Arguments.of(2, "device", List.of("run", "--device", "tornado:0:0", "text")),
                Arguments.of(2, "context", List.of("run", "--context", "999999", "text")),
                Arguments.of(2, "context", List.of("run", "--context", "4", "a prompt that is longer than four tokens")),
                Arguments.of(2, "", List.of("run", "--logit-bias", "99999999=1", "text")),
                Arguments.of(2, "chat template", List.of("chat")),
                Arguments.of(2, "", List.of("logits", "--tokens", "")),
                Arguments.of(2, "", List.of("bench", "--gen-tokens", "1")),
                Arguments.of(2, "", List.of("tokenize")),
                Arguments.of(2, "", List.of("tokenize", "--file", "/no/such/file")),
                Arguments.of(2, "", List.of("pull", "hf:nonsense")),
                Arguments.of(3, "", List.of("run", "-m", "/no/such/model.gguf", "text")),
                Arguments.of(3, "", List.of("run", "-m", "no-such-model", "text")));
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void wrongRequestsGetOneLineAndAnExitCode(int exitCode, String about, List<String> words) {
        Outcome outcome = run(words.toArray(String[]::new));
        assertEquals(exitCode, outcome.exitCode, outcome.err);
        assertEquals("", outcome.out);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
        assertTrue(outcome.err.startsWith("waterspout: ") && outcome.err.contains(about), outcome.err);
        assertFalse(outcome.err.contains("Exception"), outcome.err);
    }

    @Test
    void aDamagedModelGetsOneLine(@TempDir Path folder) throws IOException {
        Path damaged = Files.write(folder.resolve("damaged.gguf"), new byte[] {'G', 'G', 'U', 'F', 3, 0, 0, 0, 9, 9, 9, 9});
        Outcome outcome = run("run", "-m", damaged.toString(), "text");
        assertEquals(4, outcome.exitCode, outcome.err);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
        assertTrue(outcome.err.contains("damaged.gguf"), outcome.err);
    }
}
