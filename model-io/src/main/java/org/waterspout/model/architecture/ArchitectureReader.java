package org.waterspout.model.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Families.Trait;

/**
 * Derives an {@link Architecture} from a file with GGUF's keys and tensor names (llama.cpp, gguf-py/gguf/constants.py). The tensors of an
 * encoder-decoder begin with {@code enc.} and {@code dec.}.
 */
final class ArchitectureReader {

    /** A width above this is a corrupt file's, and products of widths below it fit an int. */
    private static final int MOST_WIDTH = 1 << 24;

    private final ModelFile file;
    private final Metadata metadata;
    private final Families.Row row;
    private final int width;
    private final int heads;
    private final int headWidth;
    private final boolean pair;
    private final boolean encoderOnly;

    ArchitectureReader(ModelFile file) {
        this.file = file;
        metadata = file.metadata();
        row = Families.row(metadata.string("general.architecture"));
        width = positive("embedding_length");
        heads = same("attention.head_count", Optional.empty());
        headWidth = metadata.has(key("attention.key_length")) ? positive("attention.key_length") : evenHeads();
        pair = file.tensors().keySet().stream().anyMatch(name -> name.startsWith("dec."));
        encoderOnly = !pair && !metadata.flagOr(key("attention.causal"), !row.is(Trait.ENCODER));
        if ((long) heads * headWidth > MOST_WIDTH) {
            throw new ModelFormatException(heads + " heads of " + headWidth + " are wider than any model: " + key("attention.head_count"));
        }
        refuse("attention.value_length", headWidth);
        refuse("expert_count", 0);
    }

    Architecture read() {
        int contextLength = positive("context_length");
        int layers = positive("block_count");
        Optional<Architecture.Stack> encoder = pair ? Optional.of(stack("enc.", layers, false, contextLength))
                : encoderOnly ? Optional.of(stack("", layers, false, contextLength)) : Optional.empty();
        Optional<Architecture.Stack> decoder = pair
                ? Optional.of(stack("dec.", metadata.has(key("decoder_block_count")) ? positive("decoder_block_count") : layers, true, contextLength))
                : encoderOnly ? Optional.empty() : Optional.of(stack("", layers, true, contextLength));
        boolean pictures = has("patch_embd.weight");
        return new Architecture(row.name(), width, pictures ? 0 : tensor(embedding(pair ? "dec." : "")).rows(), contextLength, encoder, decoder,
                decoder.map(_ -> output()), pooling("pooling_type"), encoderOnly && (has("cls.output.weight") || has("cls.weight")) ? Optional.of(head()) : Optional.empty());
    }

    private String embedding(String side) {
        return has(side + "token_embd.weight") ? side + "token_embd.weight" : "token_embd.weight";
    }

    private Architecture.Stack stack(String side, int layerCount, boolean causal, int contextLength) {
        if (layerCount > file.tensors().size()) {
            throw new ModelFormatException("metadata key " + key("block_count") + " is " + layerCount + ", but the file has only "
                    + file.tensors().size() + " tensors");
        }
        boolean rotary = !metadata.has(key("positions"))
                ? !has(side + "position_embd.weight") && !has(side + "blk.0.attn_rel_b.weight")
                : metadata.string(key("positions")).equals("rotary");
        List<Architecture.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            layers.add(layer(side, layer, layerCount, causal, rotary));
            Architecture.Layer form = form(layers.get(layer));
            Architecture.Layer first = form(layers.getFirst());
            if (!form.equals(first) && !(has(side + "token_embd_norm.weight") && withoutFirstNorm(form).equals(first))) {
                throw new UnsupportedModelException("layers of different forms are not supported: layer " + layer
                        + " has other norms, biases or packing than layer 0");
            }
        }
        // a decoder without its last norm would give fluent nonsense, so it must be there
        Optional<Architecture.Norm> last = causal && !pair ? Optional.of(norm(side + "output_norm")) : optionalNorm(side + "output_norm");
        return new Architecture.Stack(input(side, rotary, contextLength), layers, last);
    }

    /** The layer without what may differ from layer to layer: its window and its angles. */
    private static Architecture.Layer form(Architecture.Layer layer) {
        Architecture.Mixer mixer = switch (layer.mixer()) {
            case Architecture.Attention a -> new Architecture.Attention(a.heads(), a.kvHeads(), a.headWidth(), a.scale(), 0, a.softCap(),
                    Optional.empty(), a.relative(), a.headNorm(), a.packed(), a.inputBias(), a.outputBias());
            case Architecture.Recurrent recurrent -> recurrent;
        };
        return new Architecture.Layer(mixer, layer.cross(), layer.feedForward(), layer.norms(), layer.residualScale());
    }

    /** Where the embeddings have a norm, it may stand for layer 0's first one. */
    private static Architecture.Layer withoutFirstNorm(Architecture.Layer layer) {
        Architecture.Placement mixer = layer.norms().mixer();
        return new Architecture.Layer(layer.mixer(), layer.cross(), layer.feedForward(),
                new Architecture.Norms(new Architecture.Placement(Optional.empty(), mixer.after(), mixer.sum()), layer.norms().cross(),
                        layer.norms().feedForward()), layer.residualScale());
    }

    private Architecture.Input input(String side, boolean rotary, int contextLength) {
        Optional<Architecture.Norm> norm = optionalNorm(side + "token_embd_norm");
        if (has("patch_embd.weight")) {
            return patches(norm);
        }
        float scale = finite("embedding_scale", row.is(Trait.SCALED_EMBEDDING) ? (float) Math.sqrt(width) : 1);
        String types = side + "token_types.weight";
        return new Architecture.Tokens(scale, positions(side, rotary, contextLength), has(types) ? tensor(types).rows() : 0, norm);
    }

    private Architecture.Patches patches(Optional<Architecture.Norm> norm) {
        int side = positive("image.size");
        int patch = positive("image.patch_size");
        int channels = positive("image.channels");
        if (side % patch != 0 || side > 1 << 14 || channels > 64) {
            throw new ModelFormatException("pictures of " + side + " pixels with " + channels + " channels cannot be cut into squares of " + patch);
        }
        boolean distilled = metadata.flagOr(key("image.distilled"), false);
        int rows = side / patch * (side / patch) + (distilled ? 2 : 1);
        return new Architecture.Patches(side, patch, channels, distilled, positions("", false, rows), norm);
    }

    private Architecture.Positions positions(String side, boolean rotary, int contextLength) {
        String kind = metadata.optionalString(key("positions")).orElse(rotary ? "rotary" : has(side + "position_embd.weight") ? "learned" : "none");
        return switch (kind) {
            case "none", "rotary" -> new Architecture.Unplaced();
            case "learned" -> {
                int learned = tensor(side + "position_embd.weight").rows();
                if (learned < contextLength) {
                    throw new ModelFormatException("tensor " + side + "position_embd.weight has " + learned + " positions, but "
                            + key("context_length") + " is " + contextLength);
                }
                yield new Architecture.Learned(learned);
            }
            case "sinusoidal" -> new Architecture.Sinusoidal(metadata.flagOr(key("sinusoid.interleaved"), false),
                    metadata.flagOr(key("sinusoid.inclusive"), false), metadata.integerOr(key("sinusoid.offset"), 0));
            default -> throw new UnsupportedModelException("positions " + Quoted.of(kind)
                    + " are not supported; supported are none, learned, sinusoidal and rotary");
        };
    }

    private Architecture.Output output() {
        float scale = finite("logit_scale", 1);
        boolean tied = !has("output.weight");
        if (tied && row.is(Trait.SCALED_TIED_LOGITS) && !metadata.has(key("logit_scale"))) {
            scale = (float) (1 / Math.sqrt(width));
        }
        return new Architecture.Output(tied, has("output.bias"), row.is(Trait.DIVIDED_LOGITS) ? 1 / scale : scale,
                cap("final_logit_softcapping"));
    }

    private Architecture.Head head() {
        int outputs = has("cls.output.weight") ? tensor("cls.output.weight").rows() : 0;
        List<String> labels = metadata.optionalList(key("classifier.output_labels"), String.class)
                .orElseGet(() -> IntStream.range(0, outputs).mapToObj(label -> "LABEL_" + label).toList());
        if (labels.size() != outputs) {
            throw new ModelFormatException("metadata key " + key("classifier.output_labels") + " names " + labels.size() + " labels, but tensor "
                    + "cls.output.weight has rows for " + outputs);
        }
        String task = metadata.optionalString(key("classifier.task")).orElse("sequence");
        return new Architecture.Head(switch (task) {
            case "sequence" -> Architecture.Task.SEQUENCE;
            case "multi_label" -> Architecture.Task.MULTI_LABEL;
            case "regression" -> Architecture.Task.REGRESSION;
            case "tokens" -> Architecture.Task.TOKENS;
            case "span" -> Architecture.Task.SPAN;
            default -> throw new UnsupportedModelException("the classifier's task " + Quoted.of(task)
                    + " is not supported; supported are sequence, multi_label, regression, tokens and span");
        }, pooling("classifier.pooling_type").orElse(Architecture.Pooling.FIRST), has("cls.weight"), has("cls.bias"),
                // it is the dense layer's: without that there is nothing to activate
                metadata.optionalString(key("classifier.activation")).filter(_ -> has("cls.weight")).map(ArchitectureReader::activation),
                optionalNorm("cls.norm"),
                has("cls.output.bias"), has("cls.distilled.weight"), labels);
    }

    /** As in GGUF: 0 none, 1 mean, 2 the first token (cls), 3 the last. */
    private Optional<Architecture.Pooling> pooling(String suffix) {
        int kind = metadata.integerOr(key(suffix), 0);
        return switch (kind) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(Architecture.Pooling.MEAN);
            case 2 -> Optional.of(Architecture.Pooling.FIRST);
            case 3 -> Optional.of(Architecture.Pooling.LAST);
            default -> throw new UnsupportedModelException(key(suffix) + " = " + kind + " is not supported; supported are 0 to 3");
        };
    }

    private Architecture.Layer layer(String side, int layer, int layerCount, boolean causal, boolean rotary) {
        String block = side + "blk." + layer + ".";
        Architecture.Norms norms = new Architecture.Norms(
                new Architecture.Placement(optionalNorm(block + "attn_norm"), optionalNorm(block + "post_attention_norm"),
                        optionalNorm(block + "attn_output_norm")),
                new Architecture.Placement(optionalNorm(block + "cross_attn_norm"), Optional.empty(),
                        optionalNorm(block + "cross_attn_output_norm")),
                new Architecture.Placement(optionalNorm(block + "ffn_norm"), optionalNorm(block + "post_ffw_norm"),
                        optionalNorm(block + "layer_output_norm")));
        Architecture.Mixer mixer = has(block + "rnn_candidate.weight")
                ? new Architecture.Recurrent(has(block + "rnn_candidate.bias"))
                : attention(side, layer, layerCount, causal, rotary);
        Optional<Architecture.Attention> cross = has(block + "cross_attn_q.weight") ? Optional.of(cross(block)) : Optional.empty();
        return new Architecture.Layer(mixer, cross, feedForward(block), norms, finite("residual_scale", 1));
    }

    private Architecture.Attention cross(String block) {
        return new Architecture.Attention(heads, heads, headWidth, attentionScale(0), 0, 0, Optional.empty(), Optional.empty(), Optional.empty(),
                false, has(block + "cross_attn_q.bias"), has(block + "cross_attn_o.bias"));
    }

    private Architecture.Attention attention(String side, int layer, int layerCount, boolean causal, boolean rotary) {
        String block = side + "blk." + layer + ".";
        int kvHeads = same("attention.head_count_kv", Optional.of(heads));
        if (heads % kvHeads != 0) {
            throw new ModelFormatException(key("attention.head_count") + " is " + heads + ", no multiple of the "
                    + kvHeads + " of " + key("attention.head_count_kv"));
        }
        boolean local = windowed(layer, layerCount);
        boolean packed = has(block + "attn_qkv.weight");
        Optional<Architecture.Norm> headNorm = optionalNorm(block + "attn_q_norm");
        int window = local ? metadata.integer(key("attention.sliding_window")) : 0;
        boolean relative = has(block + "attn_rel_b.weight") || has(side + "blk.0.attn_rel_b.weight");
        return new Architecture.Attention(heads, kvHeads, headWidth, attentionScale(layerCount),
                // an encoder's window is the file's on both sides together
                causal || window == 0 ? window : window / 2 + 1, cap("attn_logit_softcapping"),
                rotary ? Optional.of(rotary(local)) : Optional.empty(),
                relative ? Optional.of(relative(side, block)) : Optional.empty(), headNorm, packed,
                has(block + (packed ? "attn_qkv.bias" : "attn_q.bias")), has(block + attentionOutput(side) + ".bias"));
    }

    private static String attentionOutput(String side) {
        return side.isEmpty() ? "attn_output" : "attn_o";
    }

    private Architecture.Relative relative(String side, String block) {
        String own = block + "attn_rel_b.weight";
        int buckets = tensor(has(own) ? own : side + "blk.0.attn_rel_b.weight").rows();
        int maxDistance = metadata.integerOr(key("attention.relative_max_distance"), 128);
        int stated = metadata.integerOr(key("attention.relative_buckets_count"), buckets);
        if (buckets % 4 != 0 || buckets / 2 >= maxDistance || stated != buckets) {
            throw new ModelFormatException("relative positions in " + buckets + " buckets up to a distance of " + maxDistance
                    + " are not possible (" + key("attention.relative_buckets_count") + " is " + stated + ")");
        }
        return new Architecture.Relative(buckets, maxDistance);
    }

    private float attentionScale(int layerCount) {
        double scaleWidth = layerCount != 0 && layerCount == row.wideHeadsAtLayers() ? (double) width / heads : headWidth;
        float scale = finite("attention.scale", 0);
        return scale != 0 ? scale : row.is(Trait.UNSCALED_SCORES) ? 1 : (float) (1 / Math.sqrt(scaleWidth));
    }

    /** Whether the layer has a sliding window: by the file's flag for each layer, by the file's period, or by the family's. */
    private boolean windowed(int layer, int layerCount) {
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
        return period <= 0 || layer % period != (row.is(Trait.WIDE_FIRST) ? 0 : period - 1);
    }

    private Rotary rotary(boolean local) {
        int rotated = metadata.integerOr(key("rope.dimension_count"), headWidth);
        if (rotated <= 0 || rotated > headWidth || rotated % 2 != 0) {
            throw new ModelFormatException("metadata key " + key("rope.dimension_count") + " is " + rotated
                    + ", not an even part of a head of " + headWidth);
        }
        double base = above0("rope.freq_base", 10_000);
        if (local && row.localBase() != 0) {
            return new Rotary(rotated, layout(), above0("rope.freq_base_swa", row.localBase()), new Rotary.None());
        }
        return new Rotary(rotated, layout(), base, scaling(rotated));
    }

    /** Files that no converter has permuted say so. */
    private RopeLayout layout() {
        String layout = metadata.optionalString(key("rope.layout")).orElse("");
        return switch (layout) {
            case "" -> row.layout();
            case "halves" -> RopeLayout.HALVES;
            case "interleaved" -> RopeLayout.INTERLEAVED;
            default -> throw new ModelFormatException("metadata key " + key("rope.layout") + " is " + Quoted.of(layout)
                    + ", neither halves nor interleaved");
        };
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
            default -> throw new UnsupportedModelException("the rotary scaling " + Quoted.of(type)
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
        Activation activation = metadata.optionalString(key("activation")).map(ArchitectureReader::activation).orElse(row.activation());
        return new Architecture.FeedForward(inner, activation, gate || packed, packed, has(block + "ffn_up.bias"), has(block + "ffn_down.bias"));
    }

    private static Activation activation(String name) {
        return switch (name) {
            case "silu" -> Activation.SILU;
            case "gelu" -> Activation.GELU_ERF;
            case "gelu_tanh" -> Activation.GELU_TANH;
            case "relu" -> Activation.RELU;
            case "tanh" -> Activation.TANH;
            default -> throw new UnsupportedModelException("the activation " + Quoted.of(name)
                    + " is not supported; supported are silu, gelu, gelu_tanh, relu and tanh");
        };
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
