package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code waterspout translate} with the demonstration translator. */
class TranslateCommandTest {

    private static final String PHRASE = "the third of March, nineteen ninety-eight";

    private record Outcome(int exitCode, String out, String err) {
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
        return new ObjectMapper().readTree(outcome.out);
    }

    @Test
    void aPhraseBecomesADate() {
        assertEquals(new Outcome(0, "1998-03-03\n", ""), run("translate", PHRASE));
        assertEquals("1998-03-03\n2001-05-01\n", run("translate", "--beam", "3", PHRASE, "the first of May, two thousand and one").out);
    }

    @Test
    void jsonHasTextScoreAndAlternatives() throws IOException {
        JsonNode object = json("translate", "--json", "--beam", "4", "--n-best", "3", PHRASE, "twelve");
        assertEquals(2, object.get("translations").size());
        JsonNode first = object.get("translations").get(0);
        assertEquals("1998-03-03", first.get("text").asText());
        assertEquals(2, first.get("alternatives").size());
        double score = first.get("score").asDouble();
        assertTrue(score <= 0 && first.get("alternatives").get(0).get("score").asDouble() <= score, object.toString());
        assertFalse(first.get("alternatives").get(0).get("text").asText().isEmpty());
        assertEquals("cpu", object.get("backend").asText());
    }

    @Test
    void linesOfAFileKeepTheirPlaces(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("in.txt"), PHRASE + "\n\ntwelve\n");
        assertEquals("1998-03-03\n\n12\n", run("translate", "--file", file.toString()).out);
        String best = run("translate", "--n-best", "2", "--file", file.toString()).out;
        assertEquals(List.of("1", "1", "2", "3", "3"), best.lines().map(line -> line.split("\t")[0]).toList(), best);
    }

    @Test
    void standardInputIsReadWhereNoTextIsGiven() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream((PHRASE + "\n").getBytes(StandardCharsets.UTF_8)));
        try {
            assertEquals("1998-03-03\n", run("translate").out);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void tokensGiveSequences() throws IOException {
        JsonNode found = json("translate", "--tokens", "5,6,7", "--beam", "3", "--n-best", "3", "--json").get("sequences");
        assertEquals(3, found.size());
        assertTrue(found.get(0).get("tokens").isArray());
        assertTrue(found.get(0).get("score").asDouble() >= found.get(1).get("score").asDouble());
    }

    @Test
    void logitsOfATargetAreThoseOfItsLastTokenOrOfAll() throws IOException {
        JsonNode last = json("logits", "--json", "--tokens", "5,6,7", "--decoder-tokens", "1,9,8").get("logits");
        JsonNode all = json("logits", "--json", "--all", "--tokens", "5,6,7", "--decoder-tokens", "1,9,8").get("logits");
        assertEquals(3, all.size());
        assertArrayEquals(numbers(last), numbers(all.get(2)), 1e-5);
    }

    private static double[] numbers(JsonNode list) {
        double[] numbers = new double[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = list.get(i).asDouble();
        }
        return numbers;
    }

    static Stream<Arguments> wrongRequests() {
        return Stream.of(
                Arguments.of(2, "empty", List.of("translate", "")),
                Arguments.of(2, "give one of them", List.of("translate", "--tokens", "1,2", "text")),
                Arguments.of(2, "there is no token", List.of("translate", "--tokens", "1,99999999")),
                Arguments.of(2, "beam", List.of("translate", "--beam", "0", "text")),
                Arguments.of(2, "beam", List.of("translate", "--beam", "2", "--n-best", "3", "text")),
                Arguments.of(2, "n-best", List.of("translate", "--n-best", "many", "text")),
                Arguments.of(2, "length penalty", List.of("translate", "--length-penalty", "NaN", "text")),
                Arguments.of(2, "there are none", List.of("translate", "--min-tokens", "9", "--max-tokens", "4", "text")),
                Arguments.of(2, "split", List.of("translate", "--split", "sometimes", "text")),
                Arguments.of(2, "the model reads", List.of("translate", "--split", "never", "one thousand ".repeat(500))),
                Arguments.of(2, "cannot be read", List.of("translate", "--file", "/no/such/file")),
                Arguments.of(3, "", List.of("translate", "-m", "/no/such/model.gguf", "text")),
                Arguments.of(2, "no encoder-decoder", List.of("translate", "-m", "DECODER", "text")),
                Arguments.of(2, "use translate", List.of("run", "-m", "TRANSLATOR", "text")),
                Arguments.of(2, "generates text", List.of("embed", "-m", "TRANSLATOR", "text")),
                Arguments.of(2, "no encoder-decoder", List.of("logits", "-m", "DECODER", "--tokens", "1", "--decoder-tokens", "1")));
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void wrongRequestsGetOneLineAndAnExitCode(int exitCode, String about, List<String> words, @TempDir Path folder) throws IOException {
        String decoder = demonstration(folder, "austen.gguf");
        String translator = demonstration(folder, "dates.gguf");
        Outcome outcome = run(words.stream().map(word -> word.equals("DECODER") ? decoder : word.equals("TRANSLATOR") ? translator : word)
                .toArray(String[]::new));
        assertEquals(exitCode, outcome.exitCode, outcome.err);
        assertEquals("", outcome.out);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
        assertTrue(outcome.err.startsWith("waterspout: ") && outcome.err.contains(about), outcome.err);
        assertFalse(outcome.err.contains("Exception"), outcome.err);
    }

    private static String demonstration(Path folder, String name) throws IOException {
        try (InputStream resource = TranslateCommandTest.class.getResourceAsStream("/org/waterspout/demo/" + name)) {
            return Files.write(folder.resolve(name), resource.readAllBytes()).toString();
        }
    }
}
