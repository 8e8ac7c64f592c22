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

    /** The values written; one, except for {@link Fused}. */
    List<Value> outputs();

    /** The weights read. */
    List<Weight> weights();

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

    /** out[r] = table[token[r]] * scale. Table [vocabulary, width]. */
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
    }

    /** out[r] = input[r] + table[position[r]]. Table [positions, width]. */
    record AddPosition(Value input, Weight table, Value output) implements Plain {
        public AddPosition {
            require(table.columns() == output.width() && input.width() == output.width(), "AddPosition", input, table, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }

        @Override
        public List<Weight> weights() {
            return List.of(table);
        }
    }

    /**
     * Normalises each group of {@code gain.columns()} neighbours in a row on its own: the whole row when the gain is as wide as the
     * input, each head for the norms of q and k. Formulas at {@link NormKind}.
     */
    record Norm(NormKind kind, Value input, Weight gain, Optional<Weight> bias, float epsilon, Value output) implements Plain {
        public Norm {
            require(input.width() == output.width() && input.width() % gain.columns() == 0 && gain.rows() == 1
                    && bias.stream().allMatch(b -> b.columns() == gain.columns()), "Norm", input, gain, bias, output);
            require(kind == NormKind.LAYER || bias.isEmpty(), "Norm: an RMS norm has no bias", bias);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }

        @Override
        public List<Weight> weights() {
            return Stream.concat(Stream.of(gain), bias.stream()).toList();
        }
    }

    /** out[r, i] = sum over j of input[r, j] * weight[i, j], plus bias[i]. Weight [output width, input width]. */
    record MatMul(Value input, Weight weight, Optional<Weight> bias, Value output) implements Plain {
        public MatMul {
            require(weight.columns() == input.width() && weight.rows() == output.width()
                    && bias.stream().allMatch(b -> b.columns() == output.width()), "MatMul", input, weight, bias, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }

        @Override
        public List<Weight> weights() {
            return Stream.concat(Stream.of(weight), bias.stream()).toList();
        }
    }

    /** Turns the pairs of each head of {@code headWidth} by the angle of the row's position: {@link RopeTable}. */
    record Rope(Value input, RopeTable table, RopeLayout layout, int headWidth, Value output) implements Plain {
        public Rope {
            require(input.width() == output.width() && input.width() % headWidth == 0
                    && table.rotatedWidth() <= headWidth, "Rope with heads of " + headWidth, input, table, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /**
     * Appends each row's key and value to the cache of its sequence at its position, then attends causally: for head h of row r,
     * scores over cache positions t with {@code position[r] - window < t <= position[r]} (all of them when window is 0) are
     * {@code softmax(cap(scale * q . k[t]))}, cap(s) = softCap * tanh(s / softCap) when softCap is not 0; the output is their sum over
     * v[t]. Query head h reads key-value head {@code h / (heads / kvHeads)}. All rows of a step are appended before any attends.
     *
     * @param layer number of the cache this op reads and writes, from 0
     * @param query [rows, heads * headWidth]; key, value [rows, kvHeads * headWidth]; output as query
     */
    record Attention(int layer, Value query, Value key, Value value, int heads, int kvHeads, int headWidth, float scale,
            int window, float softCap, Value output) implements Plain {
        public Attention {
            require(heads > 0 && kvHeads > 0 && heads % kvHeads == 0 && query.width() == heads * headWidth
                    && key.width() == kvHeads * headWidth && value.width() == key.width() && output.width() == query.width()
                    && window >= 0 && softCap >= 0, "Attention with " + heads + "/" + kvHeads + " heads of " + headWidth,
                    query, key, value, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(query, key, value);
        }
    }

    /** out = left + right. */
    record Add(Value left, Value right, Value output) implements Plain {
        public Add {
            require(left.width() == right.width() && left.width() == output.width(), "Add", left, right, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(left, right);
        }
    }

    /** out = left * right, element by element. */
    record Multiply(Value left, Value right, Value output) implements Plain {
        public Multiply {
            require(left.width() == right.width() && left.width() == output.width(), "Multiply", left, right, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(left, right);
        }
    }

    /** out = function(input), element by element. */
    record Activate(Activation function, Value input, Value output) implements Plain {
        public Activate {
            require(input.width() == output.width(), "Activate", input, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** out = input * factor: residual and logit scales. */
    record Scale(Value input, float factor, Value output) implements Plain {
        public Scale {
            require(input.width() == output.width(), "Scale", input, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** out = cap * tanh(input / cap): Gemma 2's logits. */
    record SoftCap(Value input, float cap, Value output) implements Plain {
        public SoftCap {
            require(input.width() == output.width() && cap > 0, "SoftCap of " + cap, input, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** out[i] = input[batch.outputRows()[i]]: only the rows whose logits are asked for go on. Everything after it has that many rows. */
    record SelectRows(Value input, Value output) implements Plain {
        public SelectRows {
            require(input.width() == output.width(), "SelectRows", input, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** out[r, 0] = the index of the largest element of input[r], the lowest such index, as a float (exact up to 2^24). Output width 1. */
    record ArgMax(Value input, Value output) implements Plain {
        public ArgMax {
            require(output.width() == 1 && input.width() <= 1 << 24, "ArgMax", input, output);
        }

        @Override
        public List<Value> inputs() {
            return List.of(input);
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
            require(parts.stream().noneMatch(Fused.class::isInstance), "Fused: parts are plain operations", kind);
        }

        @Override
        public List<Weight> weights() {
            List<Weight> all = new ArrayList<>();
            parts.forEach(part -> all.addAll(part.weights()));
            return List.copyOf(all);
        }
    }

    private static void require(boolean fits, String op, Object... what) {
        if (!fits) {
            throw new ShapeException(op + ": shapes do not fit: " + List.of(what));
        }
    }
}
