package org.waterspout.model.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.hub.ModelStore;

/** Loader, finder and list agree on what a model is: folders and files of every format, put together as people keep them. */
class ModelFilesTest {

    /** What is in the folder by path: the name of a fixture, or a few letters. */
    private static final Map<String, String> FILES = Map.ofEntries(
            Map.entry("firefox-xxyy/model.xxyy.bin", "marian/model.xxyy.bin"),
            Map.entry("firefox-xxyy/lex.xxyy.bin", "marian/lex.xxyy.bin"),
            Map.entry("firefox-xxyy/config.yml", "marian/config.yml"),
            Map.entry("two/model.xxyy.bin", "marian/model.xxyy.bin"),
            Map.entry("two/model.yyxx.bin", "marian/model.xxyy.bin"),
            Map.entry("owner/bert/config.json", "huggingface/models/bert/config.json"),
            Map.entry("owner/bert/model.safetensors", "huggingface/models/bert/model.safetensors"),
            Map.entry("owner/bert/quantized.gguf", "gguf/from-python.gguf"),
            Map.entry("old/0_Transformer/config.json", "huggingface/models/bert/config.json"),
            Map.entry("old/0_Transformer/model.safetensors", "huggingface/models/bert/model.safetensors"),
            Map.entry("old/modules.json", "[{\"idx\": 0, \"path\": \"0_Transformer\", \"type\":"
            + " \"sentence_transformers.models.Transformer\"}]"), Map.entry(
            "exported/onnx/model.onnx", "onnx/models/bert-14-eager/bert-14-eager.onnx"),
            Map.entry("exported/onnx/model_other.onnx", "onnx/models/bert-14-eager/bert-14-eager.onnx"),
            Map.entry("exported/config.json", "{}"),
            Map.entry("exported/tokenizer.json", "{}"),
            Map.entry("mine/small.onnx", "onnx/models/bert-14-eager/bert-14-eager.onnx"),
            Map.entry("loose.onnx", "onnx/models/bert-14-eager/bert-14-eager.onnx"),
            Map.entry("model.xxyy.bin", "marian/model.xxyy.bin"),
            Map.entry("big-00001-of-00002.gguf", "gguf/from-python.gguf"),
            Map.entry("big-00002-of-00002.gguf", "gguf/from-python.gguf"),
            Map.entry("without-an-ending", "gguf/from-python.gguf"),
            Map.entry("pickled/config.json", "{}"),
            Map.entry("pickled/pytorch_model.bin", "PK\3\4"),
            Map.entry("weights-alone/model.safetensors", "huggingface/models/bert/model.safetensors"),
            Map.entry("notes.txt", "text"),
            Map.entry("half.gguf", "text"),
            Map.entry("loading.gguf.part", "gguf/from-python.gguf"),
            Map.entry("firefox-yyxx.part/model.xxyy.bin", "marian/model.xxyy.bin"),
            Map.entry(".cache/a.gguf", "gguf/from-python.gguf"));

    private static final List<String> LISTED = List.of("big-00001-of-00002.gguf", "exported", "exported/onnx/model_other.onnx",
            "firefox-xxyy", "loose.onnx", "mine", "model.xxyy.bin", "old", "owner/bert", "owner/bert/quantized.gguf", "two/model.xxyy.bin",
            "two/model.yyxx.bin", "without-an-ending");

    @TempDir
    Path root;

    @BeforeEach
    void putTogether() throws IOException, URISyntaxException {
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            if (file.getValue().matches("(marian|huggingface|onnx|gguf)/.*")) {
                Files.copy(Path.of(ModelFilesTest.class.getResource("/org/waterspout/model/" + file.getValue()).toURI()), path);
            } else {
                Files.writeString(path, file.getValue());
            }
        }
    }

    private ModelStore store() {
        return new ModelStore(root.resolve("none"), List.of(root));
    }

    @Test
    void everyModelIsListedOnce() {
        assertEquals(LISTED, store().list().stream().map(path -> root.relativize(path).toString().replace('\\', '/')).toList());
    }

    @Test
    void whatIsListedIsOpenedAndNothingElseIs() throws IOException {
        List<Path> listed = store().list();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.toList()) {
                if (ModelFiles.isModel(path)) {
                    ModelFiles.open(path).close();
                } else {
                    assertFalse(listed.contains(path), path.toString());
                    assertThrows(WaterspoutException.class, () -> ModelFiles.open(path), path.toString());
                }
            }
        }
        assertTrue(listed.stream().allMatch(ModelFiles::isModel));
    }

    @Test
    void everyModelIsFoundByItsFoldersNameOrItsFiles() {
        Map.of("firefox-xxyy", "firefox-xxyy", "bert", "owner/bert", "owner/bert", "owner/bert", "old", "old", "exported", "exported",
                "mine", "mine", "small", "mine", "loose", "loose.onnx", "quantized", "owner/bert/quantized.gguf", "WITHOUT-an-ending",
                "without-an-ending").forEach((name, path) -> assertEquals(root.resolve(path), store().find(name), name));
        assertThrows(ModelNotFoundException.class, () -> store().find("pickled"));
        assertThrows(ModelNotFoundException.class, () -> store().find("weights-alone"));
    }

    @Test
    void aFolderThatIsNoModelSaysWhatItLacks() {
        Map.of("two", "has the models model.xxyy.bin, model.yyxx.bin", "weights-alone/model.safetensors", "config.json", ".cache",
                "name the model file", "pickled/pytorch_model.bin", "pickled by Python").forEach((path, why) -> {
                    WaterspoutException refused = assertThrows(WaterspoutException.class, () -> ModelFiles.open(root.resolve(path)), path);
                    assertTrue(refused.getMessage().contains(why), refused.getMessage());
                });
        assertThrows(InvalidRequestException.class, () -> ModelFiles.open(root.resolve("two")));
        assertFalse(ModelFiles.isModel(root.resolve("missing")));
    }

    @Test
    void aFolderThatIsSearchedAndIsAModelIsFound() {
        assertEquals(List.of(root.resolve("owner/bert"), root.resolve("owner/bert/quantized.gguf")),
                List.copyOf(ModelFiles.in(root.resolve("owner/bert"), 4).keySet()));
    }
}
