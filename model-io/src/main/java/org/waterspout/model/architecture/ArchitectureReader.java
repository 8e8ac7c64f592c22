package org.waterspout.model.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;

/** Derives an {@link Architecture} from a file with GGUF's keys and tensor names (llama.cpp, gguf-py/gguf/constants.py). */
final class ArchitectureReader {

    /** A width above this is a corrupt file's, and products of widths below it fit an int. */
    private static final int MOST_WIDTH = 1 << 24;

    private final ModelFile file;
    private final Metadata metadata;
    private final Families.Row row;
    private final int width;
    private final int layerCount;
    private final int heads;
    private final int headWidth;

    ArchitectureReader(ModelFile file) {
        this.file = file;
        metadata = file.metadata();
        row = Families.row(metadata.string("general.architecture"));
        width = positive("embedding_length");
        layerCount = positive("block_count");
        heads = same("attention.head_count", Optional.empty());
        headWidth = metadata.has(key("attention.key_length")) ? positive("attention.key_length") : evenHeads();
        if (layerCount > file.tensors().size()) {
            throw new ModelFormatException("metadata key " + key("block_count") + " is " + layerCount + ", but the file has only "
                    + file.tensors().size() + " tensors");
        }
        if ((long) heads * headWidth > MOST_WIDTH) {
            throw new ModelFormatException(heads + " heads of " + headWidth + " are wider than any model: " + key("attention.head_count"));
        }
        refuse("attention.value_length", headWidth);
        refuse("expert_count", 0);
        if (!metadata.flagOr(key("attention.causal"), true)) {
            throw new UnsupportedModelException(key("attention.causal") + " is false: encoders are not supported");
        }
    }

    Architecture read() {
        int contextLength = positive("context_length");
        Tensor embedding = tensor("token_embd.weight");
        int learned = has("position_embd.weight") ? tensor("position_embd.weight").rows() : 0;
        if (learned > 0 && learned < contextLength) {
            throw new ModelFormatException("tensor position_embd.weight has " + learned + " positions, but "
                    + key("context_length") + " is " + contextLength);
        }
        List<Architecture.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            layers.add(layer(layer, learned > 0));
            if (!form(layers.get(layer)).equals(form(layers.getFirst()))) {
                throw new UnsupportedModelException("layers of different forms are not supported: layer " + layer
                        + " has other norms, biases or packing than layer 0");
            }
        }
        float embeddingScale = row.scaledEmbedding() ? (float) Math.sqrt(width) : 1;
        return new Architecture(row.name(), width, embedding.rows(), contextLength, finite("embedding_scale", embeddingScale),
                learned, layers, output());
    }

    private Architecture.Output output() {
        float scale = finite("logit_scale", 1);
        boolean tied = !has("output.weight");
        return new Architecture.Output(norm("output_norm"), tied, has("output.bias"), row.dividedLogits() ? 1 / scale : scale,
                cap("final_logit_softcapping"));
    }

    private Architecture.Layer layer(int layer, boolean learnedPositions) {
        String block = "blk." + layer + ".";
        Architecture.Norms norms = new Architecture.Norms(optionalNorm(block + "attn_norm"),
                optionalNorm(block + "post_attention_norm"), optionalNorm(block + "ffn_norm"), optionalNorm(block + "post_ffw_norm"));
        return new Architecture.Layer(attention(layer, block, learnedPositions), feedForward(block), norms,
                finite("residual_scale", 1));
    }

    /** The layer without what may differ from layer to layer: its window and its angles. */
    private static Architecture.Layer form(Architecture.Layer layer) {
        Architecture.Attention mixer = layer.mixer();
        return new Architecture.Layer(new Architecture.Attention(mixer.heads(), mixer.kvHeads(), mixer.headWidth(), mixer.scale(), 0,
                mixer.softCap(), Optional.empty(), mixer.headNorm(), mixer.packed(), mixer.inputBias(), mixer.outputBias()),
                layer.feedForward(), layer.norms(), layer.residualScale());
    }

    private Architecture.Attention attention(int layer, String block, boolean learnedPositions) {
        int kvHeads = same("attention.head_count_kv", Optional.of(heads));
        if (heads % kvHeads != 0) {
            throw new ModelFormatException(key("attention.head_count") + " is " + heads + ", no multiple of the "
                    + kvHeads + " of " + key("attention.head_count_kv"));
        }
        boolean local = windowed(layer);
        boolean packed = has(block + "attn_qkv.weight");
        Optional<Architecture.Norm> headNorm = optionalNorm(block + "attn_q_norm");
        return new Architecture.Attention(heads, kvHeads, headWidth, attentionScale(),
                local ? metadata.integer(key("attention.sliding_window")) : 0, cap("attn_logit_softcapping"),
                learnedPositions ? Optional.empty() : Optional.of(rotary(local)), headNorm, packed,
                has(block + (packed ? "attn_qkv.bias" : "attn_q.bias")), has(block + "attn_output.bias"));
    }

    private float attentionScale() {
        double scaleWidth = layerCount == row.wideHeadsAtLayers() ? (double) width / heads : headWidth;
        float scale = finite("attention.scale", 0);
        return scale != 0 ? scale : (float) (1 / Math.sqrt(scaleWidth));
    }

    /** Whether the layer has a sliding window: by the file's flag for each layer, by the file's period, or by the family's. */
    private boolean windowed(int layer) {
        int window = metadata.integerOr(key("attention.sliding_window"), 0);
        if (window < 0) {
            throw new ModelFormatException("metadata key " + key("attention.sliding_window") + " is " + window);
        }
        String patternKey = key("attention.sliding_window_pattern");
        if (window == 0) {
            return false;
        }
        if (metadata.values().get(patternKey) instanceof List<?>) {
            List<Boolean> flags = metadata.list(patternKey, Boolean.class);
            if (flags.size() < layerCount) {
                throw new ModelFormatException("metadata key " + patternKey + " has " + flags.size() + " values for " + layerCount
                        + " layers");
            }
            return flags.get(layer);
        }
        int period = metadata.integerOr(patternKey, row.windowPeriod());
        return period <= 0 || layer % period < period - 1;
    }

    private Rotary rotary(boolean local) {
        int rotated = metadata.integerOr(key("rope.dimension_count"), headWidth);
        if (rotated <= 0 || rotated > headWidth || rotated % 2 != 0) {
            throw new ModelFormatException("metadata key " + key("rope.dimension_count") + " is " + rotated
                    + ", not an even part of a head of " + headWidth);
        }
        double base = above0("rope.freq_base", 10_000);
        if (local && row.localBase() != 0) {
            return new Rotary(rotated, row.layout(), above0("rope.freq_base_swa", row.localBase()), new Rotary.None());
        }
        return new Rotary(rotated, row.layout(), base, scaling(rotated));
    }

    private Rotary.Scaling scaling(int rotated) {
        String type = metadata.optionalString(key("rope.scaling.type")).orElse("linear");
        double factor = finite("rope.scaling.factor", finite("rope.scale_linear", 1));
        double magnitude = finite("rope.scaling.attn_factor", 1);
        int original = metadata.integerOr(key("rope.scaling.original_context_length"), metadata.integer(key("context_length")));
        if (factor <= 0 || original <= 0) {
            throw new ModelFormatException("the rotary scaling's factor is " + factor + ", its original context " + original);
        }
        if (has("rope_factors_long.weight") || has("rope_factors_short.weight")) {
            return new Rotary.LongShort(divisors("rope_factors_short.weight", rotated),
                    divisors("rope_factors_long.weight", rotated), original, magnitude);
        }
        if (has("rope_freqs.weight")) {
            return new Rotary.Divided(divisors("rope_freqs.weight", rotated));
        }
        return switch (type) {
            case "none" -> new Rotary.None(); // even where there is a factor
            case "linear" -> factor == 1 ? new Rotary.None() : new Rotary.Linear(factor);
            case "yarn" -> new Rotary.Yarn(factor, original, above0("rope.scaling.yarn_beta_fast", 32),
                    above0("rope.scaling.yarn_beta_slow", 1),
                    magnitude * finite("rope.scaling.yarn_attn_factor", 1) * (1 + 0.1 * Math.log(factor)));
            default -> throw new UnsupportedModelException("the rotary scaling " + type
                    + " is not supported; supported are none, linear, yarn, and those stored as tensors (Llama 3, LongRoPE)");
        };
    }

    private List<Float> divisors(String name, int rotated) {
        Tensor tensor = tensor(name);
        if (tensor.count() != rotated / 2) {
            throw new ModelFormatException("tensor " + name + " has shape " + tensor.shape() + ", expected [" + rotated / 2 + "]");
        }
        List<Float> divisors = new ArrayList<>();
        for (float divisor : tensor.decode()) {
            if (!(divisor > 0) || Float.isInfinite(divisor)) {
                throw new ModelFormatException("tensor " + name + " holds " + divisor + ", no divisor of a frequency");
            }
            divisors.add(divisor);
        }
        return divisors;
    }

    private Architecture.FeedForward feedForward(String block) {
        int inner = same("feed_forward_length", Optional.empty());
        if (inner > MOST_WIDTH) {
            throw new ModelFormatException("metadata key " + key("feed_forward_length") + " is " + inner);
        }
        boolean gate = has(block + "ffn_gate.weight");
        boolean packed = !gate && has(block + "ffn_up.weight") && tensor(block + "ffn_up.weight").rows() == 2L * inner;
        return new Architecture.FeedForward(inner, row.activation(), gate || packed, packed, has(block + "ffn_down.bias"));
    }

    private Optional<Architecture.Norm> optionalNorm(String name) {
        return has(name + ".weight") ? Optional.of(norm(name)) : Optional.empty();
    }

    /** A file names the epsilon of the kind of norm it uses. */
    private Architecture.Norm norm(String name) {
        boolean rms = metadata.has(key("attention.layer_norm_rms_epsilon"));
        float epsilon = metadata.number(key(rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"));
        if (!(epsilon >= 0)) {
            throw new ModelFormatException("the epsilon of the norms is " + epsilon);
        }
        return new Architecture.Norm(rms ? NormKind.RMS : NormKind.LAYER, has(name + ".bias"), epsilon);
    }

    private int evenHeads() {
        if (width % heads != 0) {
            throw new ModelFormatException(key("embedding_length") + " is " + width + ", no multiple of the " + heads + " heads");
        }
        return width / heads;
    }

    private float cap(String suffix) {
        float cap = finite(suffix, 0);
        if (cap < 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + cap);
        }
        return cap;
    }

    private double above0(String suffix, double fallback) {
        float value = finite(suffix, (float) fallback);
        if (value <= 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    private float finite(String suffix, float fallback) {
        float value = metadata.numberOr(key(suffix), fallback);
        if (!Float.isFinite(value)) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    private int positive(String suffix) {
        int value = metadata.integer(key(suffix));
        if (value <= 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    /** A number that a file may also give for each layer; all layers must have the same. */
    private int same(String suffix, Optional<Integer> fallback) {
        if (fallback.isPresent() && !metadata.has(key(suffix))) {
            return fallback.get();
        }
        if (metadata.values().get(key(suffix)) instanceof List<?>) {
            List<Long> each = metadata.list(key(suffix), Long.class).stream().distinct().toList();
            if (each.size() == 1 && each.getFirst() > 0 && each.getFirst() <= Integer.MAX_VALUE) {
                return each.getFirst().intValue();
            }
            throw new UnsupportedModelException("layers of different sizes are not supported: " + key(suffix) + " is " + each);
        }
        return positive(suffix);
    }

    private void refuse(String suffix, int supported) {
        int value = metadata.integerOr(key(suffix), supported);
        if (value != supported) {
            throw new UnsupportedModelException(key(suffix) + " = " + value + " is not supported, only " + supported);
        }
    }

    private boolean has(String tensor) {
        return file.tensors().containsKey(tensor);
    }

    private Tensor tensor(String name) {
        Tensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw new ModelFormatException("the model file has no tensor " + name);
        }
        return tensor;
    }

    private String key(String suffix) {
        return row.name() + "." + suffix;
    }
}
