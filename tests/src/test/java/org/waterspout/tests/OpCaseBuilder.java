package org.waterspout.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Collects the values, weights and operations of one case. The seed is the hash of the case's name, so a case never changes. */
final class OpCaseBuilder {

    /** Entries of the tables that inputs come from. */
    static final int TOKENS = 23;

    private final String name;
    private final RandomTensors tensors;
    private final List<Value> values = new ArrayList<>();
    private final List<Op> before = new ArrayList<>();
    private final List<List<Op>> layers = new ArrayList<>();
    private final List<Op> after = new ArrayList<>();
    private final List<List<Op>> memory = new ArrayList<>();
    private Optional<Graph> encoder = Optional.empty();
    private int cacheLayers;

    OpCaseBuilder(String name) {
        this.name = name;
        this.tensors = new RandomTensors(name.hashCode());
    }

    Value value(int width) {
        Value value = new Value(values.size(), "value " + values.size(), width);
        values.add(value);
        return value;
    }

    /** A value [rows, width] of random numbers of the order of {@code size}, chosen by token. */
    Value input(int width, double size) {
        return input(tensors.tensor("input " + before.size(), WeightType.F32, TOKENS, width, size));
    }

    Value input(int width) {
        return input(width, 1);
    }

    Value input(Tensor table) {
        Value value = value(table.columns());
        before.add(new Op.Embed(new Weight("input." + before.size(), Weight.NO_LAYER, table), 1, value));
        return value;
    }

    void before(Op op) {
        before.add(op);
    }

    void layer(Op... ops) {
        layers.add(List.of(ops));
    }

    void after(Op op) {
        after.add(op);
    }

    /** Operations that fill the next memory. */
    void memory(Op... ops) {
        memory.add(List.of(ops));
    }

    /** What has been collected is the graph of an encoder. */
    Graph graph(Value output) {
        return new Graph(name, before, layers, after, memory, values, output, cacheLayers, encoder);
    }

    void encoder(Graph graph) {
        encoder = Optional.of(graph);
    }

    void caches(int count) {
        cacheLayers = count;
    }

    /** [rows, columns] of the size that keeps products of the order of their inputs. */
    Weight matrix(String role, int layer, WeightType type, int rows, int columns) {
        return new Weight(role, layer, tensors.tensor(role, type, rows, columns, 1 / Math.sqrt(columns)));
    }

    Weight table(String role, WeightType type, int rows, int columns) {
        return new Weight(role, Weight.NO_LAYER, tensors.tensor(role, type, rows, columns, 1));
    }

    Weight vector(String role, int layer, int columns) {
        return new Weight(role, layer, tensors.tensor(role, WeightType.F32, 0, columns, 1));
    }

    Optional<Weight> bias(boolean present, String role, int layer, int columns) {
        return present ? Optional.of(vector(role, layer, columns)) : Optional.empty();
    }

    /** The case whose output is {@code output}, run over {@link #mixedBatches()}. */
    OpCase build(String operation, Value output, double tolerance) {
        return build(operation, output, tolerance, mixedBatches(), new PlanOptions(16, 4, 9, false));
    }

    OpCase build(String operation, Value output, double tolerance, List<Batch> batches, PlanOptions options) {
        return buildActions(operation, output, tolerance, batches.stream().<OpCase.Action>map(OpCase.Action.Step::new).toList(), options);
    }

    OpCase buildActions(String operation, Value output, double tolerance, List<OpCase.Action> actions, PlanOptions options) {
        return new OpCase(name, operation, graph(output), options, actions, tolerance);
    }

    /** A prompt of seven, a token alone, two sequences at once, one token each of four sequences, and a sequence begun anew. */
    List<Batch> mixedBatches() {
        return List.of(
                batch(new int[] {0, 1, 2, 3, 4, 5, 6}, new int[7], new int[] {0, 3, 6}),
                batch(new int[] {7}, new int[] {0}, new int[] {0}),
                batch(new int[] {0, 1, 2, 8, 0}, new int[] {1, 1, 1, 0, 2}, new int[] {2, 3, 4}),
                batch(new int[] {3, 0, 9, 1}, new int[] {1, 3, 0, 2}, new int[] {0, 1, 2, 3}),
                batch(new int[] {0, 1, 2}, new int[] {1, 1, 1}, new int[] {2}));
    }

    /** {@code length} positions of sequence 0 in prompts of at most {@code rows}, then one token. */
    List<Batch> longBatches(int length, int rows) {
        List<Batch> batches = new ArrayList<>();
        for (int start = 0; start < length; start += rows) {
            int[] positions = IntStream.range(start, Math.min(length, start + rows)).toArray();
            batches.add(batch(positions, new int[positions.length], new int[] {positions.length - 1}));
        }
        batches.add(batch(new int[] {length}, new int[1], new int[] {0}));
        return batches;
    }

    /** Whole sequences: number {@code sequences[i]} has {@code lengths[i]} rows; the last of each is wanted. */
    Batch whole(int[] sequences, int... lengths) {
        int[] positions = new int[IntStream.of(lengths).sum()];
        int[] numbers = new int[positions.length];
        int[] ends = new int[lengths.length];
        int row = 0;
        for (int i = 0; i < lengths.length; i++) {
            for (int position = 0; position < lengths[i]; position++, row++) {
                positions[row] = position;
                numbers[row] = sequences[i];
            }
            ends[i] = row - 1;
        }
        return batch(positions, numbers, ends);
    }

    /** One row each of sequences 0 to {@code positions.length}; every row is wanted. */
    Batch oneEach(int... positions) {
        int[] numbers = IntStream.range(0, positions.length).toArray();
        return batch(positions, numbers, numbers);
    }

    Batch batch(int[] positions, int[] sequences, int[] outputRows) {
        Random random = new Random(name.hashCode() + 31L * positions[0] + positions.length);
        int[] tokens = random.ints(positions.length, 0, TOKENS).toArray();
        return new Batch(tokens, positions, sequences, outputRows);
    }
}
