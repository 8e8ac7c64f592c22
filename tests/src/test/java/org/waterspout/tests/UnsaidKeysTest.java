package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.Embedder;
import org.waterspout.Reranker;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Rotary;
import org.waterspout.model.gguf.GgufValueType;
import org.waterspout.model.gguf.GgufWriter;
import org.waterspout.model.load.ModelFiles;

/** What llama.cpp's converter leaves unsaid, by recorded models without those keys: the answers must stay. */
class UnsaidKeysTest {

    private static final double LIMIT = 8.5e-6; // 2.9e-6 was seen

    @Test
    void aGateOfT5MeansGelu() {
        try (TranslatorModel model = TranslatorModel.open("t5-gated")) {
            ChangedFile file = ChangedFile.of(model.file()).without("t5.activation").tensor("dec.blk.0.cross_attn_rel_b.weight", 8, 3);
            assertEquals(model.architecture().encoder(), Architecture.of(file).encoder());
            assertEquals(model.architecture().decoder(), Architecture.of(file).decoder());
            TranslatorModel.Recording recording = model.recordings().getFirst();
            assertClose(recording.logits(), logits(file, recording));
        }
        try (TranslatorModel model = TranslatorModel.open("t5")) {
            ChangedFile file = ChangedFile.of(model.file()).without("t5.activation");
            assertEquals(Activation.RELU, Architecture.of(file).main().layers().getFirst().feedForward().activation());
        }
    }

    /** Its logits are divided by the root of the width, which changes scores and samples. */
    @Test
    void anOutputThatIsTheEmbeddingOnceMoreIsTied() {
        try (TranslatorModel model = TranslatorModel.open("t5")) {
            Map<String, Tensor> tensors = new LinkedHashMap<>(model.file().tensors());
            tensors.put("output.weight", tensors.get("token_embd.weight"));
            ChangedFile file = new ChangedFile(model.file(), model.file().metadata(), tensors);
            TranslatorModel.Recording recording = model.recordings().getFirst();
            assertClose(recording.logits(), logits(file, recording));
        }
    }

    /** As llama.cpp writes cross-encoders: pooling type 4, which is a score by the head and no vector. */
    @Test
    void aFileThatRanksGivesScoresAndNoVectors(@TempDir Path folder) throws IOException {
        TaskModel model = TaskModel.of("reranker");
        Path ranking = folder.resolve("ranking.gguf");
        try (ModelFile file = ModelFiles.open(model.folder())) {
            GgufWriter writer = new GgufWriter();
            file.metadata().values().forEach((key, value) -> {
                switch (value) {
                    case String text -> writer.put(key, GgufValueType.STRING, text);
                    case Boolean flag -> writer.put(key, GgufValueType.BOOL, flag);
                    case Long number -> writer.put(key, GgufValueType.UINT32, number);
                    case Double number -> writer.put(key, GgufValueType.FLOAT64, number);
                    default -> { } // names of labels
                }
            });
            writer.put("bert.pooling_type", GgufValueType.UINT32, 4L);
            file.tensors().values().forEach(writer::tensor);
            writer.write(ranking);
        }
        Files.copy(model.folder().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        String query = model.expected().get("query").asText();
        try (Reranker expected = Reranker.load(model.folder()); Reranker found = Reranker.load(ranking)) {
            assertEquals(expected.rank(query, model.texts()), found.rank(query, model.texts()));
        }
        String message = assertThrows(InvalidRequestException.class, () -> Embedder.load(ranking)).getMessage();
        assertTrue(message.contains("use rerank"), message);
    }

    private static float[] logits(ChangedFile file, TranslatorModel.Recording recording) {
        float[] logits = new float[recording.logits().length];
        try (Backend backend = new ReferenceBackend(); Plan plan = backend.prepare(
                GraphBuilder.encoderDecoder(file, Architecture.of(file), 32, 32), new PlanOptions(32, 1, 32, false).withSources(1, 32))) {
            plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
            plan.step(Batch.of(recording.decoderTokens(), 0, true), logits);
        }
        return logits;
    }

    @Test
    void headsHaveTheirFamilysActivation() {
        for (String name : List.of("bert-sequence", "roberta-sequence", "distilbert-sequence", "modern-bert-sequence")) {
            try (EncoderModel model = EncoderModel.open(name)) {
                String family = model.architecture().family();
                ChangedFile file = ChangedFile.of(model.file()).without(family + ".classifier.activation")
                        .without(family + ".classifier.task");
                assertEquals(model.architecture(), Architecture.of(file), name);
                ChangedFile written = file.without("general.architecture");
                Map<String, Object> asBert = new LinkedHashMap<>(written.metadata().values());
                asBert.put("general.architecture", "bert");
                file.metadata().values().forEach((key, value) -> {
                    if (key.startsWith(family + ".")) {
                        asBert.put("bert." + key.substring(family.length() + 1), value);
                    }
                });
                if (!family.equals("modern-bert")) {
                    ChangedFile bert = new ChangedFile(file, new Metadata(asBert), file.tensors());
                    assertEquals(model.architecture().head(), Architecture.of(bert).head(), name + " as llama.cpp writes it");
                }
            }
        }
        try (EncoderModel model = EncoderModel.open("modern-bert-mean")) {
            ChangedFile file = ChangedFile.of(model.file()).without("modern-bert.classifier.pooling_type");
            assertEquals(model.architecture().head(), Architecture.of(file).head());
            assertEquals(Activation.SILU, Architecture.of(file.key("modern-bert.hidden_activation", "silu")).main().layers().getFirst()
                    .feedForward().activation());
        }
    }

    @Test
    void earlyFilesOfGemma2AreCapped() {
        try (FamilyModel model = FamilyModel.open("gemma2")) {
            Architecture read = Architecture.of(ChangedFile.of(model.file()).without("gemma2.attn_logit_softcapping")
                    .without("gemma2.final_logit_softcapping").without("gemma2.attention.sliding_window"));
            Architecture.Attention first = (Architecture.Attention) read.main().layers().getFirst().mixer();
            assertEquals(50, first.softCap());
            assertEquals(4096, first.window());
            assertEquals(30, read.output().orElseThrow().softCap());
        }
    }

    @Test
    void rotaryScalingsAreTakenTogetherOrRefused() {
        try (FamilyModel model = FamilyModel.open("llama-llama3")) {
            ChangedFile file = ChangedFile.of(model.file());
            double[] plain = rotary(file).angles(64).frequencies();
            double[] halved = rotary(file.key("llama.rope.scaling.type", "linear").key("llama.rope.scaling.factor", 2.0)).angles(64)
                    .frequencies();
            assertTrue(Math.abs(plain[1] / halved[1] - 2) < 1e-6);
            assertThrows(UnsupportedModelException.class, () -> rotary(file.key("llama.rope.scaling.type", "yarn")));
            assertThrows(UnsupportedModelException.class, () -> rotary(file.key("llama.attention.clamp_kqv", 8.0)));
            assertThrows(UnsupportedModelException.class, () -> rotary(file.key("llama.use_parallel_residual", true)));
        }
        try (FamilyModel model = FamilyModel.open("llama-yarn")) {
            ChangedFile file = ChangedFile.of(model.file());
            assertEquals(0.1 * Math.log(4) + 1, rotary(file).angles(64).magnitude(), 1e-9);
            assertEquals(1.5, rotary(file.key("llama.rope.scaling.yarn_attn_factor", 1.5)).angles(64).magnitude(), 1e-9);
        }
    }

    private static Rotary rotary(ChangedFile file) {
        return ((Architecture.Attention) Architecture.of(file).main().layers().getFirst().mixer()).rotary().orElseThrow();
    }

    private static void assertClose(float[] expected, float[] actual) {
        assertArrayEquals(expected, actual, (float) LIMIT);
    }
}
