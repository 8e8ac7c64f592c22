package org.waterspout.model.architecture;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/** What a file of a family does not say: one row for each name that a file may give as its architecture. */
final class Families {

    /** What a family does that others do not. */
    enum Trait {
        /** A model with one stack attends in both directions. */
        ENCODER,
        /** Embeddings are multiplied by the root of the width. */
        SCALED_EMBEDDING,
        /** The file's logit scale divides. */
        DIVIDED_LOGITS,
        /** Of the layers that a period of windows counts, the first sees everything, not the last. */
        WIDE_FIRST,
        /** Scores are not divided by the root of the head's width. */
        UNSCALED_SCORES,
        /** Where logits come from the embedding table, they are divided by the root of the width. */
        SCALED_TIED_LOGITS,
        /** Scores and logits are capped (50 and 30), and windows are of 4096, where the file does not say: files of the first weeks. */
        CAPPED,
        /** A head judges the mean of the rows where the file does not say. */
        MEAN_HEAD,
        /** The beginning of a text says what to do with it; languages have no tokens. */
        TOLD_BY_PREFIX
    }

    /**
     * @param name              general.architecture in GGUF
     * @param layout            of rotary pairs
     * @param activation        of the feed-forward
     * @param windowPeriod      of each this many layers one sees everything and the others have the window; 0: all have it
     * @param localBase         base of the rotary frequencies of layers with a window, which then are not scaled; 0: as the others
     * @param wideHeadsAtLayers the member with this many layers scales scores by the root of width / heads, not of the head's width
     */
    record Row(String name, RopeLayout layout, Activation activation, int windowPeriod, double localBase, int wideHeadsAtLayers,
            Set<Trait> traits) {

        Row(String name, RopeLayout layout, Activation activation, Trait... traits) {
            this(name, layout, activation, 0, 0, 0, traits.length == 0 ? Set.of() : EnumSet.of(traits[0], traits));
        }

        /**
         * Of a feed-forward with a gate: T5 has one since version 1.1, and with it GELU, as Flan-T5 and mT5 (llama.cpp, t5.cpp; its
         * converter does not write which).
         */
        Activation gatedActivation() {
            return activation == Activation.RELU && name.equals("t5") ? Activation.GELU_TANH : activation;
        }

        /** Of the dense layer in a head. */
        Activation headActivation() {
            return switch (name) {
                case "distilbert" -> Activation.RELU;
                case "modern-bert" -> Activation.GELU_ERF;
                default -> Activation.TANH;
            };
        }

        boolean is(Trait trait) {
            return traits.contains(trait);
        }
    }

    private static final Map<String, Row> ROWS = new LinkedHashMap<>();

    static {
        List.of(
                // Llama, SmolLM2, TinyLlama, Mistral: the converter has permuted q and k from halves to neighbours
                new Row("llama", RopeLayout.INTERLEAVED, Activation.SILU),
                new Row("granite", RopeLayout.INTERLEAVED, Activation.SILU, Trait.DIVIDED_LOGITS),
                new Row("qwen2", RopeLayout.HALVES, Activation.SILU),
                new Row("qwen3", RopeLayout.HALVES, Activation.SILU),
                new Row("gemma2", RopeLayout.HALVES, Activation.GELU_TANH, 2, 0, 46, EnumSet.of(Trait.SCALED_EMBEDDING, Trait.CAPPED)),
                new Row("gemma3", RopeLayout.HALVES, Activation.GELU_TANH, 6, 10_000, 62, EnumSet.of(Trait.SCALED_EMBEDDING)),
                new Row("phi3", RopeLayout.HALVES, Activation.SILU),
                new Row("gpt2", RopeLayout.HALVES, Activation.GELU_TANH),
                new Row("bert", RopeLayout.HALVES, Activation.GELU_ERF, Trait.ENCODER),
                // RoBERTa, XLM-R, CamemBERT
                new Row("roberta", RopeLayout.HALVES, Activation.GELU_ERF, Trait.ENCODER),
                new Row("distilbert", RopeLayout.HALVES, Activation.GELU_ERF, Trait.ENCODER),
                new Row("mpnet", RopeLayout.HALVES, Activation.GELU_ERF, Trait.ENCODER),
                new Row("modern-bert", RopeLayout.HALVES, Activation.GELU_ERF, 3, 10_000, 0,
                EnumSet.of(Trait.ENCODER, Trait.WIDE_FIRST, Trait.MEAN_HEAD)),
                new Row("nomic-bert", RopeLayout.HALVES, Activation.SILU, Trait.ENCODER),
                // ViT, DeiT
                new Row("vit", RopeLayout.HALVES, Activation.GELU_ERF, Trait.ENCODER),
                // "Attention Is All You Need"
                new Row("transformer", RopeLayout.HALVES, Activation.RELU, Trait.SCALED_EMBEDDING),
                // OPUS-MT, Firefox's models
                new Row("marian", RopeLayout.HALVES, Activation.SILU),
                // T5, Flan-T5, mT5
                new Row("t5", RopeLayout.HALVES, Activation.RELU, Trait.UNSCALED_SCORES, Trait.SCALED_TIED_LOGITS, Trait.TOLD_BY_PREFIX),
                // BART, mBART
                new Row("bart", RopeLayout.HALVES, Activation.GELU_ERF),
                // M2M-100, NLLB
                new Row("m2m100", RopeLayout.HALVES, Activation.RELU),
                new Row("pegasus", RopeLayout.HALVES, Activation.RELU))
                .forEach(row -> ROWS.put(row.name(), row));
    }

    private Families() {
    }

    static Row row(String name) {
        Row row = ROWS.get(name);
        if (row == null) {
            throw new UnsupportedModelException("the architecture " + Quoted.of(name) + " is not supported; supported are "
                    + String.join(", ", ROWS.keySet()));
        }
        return row;
    }
}
