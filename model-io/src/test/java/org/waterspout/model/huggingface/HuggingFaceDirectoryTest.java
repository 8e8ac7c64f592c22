package org.waterspout.model.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.ModelFiles;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Architecture;

/** Folders that Transformers saved (src/test/python/record_huggingface.py). */
class HuggingFaceDirectoryTest {

    /** Names of llama.cpp for which the canonical form has others. */
    private static final Map<String, String> OTHER_NAMES = Map.of("enc.blk.#.attn_rel_b.weight", "enc.blk.#.attn_rel_b.weight",
            "position_types.weight", "token_types.weight");

    static Path fixture(String name) {
        try {
            return Path.of(HuggingFaceDirectoryTest.class.getResource(name).toURI());
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
                        String name = one.getValue().path("gguf").textValue();
                        assertEquals(OTHER_NAMES.getOrDefault(name, name), canonicalInGguf(found), one.getKey());
                    }
                }
                assertEquals(Set.of(), rest.keySet());
            }
        }));
    }

    /** llama.cpp calls these otherwise; its name map also puts both halves of a gated feed-forward under one name. */
    private static String canonicalInGguf(String name) {
        return name;
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
            try (ModelFile file = ModelFiles.open(folder)) {
                Architecture architecture = Architecture.of(file);
                System.out.println(folder.getFileName() + " " + architecture + " " + file.metadata().values());
            }
        }));
    }
}
