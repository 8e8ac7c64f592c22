package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Embedder;
import org.waterspout.Embedder.Embedding;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.ModelFiles;

/** Poolings and the layers behind them, by the vectors that sentence-transformers gives: see record_sentences.py. */
@Tag("slow")
class SentencePoolingTest {

    private static final String POOLING = "pooling.json";

    @TestFactory
    Stream<DynamicTest> vectorsAreThoseOfSentenceTransformers(@TempDir Path root) {
        List<JsonNode> cases = SentenceFolder.cases(POOLING);
        return cases.stream().map(one -> DynamicTest.dynamicTest(one.get("name").asText(), () -> {
            SentenceFolder model = SentenceFolder.of(POOLING, one, root.resolve(Integer.toString(cases.indexOf(one))));
            Embedder.Role role = Embedder.Role.valueOf(one.path("as").asText("text").toUpperCase(Locale.ROOT));
            try (Embedder embedder = Embedder.load(model.folder())) {
                List<Embedding> vectors = embedder.embed(model.texts(), role, true);
                for (int i = 0; i < vectors.size(); i++) {
                    assertEquals(embedder.dimensions(), vectors.get(i).vector().length);
                    SentenceSettingsTest.assertClose(model.vector(i), vectors.get(i).vector(), model.texts().get(i));
                }
            }
        }));
    }

    /** Where the prompt is left out of the pooling, that shows; the last row is never the prompt's. */
    @Test
    void thePromptCountsWhereItShould() {
        List<JsonNode> cases = SentenceFolder.cases(POOLING);
        Set<JsonNode> seen = new HashSet<>();
        for (String kind : List.of("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")) {
            seen.add(vectors(cases, kind + " by name"));
            seen.add(vectors(cases, kind + " without the prompt, query"));
        }
        // normalised, a mean and one over the root of the length are the same
        assertEquals(12 - 2, seen.size());
    }

    private static JsonNode vectors(List<JsonNode> cases, String name) {
        return cases.stream().filter(one -> one.get("name").asText().equals(name)).findFirst().orElseThrow().get("vectors");
    }

    /** Of the years before version 2: the encoder and its tokenizer in a folder of their own. */
    @Test
    void theOldLayoutHasItsTokenizerBesideTheEncoder(@TempDir Path root) throws IOException {
        JsonNode plain = SentenceFolder.cases("settings.json").getFirst();
        SentenceFolder model = SentenceFolder.of("settings.json", plain, root.resolve("model"));
        Path inner = Files.createDirectory(model.folder().resolve("0_Transformer"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.move(model.folder().resolve(name), inner.resolve(name));
        }
        SentenceFolder.write(model.folder().resolve("modules.json"), Files.readString(model.folder().resolve("modules.json"))
                .replaceFirst("\"path\": \"\"", "\"path\": \"0_Transformer\""));
        try (Embedder embedder = Embedder.load(model.folder()); ModelFile file = ModelFiles.open(model.folder())) {
            assertEquals(inner, file.textPath().orElseThrow());
            for (int i = 0; i < model.texts().size(); i++) {
                SentenceSettingsTest.assertClose(model.vector(i), embedder.embed(model.texts().get(i)).vector(), model.texts().get(i));
            }
        }
    }

    private record Lie(String file, String content, String told) {
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotBuiltIsRefusedByItsName(@TempDir Path root) {
        String dense = "[{\"path\": \"\", \"type\": \"a.Transformer\"}, {\"path\": \"1_Pooling\", \"type\": \"a.Pooling\"}, "
                + "{\"path\": \"2_Dense\", \"type\": \"a.Dense\"}]";
        return Stream.of(new Lie("modules.json", dense.replace("a.Dense", "a.LSTM"), "'LSTM' is not built"),
                new Lie("1_Pooling/config.json", "{\"pooling_mode\": \"median\"}", "'median' is not built"),
                new Lie("1_Pooling/config.json", "{\"pooling_mode_median_tokens\": true}", "'pooling_mode_median_tokens' is not built"),
                new Lie("2_Dense/config.json", "{\"in_features\": 24, \"out_features\": 17, \"use_residual\": true}", "use_residual"),
                new Lie("2_Dense/config.json", "{\"in_features\": 24, \"out_features\": 17, \"module_input_name\": \"token_embeddings\"}",
                        "'token_embeddings'"),
                new Lie("2_Dense/config.json", "{\"in_features\": 24, \"out_features\": 17, \"activation_function\": \"mine.Tanh\"}",
                        "activation_function"),
                new Lie("2_Dense/config.json", "{\"in_features\": 24, \"out_features\": 18}", "has shape [17"),
                new Lie("2_Dense/config.json", "{\"in_features\": 24, \"out_features\": 17, \"bias\": false}", "linear.bias"),
                new Lie("1_Pooling/config.json", "{\"pooling_mode\": [\"cls\", \"mean\"]}", "takes 24 numbers, but 48 come to it"))
                .map(lie -> DynamicTest.dynamicTest(lie.told, () -> {
                    SentenceFolder model = SentenceFolder.of(POOLING, SentenceFolder.cases(POOLING).getFirst(),
                            Files.createTempDirectory(root, "lie").resolve("model"));
                    SentenceFolder.write(model.folder().resolve("modules.json"), dense);
                    SentenceFolder.write(model.folder().resolve(lie.file), lie.content);
                    String message = assertThrows(WaterspoutException.class, () -> Embedder.load(model.folder())).getMessage();
                    assertTrue(message.contains(lie.told), message);
                    assertEquals(1, message.lines().count());
                }));
    }

    @Test
    void aPromptThatLeavesNoRoomIsRefused(@TempDir Path root) {
        SentenceFolder model = SentenceFolder.of(POOLING, SentenceFolder.cases(POOLING).getFirst(), root.resolve("model"));
        SentenceFolder.write(model.folder().resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"mean\", \"include_prompt\": false}");
        SentenceFolder.write(model.folder().resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"query\": \"the cat sat on the mat. \"}}");
        SentenceFolder.write(model.folder().resolve("sentence_bert_config.json"), "{\"max_seq_length\": 5}");
        try (Embedder embedder = Embedder.load(model.folder())) {
            String message = assertThrows(InvalidRequestException.class,
                    () -> embedder.embed(List.of("dog"), Embedder.Role.QUERY, true)).getMessage();
            assertTrue(message.contains("leaves no room"), message);
        }
    }
}
