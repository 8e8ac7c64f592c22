package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.load.ModelFiles;

/**
 * Folders with quantized weights against the logits that Transformers computes with what the methods' own packages make of them: see
 * record_quantized.py.
 */
class QuantizedFoldersTest {

    @TempDir
    Path root;

    private static final double LIMIT = 1.6e-5; // 5.5e-6 was seen

    /**
     * What the matrices of the layers become: the smallest type that holds their numbers exactly, else the type that config.json states.
     */
    private static final Map<String, Set<WeightType>> TYPES = Map.ofEntries(
            Map.entry("awq-4", Set.of(WeightType.Q5_0)), Map.entry("awq-4-short", Set.of(WeightType.F16)),
            Map.entry("ct-float-block", Set.of(WeightType.F32)), Map.entry("ct-float-channel", Set.of(WeightType.BF16)),
            Map.entry("ct-float-tensor", Set.of(WeightType.F32)), Map.entry("ct-int-channel", Set.of(WeightType.I8_32)),
            Map.entry("ct-int-tensor", Set.of(WeightType.F32, WeightType.I8_32)), Map.entry("ct-packed-4", Set.of(WeightType.Q4_0)),
            Map.entry("ct-packed-4-zeros", Set.of(WeightType.Q5_0)), Map.entry("ct-packed-8", Set.of(WeightType.F32)),
            Map.entry("ct-packed-8-zeros", Set.of(WeightType.F16)), Map.entry("fp8-blocks", Set.of(WeightType.BF16)),
            Map.entry("fp8-powers", Set.of(WeightType.F32)), Map.entry("fp8-static", Set.of(WeightType.F32)),
            Map.entry("fp8-vllm", Set.of(WeightType.F16)), Map.entry("gptq-4", Set.of(WeightType.Q4_0)),
            Map.entry("gptq-4-zeros", Set.of(WeightType.Q5_0)), Map.entry("gptq-4-v2", Set.of(WeightType.Q5_0)),
            Map.entry("gptq-4-scattered", Set.of(WeightType.F16)), Map.entry("gptq-8", Set.of(WeightType.Q8_0)),
            Map.entry("gptq-8-zeros", Set.of(WeightType.F32)), Map.entry("gptq-gpt2", Set.of(WeightType.Q4_0)));

    @TestFactory
    Stream<DynamicTest> logitsAreThoseOfTheNumbersThatAreMeant() throws IOException, URISyntaxException {
        return FoldersTest.folders("/quantized").flatMap(folder -> TestBackend.all().stream()
                .filter(backend -> Set.of("reference", "cpu").contains(backend.name()))
                .map(backend -> DynamicTest.dynamicTest(folder.getFileName() + " on " + backend.name(),
                        () -> FoldersTest.requireLogits(folder, backend.open().get(), LIMIT))));
    }

    @TestFactory
    Stream<DynamicTest> weightsStayAsSmallAsTheyCan() throws IOException, URISyntaxException {
        return FoldersTest.folders("/quantized").map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(),
                () -> assertEquals(TYPES.get(folder.getFileName().toString()), types(folder))));
    }

    private static Set<WeightType> types(Path folder) {
        try (ModelFile file = ModelFiles.open(folder)) {
            return file.tensors().values().stream().filter(tensor -> tensor.name().startsWith("blk.") && tensor.shape().size() == 2)
                    .map(Tensor::type).collect(Collectors.toSet());
        }
    }

    /** An option at a path below quantization_config, and what the refusal must name. */
    private record Option(String folder, String path, String value, String named) {
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotBuiltIsRefusedByItsName() {
        return Stream.of(new Option("gptq-4", "checkpoint_format", "'marlin'", "checkpoint_format 'marlin'"),
                new Option("gptq-4", "format", "'gptq_p'", "format 'gptq_p'"), new Option("gptq-4", "rotation", "'hadamard'", "'rotation'"),
                new Option("gptq-4", "adapter", "{'path': 'x'}", "'adapter'"), new Option("gptq-4", "bits", "3", "to 3 bits"),
                new Option("gptq-4", "bits", "8", "of 8 bits"), new Option("gptq-4", "pack_dtype", "'int64'", "pack_dtype 'int64'"),
                new Option("gptq-4", "is_marlin_format", "true", "is_marlin_format true"),
                new Option("awq-4", "version", "'gemv'", "version 'gemv'"), new Option("awq-4", "bits", "8", "to 8 bits"),
                new Option("awq-4", "group_size", "16", "should be F16 of shape [6, 64]"),
                new Option("awq-4", "smoothing", "0.5", "'smoothing'"), new Option("fp8-blocks", "fmt", "'e5m2'", "fmt 'e5m2'"),
                new Option("fp8-blocks", "weight_block_size", "[8, 20]", "in blocks of [8, 20]"),
                new Option("fp8-blocks", "activation_scheme", "'none'", "activation_scheme 'none'"),
                new Option("fp8-static", "smoothing", "[1]", "'smoothing'"),
                new Option("ct-packed-4", "format", "'nvfp4-pack-quantized'", "format 'nvfp4-pack-quantized'"),
                new Option("ct-packed-4", "transform_config", "{'config_groups': {'u': {}}}", "'transform_config'"),
                new Option("ct-packed-4", "sparsity_config", "{'format': 'sparse-24-bitmask'}", "sparsity_config"),
                new Option("ct-packed-4", "config_groups/group_0/weights/actorder", "'group'", "actorder"),
                new Option("ct-packed-4", "config_groups/group_0/weights/num_bits", "3", "of 3 bits"),
                new Option("ct-packed-4", "config_groups/group_0/weights/strategy", "'tensor_group'", "strategy 'tensor_group'"),
                new Option("ct-packed-4", "config_groups/group_0/weights/dynamic", "true", "dynamic true"),
                new Option("ct-packed-4", "config_groups/group_0/weights/shift", "1", "'shift'"),
                new Option("ct-packed-4", "config_groups/group_0/weights/symmetric", "false", "no weight_zero_point"),
                new Option("ct-packed-4-zeros", "config_groups/group_0/weights/symmetric", "true", "should not be there"),
                new Option("ct-packed-4", "config_groups/group_0/bias", "{'num_bits': 8}", "'bias'"),
                new Option("ct-packed-4", "config_groups/group_1", "{'targets': ['Linear'], 'weights': {'num_bits': 8}}", "in 2 ways"),
                new Option("ct-float-channel", "config_groups/group_0/weights/num_bits", "4", "'float' of 4 bits"))
                .map(option -> DynamicTest.dynamicTest(option.folder + " " + option.path + " " + option.value, () -> {
                    Path folder = changed(option);
                    WaterspoutException refused = assertThrows(WaterspoutException.class, () -> ModelFiles.open(folder));
                    assertTrue(refused.getMessage().contains(option.named), refused.getMessage());
                    assertEquals(1, refused.getMessage().lines().count());
                }));
    }

    /** What says how a model was made, or rounds activations alone, changes no number. */
    @TestFactory
    Stream<DynamicTest> whatChangesNoWeightIsRead() {
        return Stream.of(new Option("gptq-4", "desc_act", "true", ""), new Option("gptq-4", "dynamic", "{'-:lm_head': {}}", ""),
                new Option("gptq-8", "bits", "8", ""), new Option("awq-4", "version", "null", ""),
                new Option("ct-packed-4", "transform_config", "{}", ""),
                new Option("ct-float-channel", "kv_cache_scheme", "{'num_bits': 8, 'type': 'float'}", ""),
                new Option("fp8-static", "modules_to_not_convert", "['lm_head']", ""))
                .map(option -> DynamicTest.dynamicTest(option.folder + " " + option.path + " " + option.value,
                        () -> FoldersTest.requireLogits(changed(option), new ReferenceBackend(), LIMIT)));
    }

    /** With "dynamic", modules have bits of their own, which their shapes show. */
    @Test
    void bitsOfAModuleOfItsOwnAreThoseOfItsShape() throws IOException {
        Path folder = changed(new Option("gptq-8", "dynamic", "{'+:.*': {'bits': 8}}", ""));
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"bits\":8,", "\"bits\":4,"));
        assertTrue(Files.readString(config).contains("\"bits\":4,"));
        FoldersTest.requireLogits(folder, new ReferenceBackend(), LIMIT);
    }

    /** Before configurations had a place for it, AutoGPTQ and AutoAWQ wrote files of their own, with other names. */
    @Test
    void filesOfOlderToolsAreRead() throws IOException {
        Path gptq = changed(new Option("gptq-4-zeros", "", "null", ""));
        Files.writeString(gptq.resolve("quantize_config.json"), "{\"bits\": 4, \"group_size\": 32, \"desc_act\": false, \"sym\": false}");
        FoldersTest.requireLogits(gptq, new ReferenceBackend(), LIMIT);
        Path awq = changed(new Option("awq-4", "", "null", ""));
        Files.writeString(awq.resolve("quant_config.json"),
                "{\"zero_point\": true, \"q_group_size\": 32, \"w_bit\": 4, \"version\": \"GEMM\"}");
        FoldersTest.requireLogits(awq, new ReferenceBackend(), LIMIT);
    }

    private Path changed(Option option) throws IOException {
        Path original = Path.of(QuantizedFoldersTest.class.getResource("/quantized/" + option.folder + "/config.json").getPath())
                .getParent();
        Path folder = Files.createTempDirectory(root, "model");
        for (String file : List.of("model.safetensors", "expected.json")) {
            Files.copy(original.resolve(file), folder.resolve(file));
        }
        ObjectNode config = JsonFile.read(original.resolve("config.json"));
        JsonNode value = new ObjectMapper().readTree(option.value.replace('\'', '"'));
        String path = option.path.isEmpty() ? "/quantization_config" : "/quantization_config/" + option.path;
        int last = path.lastIndexOf('/');
        ((ObjectNode) config.at(path.substring(0, last))).set(path.substring(last + 1), value);
        Files.writeString(folder.resolve("config.json"), config.toString());
        return folder;
    }
}
