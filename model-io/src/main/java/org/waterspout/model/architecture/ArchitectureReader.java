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
    private static final int MAX_WIDTH = 1 << 24;

    private final ModelFile file;
    private final Metadata metadata;
    private final Families.Row row;
    private final int width;
    private final int heads;
    private final int headDimension;
    private final FamilyKeys keys;
    private final boolean pair;
    private final boolean encoderOnly;

    ArchitectureReader(ModelFile file) {
        this.file = file;
        metadata = file.metadata();
        row = Families.row(metadata.string("general.architecture"));
        keys = new FamilyKeys(file, row);
        width = keys.positive("embedding_length");
        heads = keys.same("attention.head_count", Optional.empty());
        headDimension = metadata.has(keys.key("attention.key_length")) ? keys.positive("attention.key_length") : evenHeads();
        pair = file.tensors().keySet().stream().anyMatch(name -> name.startsWith("dec."));
        encoderOnly = !pair && !metadata.flagOr(keys.key("attention.causal"), !row.is(Trait.ENCODER));
        if ((long) heads * headDimension > MAX_WIDTH) {
            throw new ModelFormatException(heads + " heads of " + headDimension + " are wider than any model: "
                    + keys.key("attention.head_count"));
        }
        keys.refuse("attention.value_length", headDimension);
        keys.refuse("expert_count", 0);
        refuseOtherForms();
    }

    /** Options of GGUF's that would change what is computed. */
    private void refuseOtherForms() {
        for (String suffix : List.of("attention.clamp_kqv", "attention.max_alibi_bias", "rope.scaling.yarn_log_multiplier",
                "rope.scaling.alpha")) {
            if (keys.finite(suffix, 0) != 0) {
                throw new UnsupportedModelException(keys.key(suffix) + " = " + keys.finite(suffix, 0) + " is not supported, only 0");
            }
        }
        boolean beside = metadata.flagOr(keys.key("use_parallel_residual"), false);
        boolean unturned = row.is(Trait.DIVIDED_LOGITS) && !metadata.flagOr(keys.key("rope.scaling.finetuned"), true);
        if (beside || unturned) {
            throw new UnsupportedModelException(keys.key(beside ? "use_parallel_residual" : "rope.scaling.finetuned") + " = " + beside
                    + " is not supported, only " + !beside);
        }
    }

    Architecture read() {
        int contextLength = keys.positive("context_length");
        int layers = keys.positive("block_count");
        Optional<Architecture.Stack> encoder = pair ? Optional.of(stack("enc.", layers, false, contextLength))
                : encoderOnly ? Optional.of(stack("", layers, false, contextLength)) : Optional.empty();
        Optional<Architecture.Stack> decoder = pair
                ? Optional.of(stack("dec.", metadata.has(keys.key("decoder_block_count")) ? keys.positive("decoder_block_count") : layers,
                true, contextLength))
                : encoderOnly ? Optional.empty() : Optional.of(stack("", layers, true, contextLength));
        boolean images = keys.has("patch_embd.weight");
        boolean judges = encoderOnly && (keys.has("cls.output.weight") || keys.has("cls.weight"));
        return new Architecture(row.name(), width, images ? 0 : keys.tensor(embedding(pair ? "dec." : "")).rows(), contextLength, encoder,
                decoder, decoder.map(_ -> output()), pooling("pooling_type"), judges ? Optional.of(head()) : Optional.empty());
    }

    private String embedding(String side) {
        return keys.has(side + "token_embd.weight") ? side + "token_embd.weight" : "token_embd.weight";
    }

    private Architecture.Stack stack(String side, int layerCount, boolean causal, int contextLength) {
        if (layerCount > file.tensors().size()) {
            throw new ModelFormatException("metadata key " + keys.key("block_count") + " is " + layerCount + ", but the file has only "
                    + file.tensors().size() + " tensors");
        }
        boolean rotary = !metadata.has(keys.key("positions"))
                ? !keys.has(side + "position_embd.weight") && !keys.has(side + "blk.0.attn_rel_b.weight")
                : metadata.string(keys.key("positions")).equals("rotary");
        List<Architecture.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            layers.add(layer(side, layer, layerCount, causal, rotary));
            Architecture.Layer form = form(layers.get(layer));
            Architecture.Layer first = form(layers.getFirst());
            if (!form.equals(first) && !(keys.has(side + "token_embd_norm.weight") && withoutFirstNorm(form).equals(first))) {
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
            case Architecture.Attention a -> new Architecture.Attention(
                    a.heads(), a.kvHeads(), a.headDimension(), a.scale(), 0, a.softCap(),
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
        if (keys.has("patch_embd.weight")) {
            return patches(norm);
        }
        float scale = keys.finite("embedding_scale", row.is(Trait.SCALED_EMBEDDING) ? (float) Math.sqrt(width) : 1);
        String types = side + "token_types.weight";
        return new Architecture.Tokens(scale, positions(side, rotary, contextLength), keys.has(types) ? keys.tensor(types).rows() : 0,
                norm);
    }

    private Architecture.Patches patches(Optional<Architecture.Norm> norm) {
        int side = keys.positive("image.size");
        int patch = keys.positive("image.patch_size");
        int channels = keys.positive("image.channels");
        if (side % patch != 0 || side > 1 << 14 || channels > 64) {
            throw new ModelFormatException("images of " + side + " pixels with " + channels + " channels cannot be cut into patches of "
                    + patch);
        }
        boolean distilled = metadata.flagOr(keys.key("image.distilled"), false);
        int rows = side / patch * (side / patch) + (distilled ? 2 : 1);
        return new Architecture.Patches(side, patch, channels, distilled, positions("", false, rows), norm);
    }

    private Architecture.Positions positions(String side, boolean rotary, int contextLength) {
        String kind = metadata.optionalString(keys.key("positions"))
                .orElse(rotary ? "rotary" : keys.has(side + "position_embd.weight") ? "learned" : "none");
        return switch (kind) {
            case "none", "rotary" -> new Architecture.Unplaced();
            case "learned" -> {
                int learned = keys.tensor(side + "position_embd.weight").rows();
                if (learned < contextLength) {
                    throw new ModelFormatException("tensor " + side + "position_embd.weight has " + learned + " positions, but "
                            + keys.key("context_length") + " is " + contextLength);
                }
                yield new Architecture.Learned(learned);
            }
            case "sinusoidal" -> new Architecture.Sinusoidal(metadata.flagOr(keys.key("sinusoid.interleaved"), false),
                    metadata.flagOr(keys.key("sinusoid.inclusive"), false), metadata.integerOr(keys.key("sinusoid.offset"), 0));
            default -> throw new UnsupportedModelException("positions " + Quoted.of(kind)
                    + " are not supported; supported are none, learned, sinusoidal and rotary");
        };
    }

    private Architecture.Output output() {
        float scale = keys.finite("logit_scale", 1);
        boolean tied = !keys.has("output.weight") || row.is(Trait.SCALED_TIED_LOGITS) && sameAsEmbedding();
        if (tied && row.is(Trait.SCALED_TIED_LOGITS) && !metadata.has(keys.key("logit_scale"))) {
            scale = (float) (1 / Math.sqrt(width));
        }
        return new Architecture.Output(tied, keys.has("output.bias"), row.is(Trait.DIVIDED_LOGITS) ? 1 / scale : scale,
                keys.cap("final_logit_softcapping", row.is(Trait.CAPPED) ? 30 : 0));
    }

    /** Converters write a tied output that the original file holds a second time. */
    private boolean sameAsEmbedding() {
        Tensor output = keys.tensor("output.weight");
        Tensor embedding = keys.tensor(embedding(pair ? "dec." : ""));
        return output.type() == embedding.type() && output.shape().equals(embedding.shape())
                && output.data().mismatch(embedding.data()) == -1;
    }

    private Architecture.Head head() {
        int outputs = keys.has("cls.output.weight") ? keys.tensor("cls.output.weight").rows() : 0;
        List<String> labels = metadata.optionalList(keys.key("classifier.output_labels"), String.class)
                .orElseGet(() -> IntStream.range(0, outputs).mapToObj(label -> "LABEL_" + label).toList());
        if (labels.size() != outputs) {
            throw new ModelFormatException("metadata key " + keys.key("classifier.output_labels") + " names " + labels.size()
                    + " labels, but tensor cls.output.weight has rows for " + outputs);
        }
        String task = metadata.optionalString(keys.key("classifier.task")).orElse("sequence");
        return new Architecture.Head(switch (task) {
            case "sequence" -> Architecture.Task.SEQUENCE;
            case "multi_label" -> Architecture.Task.MULTI_LABEL;
            case "regression" -> Architecture.Task.REGRESSION;
            case "tokens" -> Architecture.Task.TOKENS;
            case "span" -> Architecture.Task.SPAN;
            default -> throw new UnsupportedModelException("the classifier's task " + Quoted.of(task)
                    + " is not supported; supported are sequence, multi_label, regression, tokens and span");
        }, pooling("classifier.pooling_type").orElse(row.is(Trait.MEAN_HEAD) ? Architecture.Pooling.MEAN : Architecture.Pooling.FIRST),
                keys.has("cls.weight"), keys.has("cls.bias"),
                // it is the dense layer's: without that there is nothing to activate
                keys.has("cls.weight") ? Optional.of(headActivation()) : Optional.empty(),
                optionalNorm("cls.norm"),
                keys.has("cls.output.bias"), keys.has("cls.distilled.weight"), labels);
    }

    /**
     * What a file of llama.cpp's does not say: tanh, but ModernBERT's GELU and DistilBERT's ReLU. That converter writes DistilBERT as BERT,
     * from which its lack of token types tells it.
     */
    private Activation headActivation() {
        return metadata.optionalString(keys.key("classifier.activation")).map(ArchitectureReader::activation)
                .orElseGet(() -> row.name().equals("bert") && !keys.has("token_types.weight") ? Activation.RELU : row.headActivation());
    }

    /** As in GGUF: 0 none, 1 mean, 2 the first token (cls), 3 the last, 4 rank: a head's label of the first token, no vector. */
    private Optional<Architecture.Pooling> pooling(String suffix) {
        int kind = metadata.integerOr(keys.key(suffix), 0);
        return switch (kind) {
            case 0, Architecture.RANK -> Optional.empty();
            case 1 -> Optional.of(Architecture.Pooling.MEAN);
            case 2 -> Optional.of(Architecture.Pooling.FIRST);
            case 3 -> Optional.of(Architecture.Pooling.LAST);
            default -> throw new UnsupportedModelException(keys.key(suffix) + " = " + kind + " is not supported; supported are 0 to 4");
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
        Architecture.Mixer mixer = keys.has(block + "rnn_candidate.weight")
                ? new Architecture.Recurrent(keys.has(block + "rnn_candidate.bias"))
                : attention(side, layer, layerCount, causal, rotary);
        Optional<Architecture.Attention> cross = keys.has(block + "cross_attn_q.weight") ? Optional.of(cross(block)) : Optional.empty();
        return new Architecture.Layer(mixer, cross, feedForward(block), norms, keys.finite("residual_scale", 1));
    }

    private Architecture.Attention cross(String block) {
        return new Architecture.Attention(heads, heads, headDimension, attentionScale(0), 0, 0, Optional.empty(), Optional.empty(),
                Optional.empty(), false, keys.has(block + "cross_attn_q.bias"), keys.has(block + "cross_attn_o.bias"));
    }

    private Architecture.Attention attention(String side, int layer, int layerCount, boolean causal, boolean rotary) {
        String block = side + "blk." + layer + ".";
        int kvHeads = keys.same("attention.head_count_kv", Optional.of(heads));
        if (heads % kvHeads != 0) {
            throw new ModelFormatException(keys.key("attention.head_count") + " is " + heads + ", no multiple of the "
                    + kvHeads + " of " + keys.key("attention.head_count_kv"));
        }
        boolean local = windowed(layer, layerCount);
        boolean packed = keys.has(block + "attn_qkv.weight");
        Optional<Architecture.Norm> headNorm = optionalNorm(block + "attn_q_norm");
        int window = local ? window() : 0;
        boolean relative = keys.has(block + "attn_rel_b.weight") || keys.has(side + "blk.0.attn_rel_b.weight");
        return new Architecture.Attention(heads, kvHeads, headDimension, attentionScale(layerCount),
                // an encoder's window is the file's on both sides together
                causal || window == 0 ? window : window / 2 + 1, keys.cap("attn_logit_softcapping", row.is(Trait.CAPPED) ? 50 : 0),
                rotary ? Optional.of(new RotaryReader(keys, headDimension).rotary(local)) : Optional.empty(),
                relative ? Optional.of(relative(side, block)) : Optional.empty(), headNorm, packed,
                keys.has(block + (packed ? "attn_qkv.bias" : "attn_q.bias")), keys.has(block + attentionOutput(side) + ".bias"));
    }

    private static String attentionOutput(String side) {
        return side.isEmpty() ? "attn_output" : "attn_o";
    }

    private Architecture.Relative relative(String side, String block) {
        String own = block + "attn_rel_b.weight";
        int buckets = keys.tensor(keys.has(own) ? own : side + "blk.0.attn_rel_b.weight").rows();
        int maxDistance = metadata.integerOr(keys.key("attention.relative_max_distance"), 128);
        int stated = metadata.integerOr(keys.key("attention.relative_buckets_count"), buckets);
        if (buckets % 4 != 0 || buckets / 2 >= maxDistance || stated != buckets) {
            throw new ModelFormatException("relative positions in " + buckets + " buckets up to a distance of " + maxDistance
                    + " are not possible (" + keys.key("attention.relative_buckets_count") + " is " + stated + ")");
        }
        return new Architecture.Relative(buckets, maxDistance);
    }

    private float attentionScale(int layerCount) {
        double scaleWidth = layerCount != 0 && layerCount == row.wideHeadsAtLayers() ? (double) width / heads : headDimension;
        float scale = keys.finite("attention.scale", 0);
        return scale != 0 ? scale : row.is(Trait.UNSCALED_SCORES) ? 1 : (float) (1 / Math.sqrt(scaleWidth));
    }

    /** Whether the layer has a sliding window: by the file's flag for each layer, by the file's period, or by the family's. */
    private boolean windowed(int layer, int layerCount) {
        String patternKey = keys.key("attention.sliding_window_pattern");
        if (window() == 0) {
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

    private int window() {
        int window = metadata.integerOr(keys.key("attention.sliding_window"), row.is(Trait.CAPPED) ? 4096 : 0);
        if (window < 0) {
            throw new ModelFormatException("metadata key " + keys.key("attention.sliding_window") + " is " + window);
        }
        return window;
    }

    private Architecture.FeedForward feedForward(String block) {
        int inner = keys.same("feed_forward_length", Optional.empty());
        if (inner > MAX_WIDTH) {
            throw new ModelFormatException("metadata key " + keys.key("feed_forward_length") + " is " + inner);
        }
        boolean gate = keys.has(block + "ffn_gate.weight");
        boolean packed = !gate && keys.has(block + "ffn_up.weight") && keys.tensor(block + "ffn_up.weight").rows() == 2L * inner;
        Activation activation = metadata.optionalString(keys.key("activation"))
                .or(() -> metadata.optionalString(keys.key("hidden_activation")))
                .map(ArchitectureReader::activation).orElse(gate || packed ? row.gatedActivation() : row.activation());
        return new Architecture.FeedForward(inner, activation, gate || packed, packed, keys.has(block + "ffn_up.bias"),
                keys.has(block + "ffn_down.bias"));
    }

    private static Activation activation(String name) {
        return switch (name) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu" -> Activation.GELU_ERF;
            case "gelu_tanh", "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
            case "relu" -> Activation.RELU;
            case "tanh" -> Activation.TANH;
            default -> throw new UnsupportedModelException("the activation " + Quoted.of(name)
                    + " is not supported; supported are silu, gelu, gelu_tanh, relu and tanh");
        };
    }

    private Optional<Architecture.Norm> optionalNorm(String name) {
        return keys.has(name + ".weight") ? Optional.of(norm(name)) : Optional.empty();
    }

    /** A file names the epsilon of the kind of norm it uses. */
    private Architecture.Norm norm(String name) {
        boolean rms = metadata.has(keys.key("attention.layer_norm_rms_epsilon"));
        float epsilon = metadata.number(keys.key(rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"));
        if (!(epsilon >= 0)) {
            throw new ModelFormatException("the epsilon of the norms is " + epsilon);
        }
        return new Architecture.Norm(rms ? NormKind.RMS : NormKind.LAYER, keys.has(name + ".bias"), epsilon);
    }

    private int evenHeads() {
        if (width % heads != 0) {
            throw new ModelFormatException(keys.key("embedding_length") + " is " + width + ", no multiple of the " + heads + " heads");
        }
        return width / heads;
    }
}
