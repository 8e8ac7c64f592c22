package org.waterspout.model.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.ModelFiles;

/**
 * Folders that say, or show, that their weights are quantized. The weights here are bfloat16; changed to integers only in what they claim.
 */
class QuantizationTest {

    @TempDir
    Path root;

    /** @param config what is added to config.json; empty for nothing */
    private Path folder(String config, boolean plain) throws IOException {
        Path folder = Files.createTempDirectory(root, "model");
        String llama = Files.readString(HuggingFaceDirectoryTest.fixture("llama").resolve("config.json"));
        Files.writeString(folder.resolve("config.json"), config.isEmpty() ? llama : llama.replaceFirst("\\{", "{" + config + ","));
        write(folder, "\"BF16\"", plain ? "\"BF16\"" : "\"U16\" ");
        return folder;
    }

    /** The weights, with a change to their header that leaves its length. */
    private static void write(Path folder, String from, String to) throws IOException {
        String weights = Files.readString(HuggingFaceDirectoryTest.fixture("llama").resolve("model.safetensors"),
                StandardCharsets.ISO_8859_1);
        assertTrue(weights.contains(from) && from.length() == to.length(), from);
        Files.writeString(folder.resolve("model.safetensors"), weights.replace(from, to), StandardCharsets.ISO_8859_1);
    }

    private static String refused(Path folder) {
        String message = assertThrows(UnsupportedModelException.class, () -> ModelFiles.open(folder)).getMessage();
        assertEquals(1, message.lines().count());
        return message;
    }

    private static String method(String name) {
        return "\"quantization_config\": {\"quant_method\": \"" + name + "\", \"bits\": 4}";
    }

    @TestFactory
    Stream<DynamicTest> aMethodThatIsNamedIsRefusedByItsName() {
        return Stream.of("fp8", "fbgemm_fp8", "compressed-tensors", "mxfp4", "nvfp4", "torchao", "bitnet", "quanto", "eetq", "aqlm",
                "gptq", "awq", "hqq", "bitsandbytes", "something-new").map(name -> DynamicTest.dynamicTest(name, () -> {
                    String message = refused(folder(method(name), false));
                    assertTrue(message.contains("quantized by '" + name + "'"), message);
                }));
    }

    private record Said(String config, String method) {
    }

    /** Other ways of saying it: older files, other programs, the text half of a model with images. */
    @TestFactory
    Stream<DynamicTest> otherFormsAreRefusedByNameToo() {
        return Stream.of(new Said("\"quantization_config\": {\"load_in_4bit\": true, \"load_in_8bit\": false}", "bitsandbytes"),
                new Said("\"quantization_config\": {\"bits\": 3}", "a method without a name"),
                new Said("\"compression_config\": {\"format\": \"dense\"}", "compressed-tensors"),
                new Said("\"quantization\": {\"group_size\": 64, \"bits\": 4}", "mlx"),
                new Said("\"text_config\": {" + method("awq") + "}", "awq"))
                .map(said -> DynamicTest.dynamicTest(said.config, () -> {
                    String message = refused(folder(said.config, false));
                    assertTrue(message.contains("quantized by '" + said.method + "'"), message);
                }));
    }

    @TestFactory
    Stream<DynamicTest> filesOfOlderToolsAreRefusedByName() {
        return Stream.of(new Said("quantize_config.json", "gptq"), new Said("quant_config.json", "awq"),
                new Said("hf_quant_config.json", "modelopt NVFP4")).map(said -> DynamicTest.dynamicTest(said.config, () -> {
                    Path folder = folder("", false);
                    Files.writeString(folder.resolve(said.config), "{\"quantization\": {\"quant_algo\": \"NVFP4\"}}");
                    String message = refused(folder);
                    assertTrue(message.contains("quantized by '" + said.method + "'") && message.contains(said.config), message);
                }));
    }

    /** Some methods round when the model is loaded, or round activations too: that all weights are plain says nothing there. */
    @Test
    void plainWeightsAreReadWhereTheMethodWouldShowInThem() throws IOException {
        try (ModelFile expected = ModelFiles.open(HuggingFaceDirectoryTest.fixture("llama"))) {
            for (String name : List.of("gptq", "awq", "hqq", "bitsandbytes")) {
                try (ModelFile file = ModelFiles.open(folder(method(name), true))) {
                    assertEquals(expected.tensors().keySet(), file.tensors().keySet(), name);
                }
            }
        }
        for (String name : List.of("fp8", "bitnet", "torchao", "compressed-tensors", "something-new")) {
            String message = refused(folder(method(name), true));
            assertTrue(message.contains("quantized by '" + name + "'"), message);
        }
    }

    @Test
    void aMethodThatIsSwitchedOffIsNone() throws IOException {
        ModelFiles.open(folder("\"quantization_config\": {\"load_in_4bit\": false, \"load_in_8bit\": false}", true)).close();
        ModelFiles.open(folder("\"quantization_config\": null", true)).close();
        ModelFiles.open(folder("\"quantization_config\": {}", true)).close();
    }

    /** Where nothing says so, the tensors do. */
    @TestFactory
    Stream<DynamicTest> whatStandsBesideQuantizedWeightsTellsTheMethod() {
        return Stream.of(new Said("g_idx\" ", "gptq or awq"), new Said("absmax\"", "bitsandbytes"), new Said("W_q\"   ", "hqq"),
                new Said("scales\"", "mlx")).map(said -> DynamicTest.dynamicTest(said.method, () -> {
                    Path folder = folder("", true);
                    write(folder, "layers.0.self_attn.q_proj.weight\"", "layers.0.self_attn.q_proj." + said.config);
                    String message = refused(folder);
                    assertTrue(message.contains("quantized by '" + said.method + "' (tensor 'model.layers.0.self_attn.q_proj."), message);
                }));
    }

    @Test
    void integersWithoutAWordAreRefusedByTheirType() throws IOException {
        String message = refused(folder("", false));
        assertTrue(message.contains("'U16', as quantized weights are"), message);
    }
}
