package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.graph.Fusion;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Op;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;

/** The graphs of the families: printed and compared with golden texts, and fused without changing a bit of what they compute. */
class GraphsTest {

    /** {@code -Dgolden.record=FOLDER}: writes the texts there instead of comparing; look at the difference before keeping it. */
    private static final String RECORD = System.getProperty("golden.record");

    private static final Set<FusionKind> ALL = EnumSet.allOf(FusionKind.class);

    @TestFactory
    Stream<DynamicTest> aPlainGraphIsPrintedAsBefore() {
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name)) {
                compare(name, model.graph(64).print());
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> anEncodersPlainGraphIsPrintedAsBefore() {
        return Stream.of("bert-sequence", "roberta", "distilbert-span", "mpnet", "modern-bert-mean", "nomic-bert-tokens", "vit-sequence",
                "deit-distilled").map(name -> DynamicTest.dynamicTest(name, () -> {
                    try (EncoderModel model = EncoderModel.open(name)) {
                        compare(name, GraphBuilder.of(model.file(), model.architecture(), model.architecture().contextLength()).print());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> anEncoderDecodersPlainGraphIsPrintedAsBefore() {
        return TranslatorModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (TranslatorModel model = TranslatorModel.open(name)) {
                compare("translator-" + name, model.graph(32, 40).print());
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> noFusionChangesAnEncoderDecodersLogits() {
        return TranslatorModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (TranslatorModel model = TranslatorModel.open(name)) {
                Graph plain = model.graph(32, 40);
                Graph fused = Fusion.apply(plain, ALL);
                assertTrue(kinds(fused).size() > 1 && kinds(fused.encoder().orElseThrow()).size() > 1, fused.print());
                TranslatorModel.Recording recording = model.recordings().getFirst();
                assertArrayEquals(logits(plain, recording), logits(fused, recording));
            }
        }));
    }

    private static float[] logits(Graph graph, TranslatorModel.Recording recording) {
        float[] logits = new float[recording.logits().length];
        try (Plan plan = new ReferenceBackend().prepare(graph, new PlanOptions(32, 1, 40, true).withSources(1, 40))) {
            plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
            plan.step(Batch.of(recording.decoderTokens(), 0, true), logits);
        }
        return logits;
    }

    @TestFactory
    Stream<DynamicTest> aFusedGraphIsPrintedAsBefore() {
        return Stream.of("llama", "gemma2", "gpt2").map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name)) {
                compare(name + "-fused", Fusion.apply(model.graph(64), ALL).print());
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> everySetOfFusionsLeavesTheLogitsAsTheyAre() {
        List<Set<FusionKind>> sets = Stream.concat(Stream.of(ALL, EnumSet.of(FusionKind.GATED, FusionKind.MATMULS)),
                ALL.stream().map(EnumSet::of)).toList();
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name)) {
                Graph plain = model.graph(64);
                int[] tokens = model.expected().getFirst().tokens();
                float[] expected = logits(plain, tokens);
                for (Set<FusionKind> kinds : sets) {
                    Graph fused = Fusion.apply(plain, kinds);
                    assertTrue(kinds.containsAll(kinds(fused)), () -> "asked for " + kinds + ": " + fused.print());
                    assertArrayEquals(expected, logits(fused, tokens), kinds.toString());
                }
            }
        }));
    }

    @Test
    void eachFusionHappensInSomeFamily() {
        Set<FusionKind> seen = EnumSet.noneOf(FusionKind.class);
        for (FusionKind kind : FusionKind.values()) {
            for (String name : FamilyModel.names()) {
                try (FamilyModel model = FamilyModel.open(name)) {
                    seen.addAll(kinds(Fusion.apply(model.graph(64), EnumSet.of(kind))));
                }
            }
        }
        // recurrent units are the next test's
        assertEquals(EnumSet.complementOf(EnumSet.of(FusionKind.RECURRENCE_ADD)), seen);
    }

    @Test
    void recurrentUnitsOfTranslatorsAreFused() {
        RecordedFirefoxModel model = RecordedFirefoxModel.find("enpt").orElse(null);
        assumeTrue(model != null, RecordedFirefoxModel.missing("enpt"));
        try (ModelFile file = ModelFiles.open(model.folder())) {
            Graph plain = GraphBuilder.encoderDecoder(file, Architecture.of(file), 64, 64);
            Graph fused = Fusion.apply(plain, EnumSet.of(FusionKind.RECURRENCE_ADD));
            assertEquals(plain.layers().size(), fused.ops().filter(Op.Fused.class::isInstance).count(), fused::print);
        }
    }

    private static Set<FusionKind> kinds(Graph graph) {
        return graph.ops().filter(Op.Fused.class::isInstance).map(op -> ((Op.Fused) op).kind())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(FusionKind.class)));
    }

    private static float[] logits(Graph graph, int[] tokens) {
        float[] logits = new float[tokens.length * graph.output().width()];
        try (Plan plan = new ReferenceBackend().prepare(graph, new PlanOptions(64, 1, tokens.length, true))) {
            plan.step(Batch.of(tokens, 0, true), logits);
        }
        return logits;
    }

    private static void compare(String name, String printed) throws IOException {
        if (RECORD != null) {
            Files.writeString(Path.of(RECORD, name + ".txt"), printed);
            return;
        }
        try (var golden = GraphsTest.class.getResourceAsStream("/graphs/" + name + ".txt")) {
            assertEquals(new String(golden.readAllBytes(), StandardCharsets.UTF_8), printed);
        }
    }
}
