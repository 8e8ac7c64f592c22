package org.waterspout.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.Rotary;

/**
 * Turns a described model and its file into operations. Packed tensors become slices of their rows, so that whatever the
 * file's packing, a graph has a product each for q, k, v, gate and up. No fusion: {@link Fusion} does that for a backend.
 */
public final class GraphBuilder {

    private final ModelWeights weights;
    private final Architecture architecture;
    private final Map<Rotary, RopeTable> ropeTables;
    private final List<Value> values = new ArrayList<>();
    private List<Op> ops = new ArrayList<>();
    private int layer = Weight.NO_LAYER;

    private GraphBuilder(ModelFile file, Architecture architecture, int contextLength) {
        this.weights = new ModelWeights(file);
        this.architecture = architecture;
        this.ropeTables = architecture.layers().stream().flatMap(form -> form.mixer().rotary().stream()).distinct()
                .collect(Collectors.toMap(rotary -> rotary, rotary -> table(rotary, contextLength)));
    }

    /**
     * The plain graph of a model.
     *
     * @param contextLength positions it will be run with; decides between LongRoPE's two sets of frequencies
     * @throws InvalidRequestException when positions are learned and fewer than {@code contextLength}
     * @throws org.waterspout.error.ModelFormatException when a tensor is missing, or its shape disagrees with the metadata
     * @throws org.waterspout.error.UnsupportedModelException when the file has a tensor that no operation reads
     */
    public static Graph build(ModelFile file, Architecture architecture, int contextLength) {
        if (architecture.learnedPositions() > 0 && contextLength > architecture.learnedPositions()) {
            throw new InvalidRequestException("the model has learned " + architecture.learnedPositions()
                    + " positions: use a context length of at most that, not " + contextLength);
        }
        return new GraphBuilder(file, architecture, contextLength).build();
    }

    private Graph build() {
        Weight embedding = weights.matrix("embedding", Weight.NO_LAYER, "token_embd.weight", architecture.vocabulary(),
                architecture.width());
        Value stream = embed(embedding);
        List<Op> before = taken();
        List<List<Op>> layers = new ArrayList<>();
        for (Architecture.Layer form : architecture.layers()) {
            layer = layers.size();
            stream = layer(form, stream);
            layers.add(taken());
        }
        layer = Weight.NO_LAYER;
        Value logits = logits(stream, embedding);
        weights.requireAllUsed();
        return new Graph(architecture.family(), before, layers, taken(), values, logits, layers.size());
    }

    private Value embed(Weight embedding) {
        Value embedded = value("embedding", architecture.width());
        ops.add(new Op.Embed(embedding, architecture.embeddingScale(), embedded));
        if (architecture.learnedPositions() == 0) {
            return embedded;
        }
        Value placed = value("embedding with position", architecture.width());
        ops.add(new Op.AddPosition(embedded, weights.matrix("position", Weight.NO_LAYER, "position_embd.weight",
                architecture.learnedPositions(), architecture.width()), placed));
        return placed;
    }

    private Value layer(Architecture.Layer form, Value stream) {
        Value mixed = norm(form.norms().beforeMixer(), "attention.norm", "attn_norm", stream);
        mixed = attention(form.mixer(), mixed);
        mixed = norm(form.norms().afterMixer(), "attention.after", "post_attention_norm", mixed);
        Value sum = add(stream, scale(mixed, form.residualScale()));
        Value fed = norm(form.norms().beforeFeedForward(), "ffn.norm", "ffn_norm", sum);
        fed = feedForward(form.feedForward(), fed);
        fed = norm(form.norms().afterFeedForward(), "ffn.after", "post_ffw_norm", fed);
        return add(sum, scale(fed, form.residualScale()));
    }

    private Value attention(Architecture.Attention form, Value input) {
        int queryWidth = form.heads() * form.headWidth();
        int kvWidth = form.kvHeads() * form.headWidth();
        Value query;
        Value key;
        Value value;
        if (form.packed()) {
            int all = queryWidth + 2 * kvWidth;
            query = slice("attention.q", "attn_qkv", form.inputBias(), input, all, 0, queryWidth);
            key = slice("attention.k", "attn_qkv", form.inputBias(), input, all, queryWidth, queryWidth + kvWidth);
            value = slice("attention.v", "attn_qkv", form.inputBias(), input, all, queryWidth + kvWidth, all);
        } else {
            query = project("attention.q", "attn_q", form.inputBias(), input, queryWidth);
            key = project("attention.k", "attn_k", form.inputBias(), input, kvWidth);
            value = project("attention.v", "attn_v", form.inputBias(), input, kvWidth);
        }
        query = headNorm(form, "attention.q.norm", "attn_q_norm", query);
        key = headNorm(form, "attention.k.norm", "attn_k_norm", key);
        if (form.rotary().isPresent()) {
            query = rope(form.rotary().get(), form.headWidth(), query);
            key = rope(form.rotary().get(), form.headWidth(), key);
        }
        Value attended = value("attention", queryWidth);
        ops.add(new Op.Attention(layer, query, key, value, form.heads(), form.kvHeads(), form.headWidth(), form.scale(), form.window(),
                form.softCap(), attended));
        return project("attention.output", "attn_output", form.outputBias(), attended, architecture.width());
    }

    private Value feedForward(Architecture.FeedForward form, Value input) {
        Value inner;
        if (form.gated()) {
            Value gate = form.packed() ? slice("ffn.gate", "ffn_up", form.bias(), input, 2 * form.width(), 0, form.width())
                    : project("ffn.gate", "ffn_gate", form.bias(), input, form.width());
            Value up = form.packed() ? slice("ffn.up", "ffn_up", form.bias(), input, 2 * form.width(), form.width(), 2 * form.width())
                    : project("ffn.up", "ffn_up", form.bias(), input, form.width());
            Value activated = activate(form, gate);
            inner = value("ffn gated", form.width());
            ops.add(new Op.Multiply(activated, up, inner));
        } else {
            inner = activate(form, project("ffn.up", "ffn_up", form.bias(), input, form.width()));
        }
        return project("ffn.down", "ffn_down", form.bias(), inner, architecture.width());
    }

    private Value logits(Value stream, Weight embedding) {
        Architecture.Output form = architecture.output();
        Value selected = value("selected rows", stream.width());
        ops.add(new Op.SelectRows(stream, selected));
        Value normed = norm(Optional.of(form.norm()), "output.norm", "output_norm", selected);
        Weight weight = form.tied() ? embedding
                : weights.matrix("output", Weight.NO_LAYER, "output.weight", architecture.vocabulary(), architecture.width());
        Value logits = value("logits", architecture.vocabulary());
        ops.add(new Op.MatMul(normed, weight, form.bias()
                ? Optional.of(weights.vector("output.bias", Weight.NO_LAYER, "output.bias", architecture.vocabulary()))
                : Optional.empty(), logits));
        Value scaled = scale(logits, form.scale());
        if (form.softCap() == 0) {
            return scaled;
        }
        Value capped = value("capped logits", architecture.vocabulary());
        ops.add(new Op.SoftCap(scaled, form.softCap(), capped));
        return capped;
    }

    private Value norm(Optional<Architecture.Norm> form, String role, String tensor, Value input) {
        return form.map(norm -> norm(norm, role, tensor, input, input.width())).orElse(input);
    }

    private Value headNorm(Architecture.Attention form, String role, String tensor, Value input) {
        return form.headNorm().map(norm -> norm(norm, role, tensor, input, form.headWidth())).orElse(input);
    }

    /** A norm of groups of {@code group} neighbours. */
    private Value norm(Architecture.Norm form, String role, String tensor, Value input, int group) {
        Value output = value(role, input.width());
        Optional<Weight> bias = form.bias() && form.kind() == NormKind.LAYER
                ? Optional.of(weights.vector(role + ".bias", layer, prefix() + tensor + ".bias", group))
                : Optional.empty();
        ops.add(new Op.Norm(form.kind(), input, weights.vector(role, layer, prefix() + tensor + ".weight", group), bias,
                form.epsilon(), output));
        return output;
    }

    private Value project(String role, String tensor, boolean bias, Value input, int width) {
        return slice(role, tensor, bias, input, width, 0, width);
    }

    /** The product with rows {@code from} to {@code to} of a tensor [rows, input width]. */
    private Value slice(String role, String tensor, boolean bias, Value input, int rows, int from, int to) {
        Value output = value(role, to - from);
        String name = prefix() + tensor;
        Weight weight = weights.matrix(role, layer, name + ".weight", rows, input.width(), from, to);
        Optional<Weight> added = bias ? Optional.of(weights.vector(role + ".bias", layer, name + ".bias", rows, from, to))
                : Optional.empty();
        ops.add(new Op.MatMul(input, weight, added, output));
        return output;
    }

    private Value rope(Rotary rotary, int headWidth, Value input) {
        Value output = value(input.name() + " turned", input.width());
        ops.add(new Op.Rope(input, ropeTables.get(rotary), rotary.layout(), headWidth, output));
        return output;
    }

    private Value activate(Architecture.FeedForward form, Value input) {
        Value output = value("ffn activated", input.width());
        ops.add(new Op.Activate(form.activation(), input, output));
        return output;
    }

    private Value scale(Value input, float factor) {
        if (factor == 1) {
            return input;
        }
        Value output = value(input.name() + " scaled", input.width());
        ops.add(new Op.Scale(input, factor, output));
        return output;
    }

    private Value add(Value left, Value right) {
        Value output = value("residual", left.width());
        ops.add(new Op.Add(left, right, output));
        return output;
    }

    private static RopeTable table(Rotary rotary, int contextLength) {
        Rotary.Angles angles = rotary.angles(contextLength);
        return new RopeTable(angles.frequencies(), angles.magnitude());
    }

    private Value value(String name, int width) {
        String place = layer == Weight.NO_LAYER || name.startsWith("layer ") ? name : "layer " + layer + " " + name;
        Value value = new Value(values.size(), place, width);
        values.add(value);
        return value;
    }

    private String prefix() {
        return layer == Weight.NO_LAYER ? "" : "blk." + layer + ".";
    }

    private List<Op> taken() {
        List<Op> finished = ops;
        ops = new ArrayList<>();
        return finished;
    }
}
