package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.validate.RelativeError;

/**
 * Decoders in the folders Transformers saves, against the logits recorded there: see record_folders.py. That every backend computes what
 * the reference does is shown elsewhere; here it is about reading.
 */
class FoldersTest {

    private static final double LIMIT = 1.2e-5; // 4.1e-6 was seen

    @TestFactory
    Stream<DynamicTest> logitsAreThoseOfTransformers() throws IOException, URISyntaxException {
        return folders("/folders").map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(),
                () -> requireLogits(folder, new ReferenceBackend(), LIMIT)));
    }

    /** The folders under a folder of resources, in order. */
    static Stream<Path> folders(String resource) throws IOException, URISyntaxException {
        try (Stream<Path> all = Files.list(Path.of(FoldersTest.class.getResource(resource).toURI()))) {
            return all.sorted().toList().stream();
        }
    }

    /** @param backend is closed */
    static void requireLogits(Path folder, Backend backend, double limit) throws IOException {
        JsonNode expected = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
        int[] tokens = StreamSupport.stream(expected.path("tokens").spliterator(), false).mapToInt(JsonNode::intValue).toArray();
        try (backend; ModelFile file = ModelFiles.open(folder)) {
            Architecture architecture = Architecture.of(file);
            int context = architecture.contextLength();
            float[] logits = new float[tokens.length * architecture.vocabulary()];
            try (Plan plan = backend.prepare(GraphBuilder.build(file, architecture, context),
                    new PlanOptions(context, 1, tokens.length, false))) {
                plan.step(Batch.of(tokens, 0, true), logits);
            }
            RelativeError error = RelativeError.of(logits, numbers(expected.path("logits")), architecture.vocabulary());
            assertTrue(error.error() <= limit, backend.name() + ": error " + error + " exceeds " + limit);
        }
    }

    private static float[] numbers(JsonNode rows) {
        float[] numbers = new float[rows.size() * rows.path(0).size()];
        int at = 0;
        for (JsonNode row : rows) {
            for (JsonNode number : row) {
                numbers[at++] = number.floatValue();
            }
        }
        return numbers;
    }
}
