package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.Rotary;

/** What is read from a file's keys and tensors, and what a file that contradicts itself gets. */
class ArchitectureTest {

    @Test
    void eachFamilyIsDescribed() {
        Architecture gemma = read("gemma3");
        assertEquals(List.of(9, 9, 9, 9, 9, 0, 9), layers(gemma).stream().map(layer -> attention(layer).window()).toList());
        Rotary local = attention(layers(gemma).get(0)).rotary().orElseThrow();
        Rotary global = attention(layers(gemma).get(5)).rotary().orElseThrow();
        assertEquals(10_000, local.base());
        assertEquals(new Rotary.None(), local.scaling());
        assertEquals(1_000_000, global.base());
        assertEquals(new Rotary.Linear(8), global.scaling());
        assertTrue(layers(gemma).getFirst().norms().mixer().after().isPresent());
        assertTrue(attention(layers(gemma).getFirst()).headNorm().isPresent());
        assertEquals(Math.sqrt(32), ((Architecture.Tokens) gemma.main().input()).scale(), 1e-6);
        Architecture gpt2 = read("gpt2");
        assertEquals(new Architecture.Learned(64), gpt2.main().input().positions());
        assertEquals(NormKind.LAYER, gpt2.main().norm().orElseThrow().kind());
        assertTrue(attention(layers(gpt2).getFirst()).packed());
        assertFalse(layers(gpt2).getFirst().feedForward().gated());
        assertTrue(attention(layers(gpt2).getFirst()).rotary().isEmpty());
        Architecture phi3 = read("phi3-longrope");
        assertEquals(18, attention(layers(phi3).getFirst()).rotary().orElseThrow().rotatedWidth());
        assertTrue(layers(phi3).getFirst().feedForward().packed());
        assertFalse(read("llama").output().orElseThrow().tied());
        assertTrue(read("llama-tied-bias").output().orElseThrow().tied());
        assertTrue(attention(layers(read("llama-tied-bias")).getFirst()).outputBias());
        assertEquals(0.4f, layers(read("granite")).getFirst().residualScale());
        assertEquals(1 / 2.5f, read("granite").output().orElseThrow().scale());
    }

    @Test
    void eachEncoderIsDescribed() {
        Architecture bert = encoder("bert-tokens");
        assertTrue(bert.decoder().isEmpty() && bert.output().isEmpty());
        assertEquals(2, ((Architecture.Tokens) bert.main().input()).types());
        assertTrue(layers(bert).getFirst().norms().mixer().sum().isPresent());
        assertTrue(layers(bert).getFirst().norms().mixer().before().isEmpty());
        assertEquals(Architecture.Task.TOKENS, bert.head().orElseThrow().task());
        assertEquals(List.of("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), bert.head().orElseThrow().labels());
        assertTrue(encoder("bert").head().orElseThrow().labels().isEmpty());
        assertTrue(encoder("distilbert").head().isEmpty());
        assertEquals(new Architecture.Relative(32, 128), attention(layers(encoder("mpnet")).get(1)).relative().orElseThrow());
        List<Architecture.Layer> modern = layers(encoder("modern-bert"));
        assertEquals(List.of(0, 5, 5, 0), modern.stream().map(layer -> attention(layer).window()).toList());
        assertEquals(160_000, attention(modern.get(0)).rotary().orElseThrow().base());
        assertEquals(500, attention(modern.get(1)).rotary().orElseThrow().base());
        assertTrue(modern.get(0).norms().mixer().before().isEmpty() && modern.get(1).norms().mixer().before().isPresent());
        assertTrue(modern.getFirst().feedForward().packed());
        assertEquals(18, ((Architecture.Patches) encoder("deit-distilled").main().input()).rows());
        assertTrue(encoder("deit-distilled").head().orElseThrow().distilled());
    }

    private static Architecture encoder(String name) {
        try (EncoderModel model = EncoderModel.open(name)) {
            return model.architecture();
        }
    }

    @Test
    void theFilesOwnPatternOfWindowsComesFirst() {
        try (FamilyModel model = FamilyModel.open("gemma2")) {
            ChangedFile file = ChangedFile.of(model.file());
            String key = "gemma2.attention.sliding_window_pattern";
            assertEquals(List.of(9, 0, 9), windows(file));
            assertEquals(List.of(9, 9, 0), windows(file.key(key, 3L)));
            assertEquals(List.of(0, 9, 0), windows(file.key(key, List.of(false, true, false))));
            assertEquals(List.of(0, 0, 0), windows(file.key("gemma2.attention.sliding_window", 0L)));
        }
    }

    private static List<Integer> windows(ModelFile file) {
        return layers(Architecture.of(file)).stream().map(layer -> attention(layer).window()).toList();
    }

    private static List<Architecture.Layer> layers(Architecture architecture) {
        return architecture.main().layers();
    }

    private static Architecture.Attention attention(Architecture.Layer layer) {
        return (Architecture.Attention) layer.mixer();
    }

    @Test
    void anUnknownArchitectureListsTheKnownOnes() {
        String message = refused("llama", file -> file.key("general.architecture", "mamba"), UnsupportedModelException.class);
        assertEquals("the architecture 'mamba' is not supported; supported are llama, granite, qwen2, qwen3, gemma2, gemma3, phi3, gpt2, "
                        + "bert, roberta, distilbert, mpnet, modern-bert, nomic-bert, vit, transformer, marian, t5, bart, m2m100, pegasus",
                message);
    }

    @Test
    void whatIsNotBuiltIsRefused() {
        refused("llama", file -> file.key("llama.expert_count", 8L), UnsupportedModelException.class);
        refused("llama", file -> file.key("llama.attention.causal", false), InvalidRequestException.class);
        refused("llama", file -> file.key("llama.rope.scaling.type", "ntk"), UnsupportedModelException.class);
        refused("llama", file -> file.key("llama.rope.scaling.type", "dynamic").key("llama.rope.dimension_count", 2L),
                ModelFormatException.class);
        refused("llama", file -> file.key("llama.attention.value_length", 7L), UnsupportedModelException.class);
        refused("llama", file -> file.key("llama.attention.head_count_kv", List.of(2L, 1L, 2L)), UnsupportedModelException.class);
        refused("qwen2", file -> file.without("blk.1.attn_q.bias"), UnsupportedModelException.class);
        assertEquals("tensor blk.2.attn_extra.bias has no place in this architecture as it is supported",
                refused("llama", file -> file.tensor("blk.2.attn_extra.bias", 0, 72), UnsupportedModelException.class));
    }

    @Test
    void shapesThatDisagreeWithTheKeysAreNamedWithBothShapes() {
        assertEquals("tensor blk.1.ffn_up.weight has shape [72, 40], but the metadata asks for [72, 48]",
                refused("llama", file -> file.tensor("blk.1.ffn_up.weight", 72, 40), ModelFormatException.class));
        assertEquals("tensor blk.0.attn_q.weight has shape [48, 48], but the metadata asks for [96, 48]",
                refused("llama", file -> file.key("llama.attention.key_length", 24L).key("llama.attention.value_length", 24L),
                        ModelFormatException.class));
        assertEquals("the model file has no tensor blk.2.ffn_down.weight",
                refused("llama", file -> file.without("blk.2.ffn_down.weight"), ModelFormatException.class));
        assertEquals("the model file has no metadata key llama.block_count",
                refused("llama", file -> file.without("llama.block_count"), ModelFormatException.class));
    }

    @Test
    void aContextLongerThanTheLearnedPositionsIsRefused() {
        try (FamilyModel model = FamilyModel.open("gpt2")) {
            assertEquals("the model has learned 64 positions: use a context length of at most that, not 65",
                    assertThrows(InvalidRequestException.class, () -> model.graph(65)).getMessage());
        }
    }

    /** Every number of every family's keys, set to what no model has, and every key and tensor left out. */
    @TestFactory
    Stream<DynamicTest> aFileThatContradictsItselfIsRefusedInOneLine() {
        List<Object> extremes = List.of(0L, -1L, 1L, 7L, (long) Integer.MAX_VALUE, 1L << 30, Long.MAX_VALUE, Double.NaN, -1.0, 0.0,
                Double.POSITIVE_INFINITY, "text", List.of(), List.of(3L, -3L), true);
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name)) {
                ChangedFile file = ChangedFile.of(model.file());
                List<ChangedFile> all = new ArrayList<>();
                file.metadata().values().keySet().stream().filter(key -> !key.startsWith("expected")).forEach(key -> {
                    extremes.forEach(value -> all.add(file.key(key, value)));
                    all.add(file.without(key));
                });
                file.tensors().keySet().forEach(tensor -> {
                    all.add(file.without(tensor));
                    all.add(file.tensor(tensor, 5, 3));
                });
                for (ChangedFile changed : all) {
                    try {
                        GraphBuilder.build(changed, Architecture.of(changed), 64);
                    } catch (WaterspoutException refused) {
                        assertFalse(refused.getMessage().contains("\n"));
                    }
                }
            }
        }));
    }

    private static Architecture read(String name) {
        try (FamilyModel model = FamilyModel.open(name)) {
            return model.architecture();
        }
    }

    private interface Change {
        ChangedFile apply(ChangedFile file);
    }

    /** The message of what the changed file gets. */
    private static String refused(String name, Change change, Class<? extends WaterspoutException> type) {
        try (FamilyModel model = FamilyModel.open(name)) {
            ChangedFile changed = change.apply(ChangedFile.of(model.file()));
            return assertThrows(type, () -> GraphBuilder.build(changed, Architecture.of(changed), 64)).getMessage();
        }
    }
}
