package org.waterspout.graph;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model as operations in the order they run: {@code before} once, then each layer, then {@code after}. Layers of one
 * model mostly have the same operations in the same order and differ in weights and scalars only, so a backend may compile one
 * layer for all. A layer reads what {@code before} or the layer in front of it wrote, its own values, and nothing else.
 *
 * <p>An encoder-decoder is the graph of its decoder, which holds that of its encoder. The two share no values and have numbers of
 * their own for caches; what they share is the cross-attention cache: the encoder's {@code crossCaches} operations fill it, the decoder's
 * {@link Op.CrossAttention} reads it.
 *
 * @param crossCaches of an encoder with a decoder: for each cache, the operations that fill it; they read {@code output} and their own
 *                    values
 * @param values      every value, by id
 * @param output      what a step returns: [rows, output.width()], rows of {@link Op.SelectRows} if the graph has one, else of the batch
 * @param cacheLayers number of key-value caches (the largest Attention.layer plus one)
 * @param encoder     of an encoder-decoder
 */
public record Graph(String name, List<Op> before, List<List<Op>> layers, List<Op> after, List<List<Op>> crossCaches, List<Value> values,
        Value output, int cacheLayers, Optional<Graph> encoder) {

    public Graph {
        before = List.copyOf(before);
        layers = layers.stream().map(List::copyOf).toList();
        after = List.copyOf(after);
        crossCaches = crossCaches.stream().map(List::copyOf).toList();
        values = List.copyOf(values);
        for (int id = 0; id < values.size(); id++) {
            if (values.get(id).id() != id) {
                throw new ShapeException("graph " + name + ": value " + id + " is numbered " + values.get(id).id());
            }
        }
        checkOrder(name, inOrder(before, layers, after, crossCaches).toList(), values.size(), output);
    }

    /** A decoder, or an encoder without one. */
    public Graph(String name, List<Op> before, List<List<Op>> layers, List<Op> after, List<Value> values, Value output, int cacheLayers) {
        this(name, before, layers, after, List.of(), values, output, cacheLayers, Optional.empty());
    }

    /** All operations in the order they run, without those of {@link #encoder}. */
    public Stream<Op> ops() {
        return inOrder(before, layers, after, crossCaches);
    }

    /** As {@link #ops}, with the groups of {@link Op.Fused} taken apart. */
    public Stream<Op> plainOps() {
        return ops().flatMap(op -> op.plain().stream());
    }

    private static Stream<Op> inOrder(List<Op> before, List<List<Op>> layers, List<Op> after, List<List<Op>> crossCaches) {
        return Stream.of(Stream.of(before), layers.stream(), Stream.of(after), crossCaches.stream()).flatMap(s -> s).flatMap(List::stream);
    }

    /** All weights, the encoder's too, each once, in the order of first use. */
    public List<Weight> weights() {
        return Stream.concat(encoder.stream().flatMap(Graph::ops), ops()).flatMap(op -> op.weights().stream()).distinct().toList();
    }

    /** Whether the output has a row for each of the batch's output rows, not for each of its rows. */
    public boolean selects() {
        return plainOps().anyMatch(op -> op.step().selectsRows());
    }

    /** What its operations keep, without doubles. */
    public Stream<Kept> kept() {
        return plainOps().flatMap(op -> op.step().keeps().stream()).distinct();
    }

    /** How its operations attend. */
    public Stream<Attends> attends() {
        return plainOps().flatMap(op -> op.step().attends().stream());
    }

    /** Sizes of what its operations read of one part of a batch; none where they do not read it. */
    public IntStream batchInputs(BatchInput.Kind kind) {
        return plainOps().flatMap(op -> op.step().reads().stream()).filter(read -> read.kind() == kind).mapToInt(BatchInput::size);
    }

    /** Whether a step must hold whole sequences, each from position 0. */
    public boolean needsWholeSequences() {
        return plainOps().anyMatch(op -> op.step().wholeSequences());
    }

    /** Whether groups of operations run as one. */
    public boolean isFused() {
        return ops().anyMatch(op -> !op.plain().equals(List.of(op)));
    }

    /** Whether sequences have a state, so that they cannot go back but to their beginning. */
    public boolean isRecurrent() {
        return kept().anyMatch(Kept.State.class::isInstance);
    }

    /**
     * Where {@code op} stands: "layer 2", "before the layers", "after the layers", or "cross-attention cache"; it may be a part of an
     * {@link Op.Fused}.
     */
    public String place(Op op) {
        if (holds(before, op)) {
            return "before the layers";
        }
        for (int layer = 0; layer < layers.size(); layer++) {
            if (holds(layers.get(layer), op)) {
                return "layer " + layer;
            }
        }
        return holds(after, op) ? "after the layers" : "cross-attention cache";
    }

    private static boolean holds(List<Op> ops, Op wanted) {
        return ops.stream().anyMatch(op -> op.equals(wanted) || op.plain().contains(wanted));
    }

    /** The graph as text, one operation a line. */
    public String print() {
        StringBuilder text = new StringBuilder(encoder.map(Graph::print).orElse("")).append("graph ").append(name).append(" -> ")
                .append(output).append('\n');
        print(text, "before", before);
        for (int i = 0; i < layers.size(); i++) {
            print(text, "layer " + i, layers.get(i));
        }
        print(text, "after", after);
        for (int i = 0; i < crossCaches.size(); i++) {
            print(text, "cross-attention cache " + i, crossCaches.get(i));
        }
        return text.toString();
    }

    private static void print(StringBuilder text, String title, List<Op> ops) {
        text.append(title).append('\n');
        ops.forEach(op -> text.append("  ").append(op).append('\n'));
    }

    private static void checkOrder(String name, List<Op> all, int count, Value output) {
        boolean[] written = new boolean[count];
        for (Op op : all) {
            for (Value input : op.inputs()) {
                if (!written[input.id()]) {
                    throw new ShapeException("graph " + name + ": " + op + " reads " + input + " before it is written");
                }
            }
            for (Value result : op.outputs()) {
                if (written[result.id()]) {
                    throw new ShapeException("graph " + name + ": " + result + " is written twice");
                }
                written[result.id()] = true;
            }
        }
        if (!written[output.id()]) {
            throw new ShapeException("graph " + name + ": its output " + output + " is never written");
        }
    }
}
