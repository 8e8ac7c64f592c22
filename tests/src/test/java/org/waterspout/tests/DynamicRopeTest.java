package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sharing;
import org.waterspout.validate.RelativeError;

/**
 * Dynamic scaling: a prompt's rows are turned by the prompt's length, each later row by its own, and keys stay as they were turned. Against
 * what Transformers computes with its cache, whatever stands beside a sequence and in whatever pieces it comes.
 */
@Tag(TestBackend.ON_DEVICES)
class DynamicRopeTest {

    /** 4.8e-6 was seen. */
    private static final double LIMIT = 1.4e-5;
    private static final int CONTEXT = 64;
    /** The folder's max_position_embeddings. */
    private static final int BORDER = 9;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    /** A sequence under way. */
    private static final class Course {
        private final int prompt;
        /** Rows that it brings to a step: pieces of its prompt, and of what follows. */
        private final int piece;
        private final float[] logits;
        private int done;

        Course(int prompt, int piece, int size) {
            this.prompt = prompt;
            this.piece = piece;
            this.logits = new float[size];
        }

        /** The rows of the next step: not beyond the prompt with its last piece. */
        int next(int length) {
            return Math.min(piece, (done < prompt ? prompt : length) - done);
        }
    }

    @TestFactory
    Stream<DynamicTest> aSequenceThatGrowsGivesTheLogitsOfTransformers() {
        return TestBackend.all().stream().map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
            assumeTrue(backend.runs(), backend.why());
            try (FamilyModel model = FamilyModel.open("llama-dynamic"); Backend opened = backend.open().get();
                    Plan plan = opened.prepare(model.graph(CONTEXT), new PlanOptions(CONTEXT, 4, 17, false))) {
                int[] tokens = model.expected().getFirst().tokens();
                int vocabulary = model.architecture().vocabulary();
                List<Course> courses = Stream.of(new Course(11, 4, tokens.length * vocabulary),
                        new Course(21, 5, tokens.length * vocabulary), new Course(11, 1, tokens.length * vocabulary),
                        new Course(21, 7, tokens.length * vocabulary)).toList();
                while (courses.stream().anyMatch(course -> course.done < tokens.length)) {
                    step(plan, courses, tokens);
                }
                for (Course course : courses) {
                    float[] grown = recorded(model, "expected.grown." + course.prompt + ".logits");
                    RelativeError error = RelativeError.of(Arrays.copyOfRange(
                            course.logits, course.prompt * vocabulary, course.logits.length), grown, vocabulary);
                    assertTrue(error.error() <= LIMIT, "behind " + course.prompt + " tokens in pieces of " + course.piece + ": error "
                            + error);
                }
            }
        }));
    }

    /** One step with the next rows of every sequence; every row is wanted. */
    private static void step(Plan plan, List<Course> courses, int[] tokens) {
        List<int[]> rows = new ArrayList<>(); // token, position, sequence, length
        for (int sequence = 0; sequence < courses.size(); sequence++) {
            Course course = courses.get(sequence);
            int count = course.next(tokens.length);
            for (int row = 0; row < count; row++, course.done++) {
                rows.add(new int[] {tokens[course.done], course.done, sequence, Math.max(course.prompt, course.done + 1)});
            }
        }
        int vocabulary = plan.graph().output().width();
        float[] output = new float[rows.size() * vocabulary];
        int[] all = new int[rows.size()];
        Arrays.setAll(all, row -> row);
        plan.step(new Batch(column(rows, 0), column(rows, 1), column(rows, 2), all).withLengths(column(rows, 3)), output);
        for (int row = 0; row < all.length; row++) {
            System.arraycopy(output, row * vocabulary, courses.get(rows.get(row)[2]).logits, rows.get(row)[1] * vocabulary, vocabulary);
        }
    }

    private static int[] column(List<int[]> rows, int column) {
        return rows.stream().mapToInt(row -> row[column]).toArray();
    }

    private static float[] recorded(FamilyModel model, String key) {
        List<Double> numbers = model.file().metadata().list(key, Double.class);
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers.get(i).floatValue();
        }
        return floats;
    }

    /** On one model, one after the other and with what the cache still holds: answers of either side of the border stay what they are. */
    @TestFactory
    Stream<DynamicTest> answersAreThoseOfTransformers() throws IOException, URISyntaxException {
        Path recorded = recorded();
        JsonNode expected = JSON.readTree(recorded.resolve("expected.json").toFile());
        return TestBackend.all().stream().flatMap(backend -> Stream.of(1, 3).map(beams ->
                DynamicTest.dynamicTest(backend.name() + (beams == 1 ? "" : ", a beam of " + beams), () -> {
                    assumeTrue(backend.runs(), backend.why());
                    copy(recorded, beams);
                    LoadOptions options = LoadOptions.DEFAULT.withBackend(backend.name()).withContextLength(27).withBatchRows(4);
                    try (LanguageModel model = LanguageModel.load(folder, options)) {
                        for (int round = 0; round < 2; round++) {
                            for (JsonNode answer : expected.get("answers")) {
                                if (answer.get("beams").intValue() == beams) {
                                    assertArrayEquals(ints(answer.get("tokens")), complete(model, ints(answer.get("prompt"))).tokens());
                                }
                            }
                        }
                    }
                })));
    }

    /** Keys that another prompt's length has turned are no beginning of this one. */
    @Test
    void whatIsKeptServesPromptsOfItsLengthOnly() throws IOException, URISyntaxException {
        Path recorded = recorded();
        copy(recorded, 1);
        int[] tokens = ints(JSON.readTree(recorded.resolve("expected.json").toFile()).get("tokens"));
        try (LanguageModel model = LanguageModel.load(folder, LoadOptions.DEFAULT.withContextLength(27).withSequences(1))) {
            int[] lengths = {14, 14, 13, 5, BORDER, 7, BORDER + 1, BORDER, BORDER + 1};
            int[] reused = {0, 13, 0, 0, 5, 6, 0, 0, 0};
            for (int i = 0; i < lengths.length; i++) {
                assertEquals(reused[i], complete(model, Arrays.copyOf(tokens, lengths[i])).reusedTokens(), "prompt " + i);
            }
        }
    }

    private static Path recorded() throws URISyntaxException {
        return Path.of(DynamicRopeTest.class.getResource("/folders/llama-dynamic").toURI());
    }

    private static Completion complete(LanguageModel model, int[] prompt) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(12).withIgnoreEnd(true)
                .withSharing(Sharing.ALL);
        try (Generation generation = model.generate(request)) {
            return generation.complete();
        }
    }

    /** In the words of Transformers before version 5. */
    private void copy(Path recorded, int beams) throws IOException {
        Files.copy(recorded.resolve("model.safetensors"), folder.resolve("model.safetensors"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(folder.resolve("generation_config.json"), "{\"num_beams\": " + beams + "}");
        ObjectNode config = (ObjectNode) JSON.readTree(recorded.resolve("config.json").toFile());
        ObjectNode rope = (ObjectNode) config.remove("rope_parameters");
        assertEquals("dynamic", rope.get("rope_type").textValue());
        config.set("rope_theta", rope.get("rope_theta"));
        config.putObject("rope_scaling").put("type", "dynamic").set("factor", rope.get("factor"));
        Files.writeString(folder.resolve("config.json"), config.toString());
    }

    private static int[] ints(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
    }
}
