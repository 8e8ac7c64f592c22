package org.waterspout.model.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** Exports of the same models that are beside them as safetensors (src/test/python/record_onnx.py). */
class OnnxFileTest {

    private static final long SEED = Long.getLong("waterspout.test.seed", ThreadLocalRandom.current().nextLong(1L << 40));

    @TempDir
    Path folder;

    private static Path models() {
        try {
            return Path.of(OnnxFileTest.class.getResource("models").toURI());
        } catch (URISyntaxException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private static Path model(String name) {
        return models().resolve(name).resolve(name + ".onnx");
    }

    @TestFactory
    Stream<DynamicTest> theGraphTellsWhichWeightIsWhich() {
        return Stream.of("bert-14-eager", "bert-14-sdpa", "bert-17-eager", "bert-dynamo-eager", "bert-dynamo-sdpa", "roberta-14-eager",
                "roberta-17-sdpa", "distilbert-14-eager", "bert-optimized", "bert-optimized-half", "bert-optimized-split",
                "roberta-optimized", "distilbert-optimized", "bert-runtime", "bert-sequence", "bert-sequence-optimized",
                "roberta-sequence", "roberta-tokens-runtime", "distilbert-sequence", "distilbert-span-optimized")
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    try (ModelFile graph = ModelFiles.open(model(name)); ModelFile saved = ModelFiles.open(models().resolve(name))) {
                        checkSame(saved, graph);
                    }
                }));
    }

    /** The same weights under the same names, and an architecture that differs in nothing but the family's name. */
    private static void checkSame(ModelFile expected, ModelFile actual) {
        assertEquals(expected.tensors().keySet(), actual.tensors().keySet());
        for (Map.Entry<String, Tensor> tensor : expected.tensors().entrySet()) {
            assertEquals(tensor.getValue().shape(), actual.tensors().get(tensor.getKey()).shape(), tensor.getKey());
            assertArrayEquals(tensor.getValue().decode(), actual.tensors().get(tensor.getKey()).decode(), tensor.getKey());
        }
        Architecture one = Architecture.of(expected);
        Architecture other = Architecture.of(actual);
        assertEquals(graphOnly(one), graphOnly(other));
    }

    /** What is not in the graph: how sentence-transformers pools. */
    private static String graphOnly(Architecture architecture) {
        return withoutEpsilon(architecture).replace("pooling=Optional[MEAN]", "pooling=Optional.empty");
    }

    /** A graph's epsilon went through 32 bits: 9.999999960041972E-13 is the same float as 1E-12. */
    private static String withoutEpsilon(Architecture architecture) {
        return architecture.toString().replaceFirst("family=[a-z]+", "").replaceAll("epsilon=(1.0E-12|9.99999996E-13)", "epsilon");
    }

    @Test
    void theRealMiniLmIsThatOfItsRepository() {
        try (ModelFile graph = ModelFiles.open(real("all-minilm-l6-v2.onnx"));
                ModelFile saved = ModelFiles.open(real("all-MiniLM-L6-v2"))) {
            checkSame(saved, graph);
        }
    }

    private static Path real(String name) {
        return Stream.of(System.getenv().getOrDefault("WATERSPOUT_MODELS", "").split(File.pathSeparator)).filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry, name)).filter(Files::exists).findFirst().orElseGet(() -> {
                    String skipped = "skipped: " + name + " is in no folder of WATERSPOUT_MODELS";
                    System.out.println(skipped);
                    return Assumptions.abort(skipped);
                });
    }

    @Test
    void howSentencesArePooledIsReadFromBesideIt() throws IOException {
        Path below = Files.createDirectories(folder.resolve("onnx"));
        Files.copy(model("bert-14-eager"), below.resolve("model.onnx"));
        Files.createFile(below.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("modules.json"), """
                [{"path": "", "type": "sentence_transformers.models.Transformer"},
                 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                 {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]""");
        Files.writeString(Files.createDirectories(folder.resolve("1_Pooling")).resolve("config.json"),
                "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        try (ModelFile file = ModelFiles.open(below)) {
            assertEquals(2, file.metadata().integer("bert.pooling_type"));
            assertTrue(file.metadata().flagOr("bert.pooling_normalize", false));
            assertEquals(Optional.of(below), file.textPath());
        }
        Files.move(below.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 7, \"truncation_side\": \"left\"}");
        try (ModelFile file = ModelFiles.open(below)) {
            assertEquals(Optional.of(folder), file.textPath());
            assertEquals(7, file.metadata().integer("bert.text_length"));
            assertEquals("left", file.metadata().string("bert.truncation_side"));
        }
    }

    private record Change(String name, Consumer<GraphProto.Builder> change, String told) {
    }

    /** Graphs that compute something else, each by one change to one that is read. */
    @TestFactory
    Stream<DynamicTest> whatIsNoSuchEncoderIsRefusedInOneLine() {
        return Stream.of(
                new Change("another activation", graph -> kind(graph, "Erf", "Sin"), "activation"),
                new Change("another number in the activation", graph -> constant(graph, 1.4142135f, 1.7f), "activation"),
                new Change("a norm less", graph -> kind(graph, "Pow", "Abs"), "layer norms"),
                new Change("no softmax", graph -> kind(graph, "Softmax", "Sigmoid"), "no attention"),
                new Change("quantized", graph -> kind(graph, "Erf", "DequantizeLinear"),
                "quantized (it has the operation 'DequantizeLinear'"),
                new Change("quantized by the runtime", graph -> kind(graph, "Erf", "QAttention", "com.microsoft"),
                "'com.microsoft.QAttention'"), new Change("an operation of somebody's own",
                graph -> kind(graph, "Erf", "QuickGelu", "com.microsoft"), "'com.microsoft.QuickGelu', which is not ONNX's own"),
                new Change("a node before those it uses", graph -> graph.addNode(0, graph.getNode(graph.getNodeCount() - 1)),
                "no node before"), new Change("no node", GraphProto.Builder::clearNode, "has no graph"),
                new Change("no weight", GraphProto.Builder::clearInitializer, "no node before"),
                new Change("a sum that doubles without end", OnnxFileTest::doublings, "sum of more than"))
                .map(change -> refusal("bert-14-eager", change));
    }

    /** The same of what onnxruntime's optimizer made of it, and of classifiers. */
    @TestFactory
    Stream<DynamicTest> whatIsNoSuchOptimizedEncoderIsRefusedInOneLine() {
        return Stream.concat(Stream.of(
                new Change("a look back", graph -> attention(graph).addAttribute(whole("unidirectional", 1)), "looks back only"),
                new Change("relative positions", graph -> attention(graph).addInput("").addInput(graph.getInitializer(0).getName()),
                "neither a layer's input"), new Change("heads that do not divide",
                graph -> attention(graph).clearAttribute().addAttribute(whole("num_heads", 3)), "3 heads"),
                new Change("another layer's input", graph -> attention(graph).setInput(0, graph.getInput(0).getName()),
                "not over a layer's input")).map(change -> refusal("bert-optimized", change)), Stream.of(
                new Change("another place of the activation", graph -> kind(graph, "Tanh", "Sigmoid"),
                "neither a pooler nor a known classifier"), new Change(
                "another row than the first", graph -> first(graph).setInput(1, last(graph)), "neither a pooler nor a known classifier"))
                .map(change -> refusal("bert-sequence-optimized", change)));
    }

    private static NodeProto.Builder attention(GraphProto.Builder graph) {
        return graph.getNodeBuilderList().stream().filter(node -> node.getOpType().equals("Attention")).findFirst().orElseThrow();
    }

    /** The node that picks the first token's row. */
    private static NodeProto.Builder first(GraphProto.Builder graph) {
        return graph.getNodeBuilderList().stream().filter(node -> node.getOpType().equals("Gather")).findFirst().orElseThrow();
    }

    private static String last(GraphProto.Builder graph) {
        graph.addInitializer(TensorProto.newBuilder().setName("last").setDataType(TensorProto.DataType.INT64_VALUE).addInt64Data(-1));
        return "last";
    }

    private static AttributeProto whole(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setI(value).build();
    }

    private DynamicTest refusal(String name, Change change) {
        return DynamicTest.dynamicTest(change.name, () -> {
                    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(model(name))).toBuilder();
                    change.change.accept(model.getGraphBuilder());
                    Path path = folder.resolve("changed.onnx");
                    Files.write(path, model.build().toByteArray());
                    String message = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> refused(path));
                    assertTrue(message.contains(change.told), message);
                });
    }

    private static void kind(GraphProto.Builder graph, String from, String to) {
        kind(graph, from, to, "");
    }

    private static void kind(GraphProto.Builder graph, String from, String to, String domain) {
        NodeProto.Builder node = graph.getNodeBuilderList().stream().filter(one -> one.getOpType().equals(from)).findFirst().orElseThrow();
        node.setOpType(to).setDomain(domain);
    }

    private static void constant(GraphProto.Builder graph, float from, float to) {
        for (NodeProto.Builder node : graph.getNodeBuilderList()) {
            if (node.getOpType().equals("Constant") && node.getAttribute(0).getT().getDataType() == TensorProto.DataType.FLOAT_VALUE) {
                TensorProto.Builder tensor = node.getAttributeBuilder(0).getTBuilder();
                byte[] raw = tensor.getRawData().toByteArray();
                int bits = raw.length == 4 ? raw[0] & 255 | (raw[1] & 255) << 8 | (raw[2] & 255) << 16 | raw[3] << 24 : 0;
                if (Math.abs(Float.intBitsToFloat(bits) - from) < 1e-6) {
                    tensor.clearRawData().addFloatData(to);
                    return;
                }
            }
        }
        throw new AssertionError("no constant " + from);
    }

    private static void doublings(GraphProto.Builder graph) {
        NodeProto.Builder norm = graph.getNodeBuilderList().stream().filter(node -> node.getOpType().equals("ReduceMean")).findFirst()
                .orElseThrow();
        String sum = norm.getInput(0);
        int at = 0;
        while (!graph.getNode(at).getOutputList().contains(sum)) {
            at++;
        }
        String last = graph.getNode(at).getInput(0);
        for (int i = 0; i < 100; i++) {
            graph.addNode(at + i, NodeProto.newBuilder().setOpType("Add").addInput(last).addInput(last).addOutput("double" + i));
            last = "double" + i;
        }
        graph.getNodeBuilder(at + 100).setInput(0, last);
    }

    @Test
    void aGraphThatIsNoTransformerIsRefusedInOneLine() throws IOException {
        ModelProto relu = ModelProto.newBuilder().setIrVersion(8).setProducerName("test").setGraph(GraphProto.newBuilder()
                .addInput(ValueInfoProto.newBuilder().setName("x")).addOutput(ValueInfoProto.newBuilder().setName("y"))
                .addNode(NodeProto.newBuilder().setOpType("Relu").addInput("x").addOutput("y"))).build();
        Path path = folder.resolve("relu.onnx");
        Files.write(path, relu.toByteArray());
        assertTrue(refused(path).contains("no encoder that can be read: it has 0 layer norms"));
        assertTrue(refused(model("mpnet-14-eager")).contains("no mask"));
    }

    private static String refused(Path path) {
        WaterspoutException refused = assertThrows(WaterspoutException.class, () -> ModelFiles.open(path));
        assertTrue(refused instanceof UnsupportedModelException || refused instanceof ModelFormatException, refused.toString());
        assertEquals(1, refused.getMessage().lines().count());
        return refused.getMessage();
    }

    @Test
    @Tag("slow")
    void filesChangedAtRandomAreReadOrRefused() throws IOException {
        Random random = new Random(SEED);
        for (String name : List.of("bert-14-eager", "bert-dynamo-sdpa", "bert-sequence-optimized")) {
            byte[] whole = Files.readAllBytes(model(name));
            for (int trial = 0; trial < 500; trial++) {
                byte[] changed = trial % 8 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
                for (int i = 0; i < 1 + trial % 3 && changed.length > 0; i++) {
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                }
                Path path = folder.resolve("changed.onnx");
                Files.write(path, changed);
                String what = name + " seed " + SEED + " trial " + trial;
                try (ModelFile file = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> OnnxFile.open(path), what)) {
                    file.tensors().values().forEach(Tensor::decode);
                } catch (WaterspoutException refused) {
                    assertEquals(1, refused.getMessage().lines().count(), what);
                } catch (RuntimeException other) {
                    throw new AssertionError(what, other);
                }
            }
        }
    }
}
