package org.waterspout.model.architecture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/** What a file of a family does not say: one row for each name that a file may give as its architecture. */
final class Families {

    /**
     * @param name              general.architecture in GGUF
     * @param layout            of rotary pairs
     * @param activation        of the feed-forward
     * @param scaledEmbedding   embeddings are multiplied by the root of the width
     * @param windowPeriod      of each this many layers the last sees everything and the others have the window; 0: all have it
     * @param localBase         base of the rotary frequencies of layers with a window, which then are not scaled; 0: as the others
     * @param wideHeadsAtLayers the member with this many layers scales scores by the root of width / heads, not of the head's width
     * @param dividedLogits     the file's logit scale divides
     */
    record Row(String name, RopeLayout layout, Activation activation, boolean scaledEmbedding, int windowPeriod, double localBase,
            int wideHeadsAtLayers, boolean dividedLogits) {
    }

    private static final Map<String, Row> ROWS = new LinkedHashMap<>();

    static {
        List.of(
                // Llama, SmolLM2, TinyLlama, Mistral: the converter has permuted q and k from halves to neighbours
                new Row("llama", RopeLayout.INTERLEAVED, Activation.SILU, false, 0, 0, 0, false),
                new Row("granite", RopeLayout.INTERLEAVED, Activation.SILU, false, 0, 0, 0, true),
                new Row("qwen2", RopeLayout.HALVES, Activation.SILU, false, 0, 0, 0, false),
                new Row("qwen3", RopeLayout.HALVES, Activation.SILU, false, 0, 0, 0, false),
                new Row("gemma2", RopeLayout.HALVES, Activation.GELU_TANH, true, 2, 0, 46, false),
                new Row("gemma3", RopeLayout.HALVES, Activation.GELU_TANH, true, 6, 10_000, 62, false),
                new Row("phi3", RopeLayout.HALVES, Activation.SILU, false, 0, 0, 0, false),
                new Row("gpt2", RopeLayout.HALVES, Activation.GELU_TANH, false, 0, 0, 0, false))
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
