package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.PlanOptions;
import org.waterspout.generate.Completion;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.runtime.Call;
import org.waterspout.runtime.Decoder;
import org.waterspout.validate.RelativeError;

/**
 * The model that comes with Waterspout says exactly what PyTorch recorded of it (demo-models/training/train.py --expected), on every
 * backend: the best two logits of each recorded step are far enough apart that rounding cannot swap them.
 */
@Tag(TestBackend.ON_DEVICES)
class DemonstrationModelTest {

    private static final int CONTEXT = 128;

    /** The emulator takes seconds a token. */
    private static final int EMULATED_TOKENS = 6;

    /** Of logits over four layers, against PyTorch in 32-bit floats on the same weights: 1.2e-6 was seen. */
    private static final double LIMIT = 3.5e-6;

    @TestFactory
    Stream<DynamicTest> greedyTextIsTheRecordedOne() throws IOException {
        return onEveryBackend((expected, tokenizer, engine, slow) -> {
            int[] prompt = ints(expected.get("prompt_ids"));
            assertArrayEquals(prompt, tokenizer.encodePrompt(expected.get("prompt").asText(), false));
            int[] ids = ints(expected.get("greedy_ids"));
            int count = slow ? EMULATED_TOKENS : ids.length;
            GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(count);
            Call<GenerationEvent> call = engine.generate(Optional.of(tokenizer), tokenizer.endTokens(), request, 1,
                    GenerationConfig.forPrompt(new Metadata(Map.of()), request, prompt.length), Optional.empty(), Optional::empty, prompt,
                    RequestOptions.DEFAULT).getFirst();
            Completion completion = completion(call);
            assertArrayEquals(Arrays.copyOf(ids, count), completion.tokens());
            assertTrue(expected.get("greedy_text").asText().startsWith(completion.text()), completion.text());
            assertEquals(slow ? completion.text().length() : expected.get("greedy_text").asText().length(), completion.text().length());
        });
    }

    private static Completion completion(Call<GenerationEvent> call) {
        while (true) {
            if (call.next().orElseThrow() instanceof GenerationEvent.Finished finished) {
                return finished.completion();
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> logitsAreTheRecordedOnes() throws IOException {
        return onEveryBackend((expected, tokenizer, engine, slow) -> {
            if (expected.has("prompt_logits")) {
                float[] recorded = floats(expected.get("prompt_logits"));
                float[] logits = engine.logits(ints(expected.get("prompt_ids")), false);
                RelativeError error = RelativeError.of(logits, recorded, recorded.length);
                assertTrue(error.error() <= LIMIT, error + " exceeds " + LIMIT);
            }
        });
    }

    private interface Check {
        void run(JsonNode expected, Tokenizer tokenizer, Decoder engine, boolean slow);
    }

    private static Stream<DynamicTest> onEveryBackend(Check check) throws IOException {
        JsonNode cases = recorded().get("cases");
        return TestBackend.all().stream().map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
            boolean slow = backend.name().startsWith("emulator");
            try (ModelFile file = DemonstrationModel.open(); Tokenizer tokenizer = Tokenizer.of(file.metadata());
                    Backend opened = backend.open().get()) {
                Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
                try (Decoder engine = new Decoder(opened.prepare(graph, new PlanOptions(CONTEXT, 1, 7, false)))) {
                    StreamSupport.stream(cases.spliterator(), false).limit(slow ? 1 : cases.size())
                            .forEach(expected -> check.run(expected, tokenizer, engine, slow));
                }
            }
        }));
    }

    private static JsonNode recorded() throws IOException {
        try (InputStream json = DemonstrationModelTest.class.getResourceAsStream("/demo/expected.json")) {
            return new ObjectMapper().readTree(json);
        }
    }

    private static int[] ints(JsonNode list) {
        int[] numbers = new int[list.size()];
        Arrays.setAll(numbers, i -> list.get(i).asInt());
        return numbers;
    }

    private static float[] floats(JsonNode list) {
        float[] numbers = new float[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) list.get(i).asDouble();
        }
        return numbers;
    }
}
