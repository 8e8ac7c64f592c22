package org.waterspout.model.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** Folders that Transformers saved (src/test/python/record_huggingface.py). */
class HuggingFaceDirectoryTest {

    static Path fixture(String name) {
        try {
            return Path.of(HuggingFaceDirectoryTest.class.getResource("models/" + name).toURI());
        } catch (URISyntaxException malformed) {
            throw new AssertionError(name, malformed);
        }
    }

    private static Stream<Path> fixtures() throws IOException {
        try (Stream<Path> folders = Files.list(fixture("bert").getParent())) {
            return folders.sorted().toList().stream();
        }
    }

    /** Every number of the file is in exactly one tensor, under llama.cpp's name where that has one. */
    @TestFactory
    Stream<DynamicTest> everyTensorIsThere() throws IOException {
        return fixtures().map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> {
            JsonNode expected = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
            try (ModelFile file = ModelFiles.open(folder)) {
                Map<String, Tensor> rest = new TreeMap<>(file.tensors());
                rest.keySet().removeIf(name -> name.startsWith("rope_f"));
                for (Map.Entry<String, JsonNode> one : expected.properties()) {
                    String found = rest.entrySet().stream().filter(entry -> is(entry.getValue(), one.getValue())).map(Map.Entry::getKey)
                            .findFirst().orElseThrow(() -> new AssertionError(one.getKey() + " is missing; left are " + rest.keySet()));
                    rest.remove(found);
                    if (one.getValue().has("gguf")) {
                        assertEquals(one.getValue().path("gguf").textValue(), found, one.getKey());
                    }
                }
                assertEquals(Set.of(), rest.keySet());
            }
        }));
    }

    private static boolean is(Tensor tensor, JsonNode expected) {
        if (tensor.count() != expected.path("count").longValue()) {
            return false;
        }
        double sum = 0;
        for (float number : tensor.decode()) {
            sum += number;
        }
        return Math.abs(sum - expected.path("sum").doubleValue()) < 1e-5;
    }

    /** What the reader of architectures makes of the keys and names: it refuses what is missing or of the wrong shape. */
    @TestFactory
    Stream<DynamicTest> everyFolderDescribesAnArchitecture() throws IOException {
        return fixtures().map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> {
            JsonNode config = new ObjectMapper().readTree(folder.resolve("config.json").toFile());
            try (ModelFile file = ModelFiles.open(folder)) {
                Architecture architecture = Architecture.of(file);
                assertEquals(16, architecture.hiddenSize());
                assertEquals(config.path("is_encoder_decoder").asBoolean(),
                        architecture.encoder().isPresent() && architecture.decoder().isPresent());
                architecture.encoder().or(architecture::decoder).ifPresent(stack ->
                        assertEquals(file.metadata().integer(architecture.family() + ".block_count"), stack.layers().size()));
            }
        }));
    }

    /** Keys whose values follow from the recorder's configurations: model, key, value. */
    @TestFactory
    Stream<DynamicTest> configurationsBecomeKeys() {
        return Stream.of("bert-sequence|bert.classifier.task|sequence", "bert-sequence|bert.classifier.output_labels|[calm, glad, sad]",
                "bert-sequence|bert.classifier.activation|tanh", "bert-tokens|bert.classifier.task|tokens",
                "bert-tokens|bert.classifier.activation|null", "bert-span|bert.classifier.task|span", "bert|bert.classifier.task|null",
                "bert|bert.context_length|12", "roberta-sequence|roberta.classifier.task|sequence", "xlm-roberta|roberta.context_length|10",
                "mpnet|mpnet.attention.relative_buckets_count|32", "distilbert-sequence|distilbert.classifier.activation|relu",
                "modernbert|modern-bert.attention.sliding_window|6",
                "modernbert|modern-bert.attention.sliding_window_pattern|[false, true, true, false]",
                "modernbert|modern-bert.rope.freq_base_swa|10000.0", "modernbert-sequence|modern-bert.classifier.task|multi_label",
                "modernbert-sequence|modern-bert.classifier.pooling_type|1",
                "modernbert-pretraining|modern-bert.classifier.activation|null",
                "nomic|nomic-bert.rope.freq_base|1000.0", "nomic|nomic-bert.activation|silu", "vit|vit.context_length|5",
                "deit|vit.context_length|6", "deit|vit.image.distilled|true", "vit-sequence|vit.image.mean|[0.5, 0.5, 0.5]",
                "marian|marian.positions|sinusoidal", "marian|marian.activation|silu", "marian|marian.decoder_start_token_id|19",
                "marian|marian.embedding_scale|4.0", "marian|marian.sinusoid.inclusive|false", "bart|bart.context_length|12",
                "bart|bart.embedding_scale|null", "bart|generation.forced_eos_token_id|2", "mbart|bart.embedding_scale|4.0",
                "m2m100|m2m100.sinusoid.inclusive|true", "m2m100|m2m100.sinusoid.offset|2", "pegasus|pegasus.embedding_scale|4.0",
                "t5|t5.logit_scale|0.25", "t5|t5.activation|relu", "t5-gated|t5.logit_scale|1.0",
                "t5-gated|t5.activation|gelu_tanh", "mt5|t5.logit_scale|1.0", "t5|t5.attention.key_length|6",
                "t5|t5.decoder_start_token_id|0", "llama|llama.rope.layout|halves", "mistral|llama.attention.sliding_window|5",
                "qwen2|qwen2.attention.sliding_window|null", "qwen3|qwen3.attention.key_length|12", "gemma2|gemma2.attention.scale|0.5",
                "gemma2|gemma2.attn_logit_softcapping|50.0", "gemma3|gemma3.rope.freq_base_swa|10000.0",
                "gemma3|gemma3.attention.sliding_window_pattern|[true, true, true, true, true, false, true]",
                "granite|granite.residual_scale|1.0", "gpt2|gpt2.feed_forward_length|64", "gpt2|gpt2.activation|gelu_tanh")
                .map(line -> DynamicTest.dynamicTest(line, () -> {
                    String[] columns = line.split("\\|");
                    try (ModelFile file = ModelFiles.open(fixture(columns[0]))) {
                        assertEquals(columns[2], String.valueOf(file.metadata().values().get(columns[1])));
                    }
                }));
    }

    /** Frequencies of Llama 3: those whose waves are short stay, those whose waves are long are divided by 8 (head of 8, base 10000). */
    @Test
    void rotaryScalingsBecomeDivisors() {
        try (ModelFile llama = ModelFiles.open(fixture("llama")); ModelFile phi = ModelFiles.open(fixture("phi3"))) {
            float[] divisors = llama.tensors().get("rope_freqs.weight").decode();
            assertEquals(1, divisors[0]); // 6.3 < 32 / 4
            assertEquals(8, divisors[1]); // 62.8 > 32 / 1
            assertEquals(8, divisors[3]);
            assertArrayEquals(new float[] {1, 2, 3, 4}, phi.tensors().get("rope_factors_long.weight").decode());
            assertEquals((float) Math.sqrt(1 + Math.log(2) / Math.log(6)), phi.metadata().number("phi3.rope.scaling.attn_factor"));
        }
    }

    @TempDir
    Path copy;

    private Path copyOf(String name) throws IOException {
        try (Stream<Path> files = Files.list(fixture(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private record Lie(String model, String from, String to, String told) {
    }

    /** One change each to config.json. */
    @TestFactory
    Stream<DynamicTest> configurationsThatLieOrAskForMoreAreRefusedInOneLine() {
        return Stream.of(new Lie("bert", "\"model_type\": \"bert\"", "\"model_type\": \"rwkv\"", "'rwkv' is not supported"),
                new Lie("bert", "\"model_type\": \"bert\"", "\"model_type\": 7", "model_type is '7', no text"),
                new Lie("bert", "\"hidden_size\": 16", "\"hidden_size\": \"wide\"", "hidden_size"),
                new Lie("bert", "\"hidden_size\": 16", "\"hidden_size\": -16", "no size of a model"),
                new Lie("bert", "\"hidden_size\": 16", "\"hidden_size\": 99999999999", "no integer"),
                new Lie("bert", "\"hidden_size\": 16,", "", "has no hidden_size"),
                new Lie("bert", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "'mish' is not built"),
                new Lie("bert", "\"is_decoder\": false", "\"is_decoder\": true", "is_decoder"),
                new Lie("bert", "{", "", "no sound JSON"),
                new Lie("bert", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": NaN", "no number"),
                new Lie("roberta-sequence", "\"pad_token_id\": 1", "\"pad_token_id\": 90", "no position after"),
                new Lie("bert-sequence", "\"1\": \"glad\"", "\"7\": \"glad\"", "id2label"),
                new Lie("bart", "\"decoder_ffn_dim\": 24", "\"decoder_ffn_dim\": 25", "different sizes"),
                new Lie("mistral", "\"rope_type\": \"default\"", "\"rope_type\": \"ntk\"", "'ntk' is not built"),
                new Lie("mistral", "\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\"", "has no factor"),
                new Lie("mistral", "\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\", \"factor\": 2.0, \"alpha\": 1000.0",
                "with alpha is not built"), new Lie("gemma3", "\"rope_theta\": 10000.0,\n      \"rope_type\": \"default\"",
                "\"rope_theta\": 10000.0, \"rope_type\": \"linear\"", "'linear' is not built"),
                new Lie("modernbert", "\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\"", "'dynamic' is not built"),
                new Lie("modernbert", "{", "{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0},", "'linear' is not built"),
                new Lie("nomic", "{", "{\"rope_scaling\": {\"type\": \"yarn\"},", "'yarn' is not built"),
                new Lie("nomic", "{", "{\"rotary_scaling_factor\": 2,", "rotary_scaling_factor is 2.0"),
                new Lie("llama-tied", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", "lm_head.weight"),
                new Lie("phi3", "1.3", "1.3, 1.4", "not 4 numbers"),
                new Lie("bert", "\"model_type\": \"bert\"", "\"model_type\": \"distilbert\"", "nothing is known of tensor"))
                .map(lie -> DynamicTest.dynamicTest(lie.model + " " + lie.to, () -> {
                    Path folder = Files.createTempDirectory(copy, "lie");
                    for (String name : List.of("config.json", "model.safetensors")) {
                        Files.copy(fixture(lie.model).resolve(name), folder.resolve(name));
                    }
                    String config = Files.readString(folder.resolve("config.json"));
                    assertTrue(config.contains(lie.from), lie.from);
                    int at = config.indexOf(lie.from);
                    Files.writeString(folder.resolve("config.json"), config.substring(0, at) + lie.to
                            + config.substring(at + lie.from.length()));
                    String message = refused(folder);
                    assertTrue(message.contains(lie.told), message);
                }));
    }

    private static String refused(Path path) {
        WaterspoutException refused = assertThrows(WaterspoutException.class, () -> ModelFiles.open(path));
        assertEquals(1, refused.getMessage().lines().count());
        return refused.getMessage();
    }

    /** Transformers ties, since version 5, only what is the same. */
    @Test
    void anOutputThatDiffersFromTheEmbeddingIsUsedThoughTheConfigurationTiesIt() throws IOException {
        Path folder = copyOf("llama");
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
        try (ModelFile tied = ModelFiles.open(folder); ModelFile stored = ModelFiles.open(fixture("llama"))) {
            assertArrayEquals(stored.tensors().get("output.weight").decode(), tied.tensors().get("output.weight").decode());
        }
    }

    @Test
    void filesThatAreMissingAreNamed() throws IOException {
        Path folder = copyOf("bert");
        Files.delete(folder.resolve("model.safetensors"));
        assertTrue(refused(folder).contains("no model.safetensors"));
        Files.write(folder.resolve("pytorch_model.bin"), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0});
        assertTrue(refused(folder).contains("pickled"));
        assertTrue(refused(folder.resolve("pytorch_model.bin")).contains("pickled"));
        Files.copy(fixture("bert").resolve("model.safetensors"), folder.resolve("model.safetensors"));
        Files.delete(folder.resolve("config.json"));
        assertTrue(refused(folder.resolve("model.safetensors")).contains("only weights"));
        assertTrue(refused(folder).contains("can be read"));
    }

    @Test
    void theWeightsOpenTheirFolder() throws IOException {
        try (ModelFile file = ModelFiles.open(fixture("bert").resolve("model.safetensors"))) {
            assertEquals("Hugging Face folder", file.format());
            assertEquals(Optional.of(fixture("bert")), file.textPath());
        }
    }

    @Test
    void namesOfTheFirstYearsAreKnown() throws IOException {
        Path folder = copyOf("bert");
        // of the same length, so that the header stays true
        String bytes = Files.readString(folder.resolve("model.safetensors"), StandardCharsets.ISO_8859_1)
                .replace("\"embeddings.LayerNorm.weight\"", "\"embeddings.LayerNorm.gamma\" ");
        Files.writeString(folder.resolve("model.safetensors"), bytes, StandardCharsets.ISO_8859_1);
        try (ModelFile old = ModelFiles.open(folder); ModelFile now = ModelFiles.open(fixture("bert"))) {
            assertEquals(now.tensors().keySet(), old.tensors().keySet());
        }
    }

    @Test
    void sentenceTransformersSayHowTheyPool() throws IOException {
        Path folder = copyOf("bert");
        Files.writeString(folder.resolve("modules.json"), """
                [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                 {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]""");
        Files.createDirectory(folder.resolve("1_Pooling"));
        Path pooling = folder.resolve("1_Pooling/config.json");
        Files.writeString(pooling, "{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true}");
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 8}");
        Files.writeString(folder.resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"query\": \"search: \", \"document\": \"\"}, \"default_prompt_name\": null}");
        try (ModelFile file = ModelFiles.open(folder)) {
            Metadata metadata = file.metadata();
            assertEquals(1, metadata.integer("bert.pooling_type"));
            assertTrue(metadata.flagOr("bert.pooling_normalize", false));
            assertEquals(8, metadata.integer("bert.text_length"));
            assertEquals("search: ", metadata.string("bert.query_prefix"));
            assertFalse(metadata.has("bert.passage_prefix"));
        }
        Files.writeString(pooling, "{\"pooling_mode_mean_tokens\": true, \"pooling_mode_cls_token\": true, \"include_prompt\": false}");
        try (ModelFile file = ModelFiles.open(folder)) {
            assertEquals(List.of("cls", "mean"), file.metadata().list("bert.poolings", String.class));
            assertFalse(file.metadata().flagOr("bert.pooling_prompt", true));
        }
        Files.writeString(pooling, "{\"pooling_mode\": \"cls\"}");
        try (ModelFile file = ModelFiles.open(folder)) {
            assertEquals(2, file.metadata().integer("bert.pooling_type"));
        }
        Files.writeString(folder.resolve("modules.json"), "[{\"path\": \"\", \"type\": \"a.Transformer\"}, "
                + "{\"path\": \"2_LSTM\", \"type\": \"a.LSTM\"}]");
        assertTrue(refused(folder).contains("'LSTM' is not built"));
        Files.writeString(folder.resolve("modules.json"), "[{\"path\": \"../elsewhere\", \"type\": \"a.Transformer\"}]");
        assertTrue(refused(folder).contains("not one of the model's"));
    }

    @Test
    void imagesAreBroughtToWhatTheFolderAsks() throws IOException {
        Path folder = copyOf("deit");
        Files.writeString(folder.resolve("preprocessor_config.json"), """
                {"do_center_crop": true, "crop_size": {"height": 8, "width": 8}, "do_resize": true, "size": {"height": 10, "width": 10},
                 "resample": 3, "do_normalize": true, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
                 "do_rescale": true, "rescale_factor": 0.00392156862745098}""");
        try (ModelFile file = ModelFiles.open(folder)) {
            Metadata metadata = file.metadata();
            assertEquals(List.of(0.485, 0.456, 0.406), metadata.list("vit.image.mean", Double.class));
            assertEquals("bicubic", metadata.string("vit.image.resample"));
            assertEquals("exact_crop", metadata.string("vit.image.resize"));
            assertEquals(10, metadata.integer("vit.image.resize_edge"));
            assertEquals(Optional.empty(), file.textPath());
        }
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"size\": {\"shortest_edge\": 8}}");
        assertTrue(refused(folder).contains("8 by 8"));
    }
}
