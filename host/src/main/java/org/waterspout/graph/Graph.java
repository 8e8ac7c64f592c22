package org.waterspout.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A model as operations in the order they run: {@code before} once, then each layer, then {@code after}. Layers of one
 * model have the same operations in the same order and differ in weights and scalars only, so a backend may compile one
 * layer for all. A layer reads what {@code before} or the layer in front of it wrote, its own values, and nothing else.
 *
 * @param values      every value, by id
 * @param output      what a step returns: [rows, output.width()], rows of {@link Op.SelectRows} if the graph has one, else of the batch
 * @param cacheLayers number of key-value caches (the largest Attention.layer plus one)
 */
public record Graph(String name, List<Op> before, List<List<Op>> layers, List<Op> after, List<Value> values, Value output,
        int cacheLayers) {

    public Graph {
        before = List.copyOf(before);
        layers = layers.stream().map(List::copyOf).toList();
        after = List.copyOf(after);
        values = List.copyOf(values);
        for (int id = 0; id < values.size(); id++) {
            if (values.get(id).id() != id) {
                throw new ShapeException("graph " + name + ": value " + id + " is numbered " + values.get(id).id());
            }
        }
        checkOrder(name, before, layers, after, values.size(), output);
    }

    /** All operations in the order they run. */
    public Stream<Op> ops() {
        return Stream.of(Stream.of(before), layers.stream(), Stream.of(after)).flatMap(s -> s).flatMap(List::stream);
    }

    /** All weights, each once, in the order of first use. */
    public List<Weight> weights() {
        return ops().flatMap(op -> op.weights().stream()).distinct().toList();
    }

    /** The graph as text, one operation a line. */
    public String print() {
        StringBuilder text = new StringBuilder("graph ").append(name).append(" -> ").append(output).append('\n');
        print(text, "before", before);
        for (int i = 0; i < layers.size(); i++) {
            print(text, "layer " + i, layers.get(i));
        }
        print(text, "after", after);
        return text.toString();
    }

    private static void print(StringBuilder text, String title, List<Op> ops) {
        text.append(title).append('\n');
        ops.forEach(op -> text.append("  ").append(op).append('\n'));
    }

    private static void checkOrder(String name, List<Op> before, List<List<Op>> layers, List<Op> after, int count, Value output) {
        List<Op> all = new ArrayList<>(before);
        layers.forEach(all::addAll);
        all.addAll(after);
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
