package org.waterspout.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/**
 * The vocabulary of operations. Every backend is a switch over this type without a default, so that a new operation
 * fails to compile exactly where work is due. A value is [rows, width]; row r of a step is the token {@code batch.tokens()[r]}
 * at {@code batch.positions()[r]} of sequence {@code batch.sequences()[r]}. Compact constructors check shapes.
 */
public sealed interface Op {

    /** The values read, in the order of the record's components. */
    List<Value> inputs();

    /** The values written; one, except for {@link Fused} and {@link StoreCrossCache}. */
    List<Value> outputs();

    /** The weights read. */
    List<Weight> weights();

    /** How {@code weight}, one of {@link #weights()}, is read; an operation with weights says so. */
    default WeightUse use(Weight weight) {
        throw new IllegalStateException(label() + " does not say how it reads " + weight);
    }

    /** What it is called in reports and messages: "MatMul". */
    default String label() {
        return getClass().getSimpleName();
    }

    /** The columns of {@code input} that a part of the columns of the output needs. */
    Columns reads(Value input);

    /** How the columns of {@code output} may be shared out. */
    Columns writes(Value output);

    /** What it has to do with the step it runs in; {@link Fused} leaves the answer to its parts. */
    StepUse step();

    /** The operations that it stands for: itself, or the parts of a group. */
    default List<Op> plain() {
        return List.of(this);
    }

    /** An operation on its own: one output, and mostly no weights. */
    sealed interface Plain extends Op {

        Value output();

        @Override
        default List<Value> outputs() {
            return List.of(output());
        }

        @Override
        default List<Weight> weights() {
            return List.of();
        }
    }

    /** Column i of the output depends on columns i of the inputs only. */
    sealed interface ByColumn extends Plain {

        @Override
        default Columns reads(Value input) {
            return Columns.ANY;
        }

        @Override
        default Columns writes(Value output) {
            return Columns.ANY;
        }
    }

    /** Every column of the output depends on all columns of the input. */
    sealed interface Dense extends Plain {

        @Override
        default Columns reads(Value input) {
            return Columns.ALL;
        }

        @Override
        default Columns writes(Value output) {
            return Columns.ANY;
        }
    }

    /** Reads one value. */
    sealed interface Unary extends Op {

        Value input();

        @Override
        default List<Value> inputs() {
            return List.of(input());
        }
    }

    /** Each head of the output depends on the same head of the input. */
    sealed interface ByHead extends Plain {

        int headDimension();

        @Override
        default Columns reads(Value input) {
            return new Columns(headDimension());
        }

        @Override
        default Columns writes(Value output) {
            return new Columns(headDimension());
        }
    }

    /** out[r] = table[token[r]] * scale, zeros for {@link org.waterspout.backend.Batch#NO_TOKEN}. Table [vocabulary, width]. */
    record Embed(Weight table, float scale, Value output) implements Plain {
        public Embed {
            require(table.columns() == output.width(), "Embed", table, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of();
        }

        @Override
        public List<Weight> weights() {
            return List.of(table);
        }

        @Override
        public WeightUse use(Weight read) {
            return WeightUse.TABLE;
        }

        @Override
        public Columns reads(Value value) {
            return Columns.ALL;
        }

        @Override
        public Columns writes(Value value) {
            return Columns.ALL;
        }

        @Override
        public StepUse step() {
            return StepUse.reads(BatchInput.Kind.TOKENS, table.rows());
        }
    }

    /** out[r] = input[r] + table[position[r]]. Table [positions, width]. */
    record AddPosition(Value input, Weight table, Value output) implements ByColumn, Unary {
        public AddPosition {
            require(table.columns() == output.width() && input.width() == output.width(), "AddPosition", input, table, output);
        }

        @Override
        public List<Weight> weights() {
            return List.of(table);
        }

        @Override
        public WeightUse use(Weight read) {
            return WeightUse.TABLE;
        }

        @Override
        public StepUse step() {
            return StepUse.reads(BatchInput.Kind.POSITIONS, table.rows());
        }
    }

    /** out[r] = input[r] + table[type[r]]. Table [types, width]. */
    record AddType(Value input, Weight table, Value output) implements ByColumn, Unary {
        public AddType {
            require(table.columns() == output.width() && input.width() == output.width(), "AddType", input, table, output);
        }

        @Override
        public List<Weight> weights() {
            return List.of(table);
        }

        @Override
        public WeightUse use(Weight read) {
            return WeightUse.TABLE;
        }

        @Override
        public StepUse step() {
            return StepUse.reads(BatchInput.Kind.TYPES, table.rows());
        }
    }

    /** out[r] = batch.inputEmbeddings()[r]: what enters is no tokens but numbers, the patches of an image. */
    record InputEmbeddings(Value output) implements Dense {

        @Override
        public List<Value> inputs() {
            return List.of();
        }

        @Override
        public StepUse step() {
            return StepUse.reads(BatchInput.Kind.EMBEDDINGS, output.width());
        }
    }

    /**
     * Normalises each group of {@code gain.columns()} neighbours in a row on its own: the whole row when the gain is as wide as the
     * input, each head for the norms of q and k. Formulas at {@link NormKind}.
     */
    record Norm(NormKind kind, Value input, Weight gain, Optional<Weight> bias, float epsilon, Value output) implements Plain, Unary {
        public Norm {
            require(input.width() == output.width() && input.width() % gain.columns() == 0 && gain.rows() == 1
                    && bias.stream().allMatch(b -> b.columns() == gain.columns()), "Norm", input, gain, bias, output);
            require(kind == NormKind.LAYER || bias.isEmpty(), "Norm: an RMS norm has no bias", bias);
        }

        @Override
        public List<Weight> weights() {
            return Stream.concat(Stream.of(gain), bias.stream()).toList();
        }

        @Override
        public WeightUse use(Weight read) {
            return read == gain ? WeightUse.GAIN : WeightUse.BIAS;
        }

        @Override
        public Columns reads(Value value) {
            return groups();
        }

        @Override
        public Columns writes(Value value) {
            return groups();
        }

        private Columns groups() {
            return gain.columns() == input.width() ? Columns.ALL : new Columns(gain.columns());
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out[r, i] = sum over j of input[r, j] * weight[i, j], plus bias[i]. Weight [output width, input width]. */
    record MatMul(Value input, Weight weight, Optional<Weight> bias, Value output) implements Dense, Unary {
        public MatMul {
            require(weight.columns() == input.width() && weight.rows() == output.width()
                    && bias.stream().allMatch(b -> b.columns() == output.width()), "MatMul", input, weight, bias, output);
        }

        @Override
        public List<Weight> weights() {
            return Stream.concat(Stream.of(weight), bias.stream()).toList();
        }

        @Override
        public WeightUse use(Weight read) {
            return read == weight ? WeightUse.PRODUCT : WeightUse.BIAS;
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** Turns the pairs of each head of {@code headDimension} by the angle of the row's position: {@link RopeTable}. */
    record Rope(Value input, RopeTable table, RopeLayout layout, int headDimension, Value output) implements ByHead, Unary {
        public Rope {
            require(input.width() == output.width() && input.width() % headDimension == 0
                    && table.rotatedWidth() <= headDimension, "Rope with heads of " + headDimension, input, table, output);
        }

        @Override
        public StepUse step() {
            return StepUse.turns(new Turn(table, layout, headDimension));
        }
    }

    /** Which positions of its own sequence a row attends to. */
    enum Mask {
        /** Those up to its own. */
        CAUSAL,
        /** All of them. A step holds whole sequences, each from position 0. */
        BIDIRECTIONAL
    }

    /**
     * Appends each row's key and value to the cache of its sequence at its position, then attends: for head h of row r, scores over the
     * cache positions t of its {@code mask} at a distance below {@code window} (any, when window is 0) are
     * {@code softmax(cap(scale * q . k[t] + bias[h, t - position[r]]))}, cap(s) = softCap * tanh(s / softCap) when softCap is not 0; the
     * output is their sum over v[t]. Query head h reads key-value head {@code h / (heads / kvHeads)}. All rows of a step are appended
     * before any attends.
     *
     * @param layer number of the cache this op reads and writes, from 0; layers of a {@code BIDIRECTIONAL} mask share one, since nothing in
     *              it outlives the operation
     * @param query [rows, heads * headDimension]; key, value [rows, kvHeads * headDimension]; output as query
     */
    record Attention(int layer, Value query, Value key, Value value, int heads, int kvHeads, int headDimension, float scale, Mask mask,
            int window, float softCap, Optional<RelativeBias> bias, Value output) implements ByHead {
        public Attention {
            require(heads > 0 && kvHeads > 0 && heads % kvHeads == 0 && query.width() == heads * headDimension
                    && key.width() == kvHeads * headDimension && value.width() == key.width() && output.width() == query.width()
                    && window >= 0 && softCap >= 0 && bias.stream().allMatch(b -> b.table().columns() == heads),
                    "Attention with " + heads + "/" + kvHeads + " heads of " + headDimension, query, key, value, bias, output);
        }

        /** Causal, without bias. */
        public Attention(int layer, Value query, Value key, Value value, int heads, int kvHeads, int headDimension, float scale, int window,
                float softCap, Value output) {
            this(layer, query, key, value, heads, kvHeads, headDimension, scale, Mask.CAUSAL, window, softCap, Optional.empty(), output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(query, key, value);
        }

        @Override
        public List<Weight> weights() {
            return bias.stream().map(RelativeBias::table).toList();
        }

        @Override
        public WeightUse use(Weight read) {
            return WeightUse.DISTANCES;
        }

        @Override
        public Columns reads(Value read) {
            return read == query ? new Columns(headDimension) : Columns.ALL;
        }

        @Override
        public StepUse step() {
            Attends.Keys keys = switch (mask) {
                case CAUSAL -> new Attends.Keys.OfSequence(layer, key, value);
                case BIDIRECTIONAL -> new Attends.Keys.OfStep(layer, key, value);
            };
            Optional<Kept> kept = mask == Mask.CAUSAL ? Optional.of(new Kept.KeysAndValues(layer, kvHeads, headDimension))
                    : Optional.empty();
            return StepUse.attends(new Attends(query, heads, kvHeads, headDimension, bias, keys), kept, mask == Mask.BIDIRECTIONAL);
        }
    }

    /**
     * Writes each row's key and value to cross-attention cache number {@code cache} of its source, {@code batch.sequences()[r]}, at its
     * position: what {@link CrossAttention} reads for as long as the source is not encoded anew. Stands in {@link Graph#crossCaches} only.
     *
     * @param key [rows, heads * headDimension]; value as key
     */
    record StoreCrossCache(int cache, Value key, Value value) implements Op {
        public StoreCrossCache {
            require(key.width() == value.width() && cache >= 0, "StoreCrossCache", key, value);
        }

        @Override
        public List<Value> inputs() {
            return List.of(key, value);
        }

        @Override
        public List<Value> outputs() {
            return List.of();
        }

        @Override
        public List<Weight> weights() {
            return List.of();
        }

        @Override
        public Columns reads(Value read) {
            return Columns.ALL;
        }

        @Override
        public Columns writes(Value written) {
            return Columns.ALL;
        }

        @Override
        public StepUse step() {
            return StepUse.keeps(new Kept.SourceKeysAndValues(cache, key.width()));
        }
    }

    /**
     * For head h of row r, softmax(scale * q . k[t]) over all positions t of cross-attention cache number {@code cache} of source
     * {@code batch.source(r)}, times v[t].
     *
     * @param query [rows, heads * headDimension]; output as query
     */
    record CrossAttention(int cache, Value query, int heads, int headDimension, float scale, Value output) implements ByHead {
        public CrossAttention {
            require(heads > 0 && query.width() == heads * headDimension && output.width() == query.width() && cache >= 0,
                    "CrossAttention with " + heads + " heads of " + headDimension, query, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(query);
        }

        @Override
        public StepUse step() {
            return StepUse.attends(new Attends(query, heads, heads, headDimension, Optional.empty(), new Attends.Keys.OfSource(cache)),
                    Optional.empty(), false);
        }
    }

    /**
     * The state of a recurrent unit (SSRU, Kim et al. 2019): state = f * state before + (1 - f) * candidate[r], f = sigmoid(forget[r]);
     * out[r] = state. Rows of a sequence follow one another; the state before position 0 is zeros.
     *
     * @param layer number of the state this op reads and writes, from 0
     */
    record Recurrence(int layer, Value candidate, Value forget, Value output) implements ByColumn {
        public Recurrence {
            require(candidate.width() == forget.width() && candidate.width() == output.width() && layer >= 0, "Recurrence", candidate,
                    forget, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(candidate, forget);
        }

        @Override
        public StepUse step() {
            return StepUse.keeps(new Kept.State(layer, output.width()));
        }
    }

    /** out = left + right. */
    record Add(Value left, Value right, Value output) implements ByColumn {
        public Add {
            require(left.width() == right.width() && left.width() == output.width(), "Add", left, right, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(left, right);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out = left * right, element by element. */
    record Multiply(Value left, Value right, Value output) implements ByColumn {
        public Multiply {
            require(left.width() == right.width() && left.width() == output.width(), "Multiply", left, right, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(left, right);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out = function(input), element by element. */
    record Activate(Activation function, Value input, Value output) implements ByColumn, Unary {
        public Activate {
            require(input.width() == output.width(), "Activate", input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out = input * factor: residual and logit scales. */
    record Scale(Value input, float factor, Value output) implements ByColumn, Unary {
        public Scale {
            require(input.width() == output.width(), "Scale", input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out = cap * tanh(input / cap): Gemma 2's logits. */
    record SoftCap(Value input, float cap, Value output) implements ByColumn, Unary {
        public SoftCap {
            require(input.width() == output.width() && cap > 0, "SoftCap of " + cap, input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /** out[i] = input[batch.outputRows()[i]]: only the rows whose logits are asked for go on. Everything after it has that many rows. */
    record SelectRows(Value input, Value output) implements ByColumn, Unary {
        public SelectRows {
            require(input.width() == output.width(), "SelectRows", input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.selectsRows(false);
        }
    }

    /**
     * out[i] = the mean of input's rows of the sequence that ends at row batch.outputRows()[i]: rows from behind
     * batch.outputRows()[i - 1] on. Everything after it has that many rows.
     */
    record MeanRows(Value input, Value output) implements ByColumn, Unary {
        public MeanRows {
            require(input.width() == output.width(), "MeanRows", input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.selectsRows(true);
        }
    }

    /**
     * As {@link MatMul}, but where the batch has candidates, only for these: out[r, c] = input[r] . weight[candidates[c]] +
     * bias[candidates[c]] for c below their number; the columns behind are not defined. Only ever a graph's output.
     */
    record Shortlist(Value input, Weight weight, Optional<Weight> bias, Value output) implements Dense, Unary {
        public Shortlist {
            require(weight.columns() == input.width() && weight.rows() == output.width()
                    && bias.stream().allMatch(b -> b.columns() == output.width()), "Shortlist", input, weight, bias, output);
        }

        @Override
        public List<Weight> weights() {
            return Stream.concat(Stream.of(weight), bias.stream()).toList();
        }

        @Override
        public WeightUse use(Weight read) {
            return read == weight ? WeightUse.PRODUCT : WeightUse.BIAS;
        }

        @Override
        public StepUse step() {
            return StepUse.reads(BatchInput.Kind.CANDIDATES, output.width());
        }
    }

    /** out[r, 0] = the index of the largest element of input[r], the lowest such index, as a float (exact up to 2^24). Output width 1. */
    record ArgMax(Value input, Value output) implements Dense, Unary {
        public ArgMax {
            require(output.width() == 1 && input.width() <= 1 << 24, "ArgMax", input, output);
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    /**
     * Operations run as one. Its meaning is that of its parts, one after the other; values between parts are not kept.
     *
     * @param parts   plain operations in order
     * @param inputs  what the parts read and no part writes
     * @param outputs what the parts write and something outside reads
     */
    record Fused(FusionKind kind, List<Op> parts, List<Value> inputs, List<Value> outputs) implements Op {
        public Fused {
            parts = List.copyOf(parts);
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            require(parts.stream().allMatch(part -> part.plain().equals(List.of(part))), "Fused: parts are plain operations", kind);
        }

        @Override
        public List<Op> plain() {
            return parts;
        }

        @Override
        public String label() {
            return "Fused " + kind;
        }

        @Override
        public List<Weight> weights() {
            List<Weight> all = new ArrayList<>();
            parts.forEach(part -> all.addAll(part.weights()));
            return List.copyOf(all);
        }

        @Override
        public WeightUse use(Weight read) {
            return parts.stream().filter(part -> part.weights().contains(read)).findFirst().orElseThrow().use(read);
        }

        @Override
        public Columns reads(Value value) {
            return Columns.ALL;
        }

        @Override
        public Columns writes(Value value) {
            return Columns.ALL;
        }

        @Override
        public StepUse step() {
            return StepUse.NONE;
        }
    }

    private static void require(boolean fits, String op, Object... what) {
        if (!fits) {
            throw new ShapeException(op + ": shapes do not fit: " + List.of(what));
        }
    }
}
