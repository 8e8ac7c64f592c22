package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.Classifier;
import org.waterspout.Embedder;
import org.waterspout.LoadOptions;
import org.waterspout.QuestionAnswerer;
import org.waterspout.Reranker;
import org.waterspout.backend.Backend;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.decode.Source;
import org.waterspout.encode.Sequence;
import org.waterspout.error.ValidationException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Op;
import org.waterspout.graph.Target;
import org.waterspout.graph.Value;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.runtime.Decoder;
import org.waterspout.runtime.Encoder;
import org.waterspout.runtime.EncoderDecoder;

/** No result holds NaN or infinity: the error in its place names the first operation that gives one. */
class FiniteResultsTest {

    private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withThreads(1);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"NaN, the file is damaged", "Infinity, the file is damaged", "3e38, grow beyond"})
    void everyTaskOfAnEncoder(float number, String reason) throws IOException {
        assertNamed(reason, () -> {
            try (Embedder embedder = Embedder.load(damaged("embedder", number), OPTIONS)) {
                embedder.embed("any text");
            }
        });
        assertNamed(reason, () -> {
            try (Classifier classifier = Classifier.load(damaged("classifier", number), OPTIONS)) {
                classifier.classify(List.of("any text"), false);
            }
        });
        assertNamed(reason, () -> {
            try (Classifier classifier = Classifier.load(damaged("multi-label", number), OPTIONS)) {
                classifier.classify(List.of("any text"), false);
            }
        });
        assertNamed(reason, () -> {
            try (Classifier classifier = Classifier.load(damaged("entities", number), OPTIONS)) {
                classifier.entities("any text");
            }
        });
        assertNamed(reason, () -> {
            try (Reranker reranker = Reranker.load(damaged("reranker", number), OPTIONS)) {
                reranker.rank("a query", List.of("any text"), false);
            }
        });
        assertNamed(reason, () -> {
            try (QuestionAnswerer answerer = QuestionAnswerer.load(damaged("answers", number), OPTIONS)) {
                answerer.answer("a question", "any text");
            }
        });
    }

    private interface Use {
        void run() throws IOException;
    }

    private static void assertNamed(String reason, Use use) {
        String message = assertThrows(ValidationException.class, use::run).getMessage();
        assertTrue(message.contains("MatMul") && message.contains("layer 1") && message.contains(reason), message);
    }

    /** A copy of a tiny model whose second layer's first attention weights are all {@code number}. */
    private Path damaged(String task, float number) throws IOException {
        Path source = TaskModel.of(task).folder();
        Path copy = folder.resolve(task);
        SentenceFolder.copy(source, copy);
        Path weights = copy.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) bytes.getLong(0);
        JsonNode tensors = new ObjectMapper().readTree(bytes.array(), 8, header);
        String name = tensors.propertyStream().map(Map.Entry::getKey).filter(key -> key.matches(".*\\.1\\..*(query|q_lin|q)\\.weight"))
                .findFirst().orElseThrow(() -> new AssertionError(task + " has "
                + tensors.propertyStream().map(Map.Entry::getKey).toList()));
        JsonNode place = tensors.get(name);
        assertEquals("F32", place.get("dtype").asText());
        for (int at = place.get("data_offsets").get(0).asInt(); at < place.get("data_offsets").get(1).asInt(); at += Float.BYTES) {
            bytes.putFloat(8 + header + at, number);
        }
        Files.write(weights, bytes.array());
        return copy;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theTokensOfADecoder(boolean damage) {
        try (FamilyModel model = FamilyModel.open("llama"); Backend backend = damage ? new ReferenceBackend() : infiniteAtPosition(3)) {
            ModelFile file = damage ? withNaN(model.file(), "blk.1.ffn_up.weight") : model.file();
            PlanOptions options = new PlanOptions(16, 1, 4, false);
            try (Decoder engine = new Decoder(backend.prepare(GraphBuilder.build(file, model.architecture(), 16), options))) {
                String message = assertThrows(ValidationException.class, () -> engine.logits(new int[] {1, 2, 3, 4, 5, 6}, false))
                        .getMessage();
                assertTrue(message.contains(damage ? "MatMul, layer 1, whose weight blk.1.ffn_up.weight"
                        : "this backend computes wrongly"), message);
            }
        }
    }

    /** Values of a million: 32 bits hold them, and 8 with a scale, but a half ends at 65504. */
    @TestFactory
    @Tag(TestBackend.ON_DEVICES)
    Stream<DynamicTest> aValueBeyondWhatTheCacheHolds() {
        return TestBackend.all().stream().flatMap(backend -> Arrays.stream(CacheType.values())
                .map(type -> DynamicTest.dynamicTest(backend.name() + ", " + type.label(), () -> {
                    assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                    try (Backend opened = backend.open().get()) {
                        aValueBeyond(opened, type);
                    }
                })));
    }

    private static void aValueBeyond(Backend backend, CacheType type) {
        try (FamilyModel model = FamilyModel.open("llama")) {
            ModelFile file = changed(model.file(), "blk.1.attn_v.weight", numbers -> {
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] *= 1e7f;
                }
            });
            PlanOptions options = new PlanOptions(16, 2, 4, false).withCacheType(type);
            try (Decoder engine = new Decoder(backend.prepare(GraphBuilder.build(file, model.architecture(), 16), options))) {
                if (type == CacheType.F16) {
                    String message = assertThrows(ValidationException.class, () -> engine.logits(new int[] {1, 2, 3, 4, 5, 6}, false))
                            .getMessage();
                    assertTrue(message.contains(
                            "Attention, layer 1, whose keys or values are beyond what a cache of type f16 holds: use type f32"), message);
                } else {
                    engine.logits(new int[] {1, 2, 3, 4, 5, 6}, false);
                }
            }
        }
    }

    /** In layer 1 norms go wrong for the rows of one position. */
    private static FaultyBackend infiniteAtPosition(int position) {
        return new FaultyBackend((op, batch, inputs, right) -> {
            Map<Value, float[]> outputs = right.evaluate(op, batch, inputs);
            if (op instanceof Op.Norm norm && batch.rows() * norm.output().width() == outputs.get(norm.output()).length) {
                for (int row = 0; row < batch.rows(); row++) {
                    if (batch.positions()[row] == position) {
                        outputs.get(norm.output())[row * norm.output().width()] = Float.POSITIVE_INFINITY;
                    }
                }
            }
            return outputs;
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder.layers.1", "decoder.layers.1", "backend"})
    void theTokensOfATranslation(String fault) {
        try (TranslatorModel model = TranslatorModel.open("bart");
                Backend backend = fault.equals("backend") ? infiniteAtPosition(3) : new ReferenceBackend()) {
            String weight = model.file().tensors().keySet().stream()
                    .filter(name -> name.matches((fault.startsWith("enc") ? "enc" : "dec") + ".*\\.1\\..*ffn_up\\.weight")).findFirst()
                    .orElseThrow(() -> new AssertionError(model.file().tensors().keySet().toString()));
            ModelFile file = fault.equals("backend") ? model.file() : withNaN(model.file(), weight);
            PlanOptions options = new PlanOptions(16, 8, 32, false).withSources(2, 16);
            try (EncoderDecoder engine = new EncoderDecoder(backend.prepare(
                    GraphBuilder.encoderDecoder(file, model.architecture(), 16, 16), options), 2, Set.of(1))) {
                String expected = fault.equals("backend") ? "this backend computes wrongly"
                        : "MatMul, " + (fault.startsWith("enc") ? "the encoder's " : "") + "layer 1, whose weight " + weight;
                GenerationConfig config = GenerationConfig.GREEDY.withBeams(2, 1);
                for (Runnable use : List.<Runnable>of(() -> engine.logits(new int[] {5, 6, 7, 8, 9}, new int[] {2, 4, 5}),
                        () -> engine.translate(List.of(new Source(new int[] {3, 4}),
                                new Source(new int[] {5, 6, 7, 8, 9})), config, any -> { }))) {
                    String message = assertThrows(ValidationException.class, use::run).getMessage();
                    assertTrue(message.contains(expected), message);
                }
            }
        }
    }

    @Test
    void aBackendThatComputesAVectorWrongly() {
        try (EncoderModel model = EncoderModel.open("bert"); Backend backend = infiniteAtPosition(3);
                Encoder engine = Encoder.prepare(model.file(), model.architecture(), Target.HIDDEN, backend,
                        new PlanOptions(8, 2, 16, false))) {
            engine.run(List.of(Sequence.of(new int[] {1, 2, 3}, new int[3])));
            String message = assertThrows(ValidationException.class, () -> engine.run(List.of(Sequence.of(new int[] {1, 2, 3}, new int[3]),
                    Sequence.of(new int[] {1, 2, 3, 4, 5}, new int[5])))).getMessage();
            assertTrue(message.contains("this backend computes wrongly"), message);
        }
    }

    private static ModelFile withNaN(ModelFile file, String name) {
        return changed(file, name, numbers -> numbers[numbers.length / 2] = Float.NaN);
    }

    private static ModelFile changed(ModelFile file, String name, Consumer<float[]> change) {
        Map<String, Tensor> changed = new LinkedHashMap<>(file.tensors());
        Tensor tensor = changed.get(name);
        float[] numbers = tensor.decode();
        change.accept(numbers);
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        changed.put(name, new Tensor(name, WeightType.F32, tensor.shape(),
                MemorySegment.ofArray(Arrays.copyOf(bytes.array(), bytes.capacity()))));
        return new ChangedFile(file, file.metadata(), changed);
    }
}
