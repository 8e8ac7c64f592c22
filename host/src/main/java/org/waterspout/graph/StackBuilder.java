package org.waterspout.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Pooling;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.Rotary;

/** The operations of one stack, an encoder or a decoder, in order. */
final class StackBuilder {

    private final ModelWeights weights;
    private final Architecture architecture;
    private final Architecture.Stack form;
    private final String side;
    private final int contextLength;
    private final Op.Mask mask;
    private final Map<Rotary, RopeTable> ropeTables;
    private final List<Value> values = new ArrayList<>();
    private final List<Op> before;
    private final List<List<Op>> layers = new ArrayList<>();
    private List<List<Op>> crossCaches = List.of();
    private List<Op> ops = new ArrayList<>();
    private Value stream;
    private int layer = Weight.NO_LAYER;

    /**
     * @param side          beginning of the names of its tensors: "", "enc." or "dec."
     * @param contextLength positions it will be run with
     */
    StackBuilder(ModelWeights weights, Architecture architecture, Architecture.Stack form, String side, int contextLength, Op.Mask mask) {
        this.weights = weights;
        this.architecture = architecture;
        this.form = form;
        this.side = side;
        this.contextLength = contextLength;
        this.mask = mask;
        this.ropeTables = form.layers().stream().flatMap(StackBuilder::rotary).distinct()
                .collect(Collectors.toMap(rotary -> rotary, rotary -> table(rotary, contextLength)));
        this.stream = enter();
        this.before = taken();
    }

    private static Stream<Rotary> rotary(Architecture.Layer layer) {
        return layer.mixer() instanceof Architecture.Attention attention ? attention.rotary().stream() : Stream.empty();
    }

    /** The graph; to be called last. */
    Graph graph(String name, Value output, Optional<Graph> encoder) {
        int caches = mask == Op.Mask.BIDIRECTIONAL ? 1 : layers.size();
        return new Graph(name, before, layers, taken(), crossCaches, values, output, caches, encoder);
    }

    private Value enter() {
        Value entered = switch (form.input()) {
            case Architecture.Tokens tokens -> embed(tokens);
            case Architecture.Patches patches -> patches(patches);
        };
        return norm(form.input().norm(), "embedding.norm", side + "token_embd_norm", entered);
    }

    private Value embed(Architecture.Tokens tokens) {
        Value embedded = value("embedding", architecture.hiddenSize());
        ops.add(new Op.Embed(embedding(), tokens.scale(), embedded));
        if (tokens.types() > 0) {
            Value typed = value("embedding with type", architecture.hiddenSize());
            ops.add(new Op.AddType(embedded, weights.matrix("type", Weight.NO_LAYER, side + "token_types.weight", tokens.types(),
                    architecture.hiddenSize()), typed));
            embedded = typed;
        }
        return place(embedded, switch (tokens.positions()) {
            case Architecture.Unplaced() -> Optional.empty();
            case Architecture.Learned(int count) -> Optional.of(weights.matrix("position", Weight.NO_LAYER, side + "position_embd.weight",
                    count, architecture.hiddenSize()));
            case Architecture.Sinusoidal sinusoidal ->
                    Optional.of(PositionTables.sinusoidal(sinusoidal, contextLength, architecture.hiddenSize()));
        });
    }

    /** A side may have a vocabulary of its own; {@link Architecture#vocabulary} is that of the logits. */
    private Weight embedding() {
        String own = side + "token_embd.weight";
        boolean sources = side.equals("enc.") && weights.has(own);
        return weights.matrix("embedding", Weight.NO_LAYER, weights.has(own) ? own : "token_embd.weight",
                sources ? weights.rows(own) : architecture.vocabulary(), architecture.hiddenSize());
    }

    /** The class token has no patch: its row is zeros, and its embedding comes with the positions. */
    private Value patches(Architecture.Patches patches) {
        Value pixels = value("patches", patches.patchWidth());
        ops.add(new Op.InputEmbeddings(pixels));
        Value projected = project("patch", "patch_embd", weights.has("patch_embd.bias"), pixels, architecture.hiddenSize());
        Weight positions = weights.matrix("position", Weight.NO_LAYER, "position_embd.weight", patches.rows(), architecture.hiddenSize());
        List<Weight> tokens = new ArrayList<>(List.of(
                weights.vector("class", Weight.NO_LAYER, "class_embd.weight", architecture.hiddenSize())));
        if (patches.distilled()) {
            tokens.add(weights.vector("distillation", Weight.NO_LAYER, "distill_embd.weight", architecture.hiddenSize()));
        }
        Optional<Weight> bias = weights.has("patch_embd.bias")
                ? Optional.of(weights.vector("patch.bias", Weight.NO_LAYER, "patch_embd.bias", architecture.hiddenSize()))
                : Optional.empty();
        return place(projected, Optional.of(PositionTables.withTokens(positions, tokens, bias)));
    }

    private Value place(Value embedded, Optional<Weight> positions) {
        return positions.map(table -> {
            Value placed = value("embedding with position", architecture.hiddenSize());
            ops.add(new Op.AddPosition(embedded, table, placed));
            return placed;
        }).orElse(embedded);
    }

    /** Adds all layers. */
    void layers() {
        for (Architecture.Layer one : form.layers()) {
            layer = layers.size();
            stream = layer(one, stream);
            layers.add(taken());
        }
        layer = Weight.NO_LAYER;
    }

    private Value layer(Architecture.Layer one, Value input) {
        Value sum = part(one.norms().mixer(), "attention", "attn_norm", "post_attention_norm", "attn_output_norm", one.residualScale(),
                input, normed -> mixer(one.mixer(), normed));
        if (one.cross().isPresent()) {
            sum = part(one.norms().cross(), "cross", "cross_attn_norm", "", "cross_attn_output_norm", one.residualScale(), sum,
                    normed -> crossAttention(one.cross().get(), normed));
        }
        return part(one.norms().feedForward(), "ffn", "ffn_norm", "post_ffw_norm", "layer_output_norm", one.residualScale(), sum,
                normed -> feedForward(one.feedForward(), normed));
    }

    private interface Part {
        Value of(Value input);
    }

    /** A part of a layer between its norms, and the residual sum. */
    private Value part(Architecture.Placement norms, String role, String before, String after, String sum, float residualScale, Value input,
            Part part) {
        Value output = part.of(norm(norms.before(), role + ".norm", prefix() + before, input));
        output = norm(norms.after(), role + ".after", prefix() + after, output);
        return norm(norms.sum(), role + ".sum", prefix() + sum, add(input, scale(output, residualScale)));
    }

    private Value mixer(Architecture.Mixer mixer, Value input) {
        return switch (mixer) {
            case Architecture.Attention attention -> attention(attention, input);
            case Architecture.Recurrent recurrent -> recurrence(recurrent, input);
        };
    }

    private Value recurrence(Architecture.Recurrent one, Value input) {
        Value candidate = project("recurrence.candidate", "rnn_candidate", one.candidateBias(), input, architecture.hiddenSize());
        Value forget = project("recurrence.forget", "rnn_forget", true, input, architecture.hiddenSize());
        Value state = value("state", architecture.hiddenSize());
        ops.add(new Op.Recurrence(layer, candidate, forget, state));
        return activate(Activation.RELU, "state activated", state);
    }

    private Value attention(Architecture.Attention one, Value input) {
        int queryWidth = one.heads() * one.headDimension();
        int kvWidth = one.kvHeads() * one.headDimension();
        Value query;
        Value key;
        Value value;
        if (one.packed()) {
            int all = queryWidth + 2 * kvWidth;
            query = slice("attention.q", "attn_qkv", one.inputBias(), input, all, 0, queryWidth);
            key = slice("attention.k", "attn_qkv", one.inputBias(), input, all, queryWidth, queryWidth + kvWidth);
            value = slice("attention.v", "attn_qkv", one.inputBias(), input, all, queryWidth + kvWidth, all);
        } else {
            query = project("attention.q", "attn_q", one.inputBias(), input, queryWidth);
            key = project("attention.k", "attn_k", one.inputBias(), input, kvWidth);
            value = project("attention.v", "attn_v", one.inputBias(), input, kvWidth);
        }
        query = headNorm(one, "attention.q.norm", "attn_q_norm", query);
        key = headNorm(one, "attention.k.norm", "attn_k_norm", key);
        if (one.rotary().isPresent()) {
            query = rope(one.rotary().get(), one.headDimension(), query);
            key = rope(one.rotary().get(), one.headDimension(), key);
        }
        Value attended = value("attention", queryWidth);
        ops.add(new Op.Attention(mask == Op.Mask.BIDIRECTIONAL ? 0 : layer, query, key, value, one.heads(), one.kvHeads(),
                one.headDimension(), one.scale(), mask, one.window(), one.softCap(),
                one.relative().map(relative -> bias(relative, one.heads())), attended));
        return project("attention.output", side.isEmpty() ? "attn_output" : "attn_o", one.outputBias(), attended,
                architecture.hiddenSize());
    }

    /** A layer without a table of its own has that of the first. */
    private RelativeBias bias(Architecture.Relative relative, int heads) {
        boolean own = weights.has(prefix() + "attn_rel_b.weight");
        Weight table = weights.matrix("attention.bias", own ? layer : 0,
                own ? prefix() + "attn_rel_b.weight" : side + "blk.0.attn_rel_b.weight", relative.buckets(), heads);
        return new RelativeBias(table, relative.maxDistance(), mask);
    }

    private Value crossAttention(Architecture.Attention one, Value input) {
        int width = one.heads() * one.headDimension();
        Value query = project("cross.q", "cross_attn_q", one.inputBias(), input, width);
        Value attended = value("cross attention", width);
        ops.add(new Op.CrossAttention(layer, query, one.heads(), one.headDimension(), one.scale(), attended));
        return project("cross.output", "cross_attn_o", one.outputBias(), attended, architecture.hiddenSize());
    }

    /** For each layer of {@code decoder}, the keys and values that its cross-attention reads, made of {@code hidden}. */
    void storeCrossCache(Architecture.Stack decoder, Value hidden) {
        List<Op> rest = taken();
        crossCaches = new ArrayList<>();
        for (Architecture.Layer one : decoder.layers()) {
            Architecture.Attention cross = one.cross().orElseThrow();
            layer = crossCaches.size();
            int width = cross.heads() * cross.headDimension();
            String block = "dec.blk." + layer + ".";
            Value key = slice("cross.k", block + "cross_attn_k", hidden, width, cross.inputBias());
            Value value = slice("cross.v", block + "cross_attn_v", hidden, width, cross.inputBias());
            ops.add(new Op.StoreCrossCache(layer, key, value));
            crossCaches.add(taken());
        }
        layer = Weight.NO_LAYER;
        ops = new ArrayList<>(rest);
    }

    private Value feedForward(Architecture.FeedForward one, Value input) {
        Value inner;
        if (one.gated()) {
            Value gate = one.packed() ? slice("ffn.gate", "ffn_up", one.inputBias(), input, 2 * one.intermediateSize(), 0,
                    one.intermediateSize()) : project("ffn.gate", "ffn_gate", one.inputBias(), input, one.intermediateSize());
            Value up = one.packed() ? slice("ffn.up", "ffn_up", one.inputBias(), input, 2 * one.intermediateSize(), one.intermediateSize(),
                    2 * one.intermediateSize()) : project("ffn.up", "ffn_up", one.inputBias(), input, one.intermediateSize());
            Value activated = activate(one.activation(), "ffn activated", gate);
            inner = value("ffn gated", one.intermediateSize());
            ops.add(new Op.Multiply(activated, up, inner));
        } else {
            inner = activate(one.activation(), "ffn activated", project(
                    "ffn.up", "ffn_up", one.inputBias(), input, one.intermediateSize()));
        }
        return project("ffn.down", "ffn_down", one.outputBias(), inner, architecture.hiddenSize());
    }

    /** The stream behind the last layer and its norm, every row. */
    Value finished() {
        return norm(form.norm(), "output.norm", side + "output_norm", stream);
    }

    /**
     * @param selected  of the output rows only
     * @param shortlist of a batch's candidates only
     */
    Value logits(Architecture.Output one, boolean selected, boolean shortlist) {
        Value rows = stream;
        if (selected) {
            rows = value("selected rows", stream.width());
            ops.add(new Op.SelectRows(stream, rows));
        }
        Value normed = norm(form.norm(), "output.norm", side + "output_norm", rows);
        if (one.tied()) {
            weights.know("output.weight"); // the embedding once more
        }
        Weight weight = one.tied() ? embedding()
                : weights.matrix("output", Weight.NO_LAYER, "output.weight", architecture.vocabulary(), architecture.hiddenSize());
        Optional<Weight> bias = one.bias()
                ? Optional.of(weights.vector("output.bias", Weight.NO_LAYER, "output.bias", architecture.vocabulary()))
                : Optional.empty();
        Value logits = value("logits", architecture.vocabulary());
        if (shortlist) {
            // scaling what goes in, not what comes out, leaves the product last
            ops.add(new Op.Shortlist(scale(normed, one.scale()), weight, bias, logits));
            return logits;
        }
        ops.add(new Op.MatMul(normed, weight, bias, logits));
        Value scaled = scale(logits, one.scale());
        if (one.softCap() == 0) {
            return scaled;
        }
        Value capped = value("capped logits", architecture.vocabulary());
        ops.add(new Op.SoftCap(scaled, one.softCap(), capped));
        return capped;
    }

    /** One row a sequence. */
    Value pool(Pooling pooling, Value rows) {
        Value pooled = value("pooled", rows.width());
        ops.add(switch (pooling) {
            case MEAN -> new Op.MeanRows(rows, pooled);
            case FIRST, LAST -> new Op.SelectRows(rows, pooled);
        });
        return pooled;
    }

    /** What the head's last projection reads. */
    Value headVector(Architecture.Head head, Value hidden) {
        Value vector = switch (head.task()) {
            case SEQUENCE, MULTI_LABEL, REGRESSION -> pool(head.pooling(), hidden);
            case TOKENS, SPAN -> hidden;
        };
        if (head.dense()) {
            vector = project("head.dense", "cls", head.denseBias(), vector, architecture.hiddenSize());
        }
        if (head.activation().isPresent()) {
            vector = activate(head.activation().get(), "head activated", vector);
        }
        return norm(head.norm(), "head.norm", "cls.norm", vector);
    }

    /**
     * Of a distilled model, [rows, 2 * labels]: what the head makes of every row, then what the second head makes of it; the first
     * counts for a sequence's first row, the second for its second.
     */
    Value head(Architecture.Head head, Value hidden) {
        Value vector = headVector(head, hidden);
        int labels = head.labels().size();
        if (!head.distilled()) {
            return project("head.output", "cls.output", head.bias(), vector, labels);
        }
        Weight weight = ModelWeights.stacked(weights.matrix("head.output", Weight.NO_LAYER, "cls.output.weight", labels, vector.width()),
                weights.matrix("head.output", Weight.NO_LAYER, "cls.distilled.weight", labels, vector.width()));
        Optional<Weight> bias = head.bias() ? Optional.of(ModelWeights.stacked(
                weights.vector("head.output.bias", Weight.NO_LAYER, "cls.output.bias", labels),
                weights.vector("head.output.bias", Weight.NO_LAYER, "cls.distilled.bias", labels))) : Optional.empty();
        Value output = value("head.output", 2 * labels);
        ops.add(new Op.MatMul(vector, weight, bias, output));
        return output;
    }

    private Value norm(Optional<Architecture.Norm> one, String role, String tensor, Value input) {
        return one.map(norm -> norm(norm, role, tensor, input, input.width())).orElse(input);
    }

    private Value headNorm(Architecture.Attention one, String role, String tensor, Value input) {
        return one.headNorm().map(norm -> norm(norm, role, prefix() + tensor, input, one.headDimension())).orElse(input);
    }

    /** A norm of groups of {@code group} neighbours. */
    private Value norm(Architecture.Norm one, String role, String tensor, Value input, int group) {
        Value output = value(role, input.width());
        Optional<Weight> bias = one.bias() && one.kind() == NormKind.LAYER
                ? Optional.of(weights.vector(role + ".bias", layer, tensor + ".bias", group))
                : Optional.empty();
        ops.add(new Op.Norm(one.kind(), input, weights.vector(role, layer, tensor + ".weight", group), bias, one.epsilon(), output));
        return output;
    }

    private Value project(String role, String tensor, boolean bias, Value input, int width) {
        return slice(role, tensor, bias, input, width, 0, width);
    }

    private Value slice(String role, String name, Value input, int width, boolean bias) {
        return slice(role, name, bias, input, width, 0, width, "");
    }

    private Value slice(String role, String tensor, boolean bias, Value input, int rows, int from, int to) {
        return slice(role, tensor, bias, input, rows, from, to, prefix());
    }

    /** The product with rows {@code from} to {@code to} of a tensor [rows, input width]. */
    private Value slice(String role, String tensor, boolean bias, Value input, int rows, int from, int to, String prefix) {
        Value output = value(role, to - from);
        String name = prefix + tensor;
        Weight weight = weights.matrix(role, layer, name + ".weight", rows, input.width(), from, to);
        Optional<Weight> added = bias ? Optional.of(weights.vector(role + ".bias", layer, name + ".bias", rows, from, to))
                : Optional.empty();
        ops.add(new Op.MatMul(input, weight, added, output));
        return output;
    }

    private Value rope(Rotary rotary, int headDimension, Value input) {
        Value output = value(input.name() + " turned", input.width());
        ops.add(new Op.Rope(input, ropeTables.get(rotary), rotary.layout(), headDimension, output));
        return output;
    }

    private Value activate(Activation function, String name, Value input) {
        Value output = value(name, input.width());
        ops.add(new Op.Activate(function, input, output));
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
        Rotary.Angles angles = rotary.angles(0);
        int border = rotary.border();
        if (border >= contextLength) { // where no sequence can pass the border there is none
            return new RopeTable(angles.frequencies(), angles.magnitude());
        }
        return rotary.scaling() instanceof Rotary.Dynamic dynamic ? new RopeTable(angles.frequencies(), angles.magnitude(), dynamic)
                : new RopeTable(angles.frequencies(), angles.magnitude(), border, rotary.angles(contextLength).frequencies());
    }

    private Value value(String name, int width) {
        String place = layer == Weight.NO_LAYER || name.startsWith("layer ") ? name : "layer " + layer + " " + name;
        Value value = new Value(values.size(), place, width);
        values.add(value);
        return value;
    }

    private String prefix() {
        return layer == Weight.NO_LAYER ? "" : side + "blk." + layer + ".";
    }

    private List<Op> taken() {
        List<Op> finished = ops;
        ops = new ArrayList<>();
        return finished;
    }
}
