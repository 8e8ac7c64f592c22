package org.waterspout.tests;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;

/**
 * One operation at one shape and weight type, as a graph that any backend runs: inputs come from F32 tables by token, the
 * output is the operation's.
 *
 * @param name      "MatMul Q8_0 7x96 bias"
 * @param operation the operation's name in {@link org.waterspout.graph.Op}, for the support table
 * @param actions   what to do in order on one plan
 * @param tolerance how far a backend may be from the reference: {@link Tolerance}, or the case's own
 */
record OpCase(String name, String operation, Graph graph, PlanOptions options, List<Action> actions, double tolerance) {

    /** Something that is done with a plan. */
    sealed interface Action {

        /** {@link Plan#step}. */
        record Step(Batch batch) implements Action {
        }

        /** {@link Plan#encode}. */
        record Encode(Batch batch) implements Action {
        }

        /** {@link Plan#reorder}. */
        record Reorder(int... parents) implements Action {
        }
    }

    /**
     * Limits on {@link org.waterspout.validate.RelativeError}: three times the largest that was seen, on the cpu in vectors of 128 and 256
     * bits, on the emulator with both families of kernels, and for whole models on PoCL.
     */
    static final class Tolerance {

        /** Moves numbers without changing them. */
        static final double EXACT = 0;
        /** Nothing was seen; a device may round once less where it fuses a product with a sum, by 2^-24 of a row's largest number. */
        static final double ROUNDING = 2e-6;
        /** Sums and elementary functions in 32 bits: 3.6e-6, in a soft cap. */
        static final double SUMS = 1e-5;
        /** Exponentials of sums: 9.8e-6. */
        static final double ATTENTION = 2.9e-5;
        /** Sums in which a block's offset and its quants may cancel: 3.1e-6, in Q6_K and in gated halves. */
        static final double PRODUCTS = 9.3e-6;
        /** Rotations by angles that were computed in 64 bits: 8.9e-7. */
        static final double ANGLES = 2.6e-6;

        private Tolerance() {
        }
    }

    /** The same with keys and values of another kind: the reference rounds them to the same numbers, so the tolerance stays. */
    OpCase withCacheType(CacheType type) {
        return new OpCase(name + " in " + type.label(), operation, graph, options.withCacheType(type), actions, tolerance);
    }

    /** What each step and each encoding puts out, on one plan of {@code backend}. */
    List<float[]> outputs(Backend backend) {
        return outputs(backend, actions);
    }

    private List<float[]> outputs(Backend backend, List<Action> todo) {
        List<float[]> outputs = new ArrayList<>();
        try (Plan plan = backend.prepare(graph, options)) {
            for (Action action : todo) {
                float[] output = new float[rows(action) * width(action)];
                perform(plan, action, output);
                if (output.length > 0) {
                    outputs.add(output);
                }
            }
        }
        return outputs;
    }

    /** As {@link #outputs}, all in one array, each action on as few rows at a time as its operations allow. */
    float[] outputsPieceByPiece(Backend backend) {
        return flat(outputs(backend, actions.stream().flatMap(action -> pieces(action).stream()).toList()));
    }

    static float[] flat(List<float[]> outputs) {
        float[] all = new float[outputs.stream().mapToInt(output -> output.length).sum()];
        int start = 0;
        for (float[] output : outputs) {
            System.arraycopy(output, 0, all, start, output.length);
            start += output.length;
        }
        return all;
    }

    static void perform(Plan plan, Action action, float[] output) {
        switch (action) {
            case Action.Step(Batch batch) -> plan.step(batch, output);
            case Action.Encode(Batch batch) -> plan.encode(batch, output);
            case Action.Reorder(int[] parents) -> plan.reorder(parents);
        }
    }

    /** Rows that {@code action} puts out. */
    int rows(Action action) {
        return switch (action) {
            case Action.Step(Batch batch) -> graph.selects() ? batch.outputRows().length : batch.rows();
            case Action.Encode(Batch batch) -> graph.encoder().orElseThrow().selects() ? batch.outputRows().length : batch.rows();
            case Action.Reorder _ -> 0;
        };
    }

    /** Width of the rows that {@code action} puts out. */
    int width(Action action) {
        return switch (action) {
            case Action.Step(Batch batch) -> batch.candidates().length > 0 ? batch.candidates().length : graph.output().width();
            case Action.Encode _ -> graph.encoder().orElseThrow().output().width();
            case Action.Reorder _ -> 0;
        };
    }

    /** The actions that put something out, in the order of {@link #outputs}. */
    List<Action> speaking() {
        return actions.stream().filter(action -> rows(action) > 0).toList();
    }

    private List<Action> pieces(Action action) {
        return switch (action) {
            case Action.Step(Batch batch) -> pieces(batch, graph.needsWholeSequences()).stream().<Action>map(Action.Step::new).toList();
            case Action.Encode(Batch batch) -> pieces(batch, true).stream().<Action>map(Action.Encode::new).toList(); // sources come whole
            case Action.Reorder _ -> List.of(action);
        };
    }

    private static List<Batch> pieces(Batch batch, boolean whole) {
        List<Batch> pieces = new ArrayList<>();
        int from = 0;
        for (int row = 1; row <= batch.rows(); row++) {
            if (row == batch.rows() || !whole || batch.sequences()[row] != batch.sequences()[row - 1]) {
                pieces.add(piece(batch, from, row));
                from = row;
            }
        }
        return pieces;
    }

    private static Batch piece(Batch batch, int from, int to) {
        int start = from;
        int[] wanted = Arrays.stream(batch.outputRows()).filter(row -> row >= start && row < to).map(row -> row - start).toArray();
        int numbers = batch.inputEmbeddings().length / batch.rows();
        return new Batch(Arrays.copyOfRange(batch.tokens(), from, to), Arrays.copyOfRange(batch.positions(), from, to),
                Arrays.copyOfRange(batch.sequences(), from, to), wanted, part(batch.types(), from, to), part(batch.sources(), from, to),
                batch.candidates(), part(batch.lengths(), from, to), batch.phase(),
                Arrays.copyOfRange(batch.inputEmbeddings(), from * numbers, to * numbers));
    }

    private static int[] part(int[] perRow, int from, int to) {
        return perRow.length == 0 ? perRow : Arrays.copyOfRange(perRow, from, to);
    }

    @Override
    public String toString() {
        return name;
    }
}
