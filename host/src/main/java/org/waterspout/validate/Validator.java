package org.waterspout.validate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.reference.ReferencePlan;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/**
 * Runs a graph on a backend and computes every operation again on the reference, from the inputs that the backend itself
 * had, so that each operation answers for its own error alone. Then the whole model is compared from tokens to logits.
 */
public final class Validator {

    private final Map<String, ValidationReport.Row> rows = new LinkedHashMap<>();

    private Validator() {
    }

    /**
     * @param batches steps to run in order, such as {@link #batches}
     * @param options with observable true
     */
    public static ValidationReport run(Graph graph, Backend backend, List<Batch> batches, PlanOptions options) {
        Validator validator = new Validator();
        try (ReferenceBackend reference = new ReferenceBackend(); Plan plan = backend.prepare(graph, options)) {
            List<float[]> outputs = validator.operations(plan, reference.prepare(plan.graph(), options), batches);
            validator.whole(graph, reference.prepare(graph, options), batches, outputs);
        }
        return new ValidationReport(backend.device(), List.copyOf(validator.rows.values()));
    }

    /**
     * Steps that cover what a plan does: a prompt of sequence 0, then {@code decodeTokens} steps of one token each; the same
     * seed gives the same tokens.
     *
     * @param promptTokens an odd number finds what round ones hide
     */
    public static List<Batch> batches(int vocabulary, int promptTokens, int decodeTokens, long seed) {
        Random random = new Random(seed);
        List<Batch> batches = new ArrayList<>(List.of(Batch.of(random.ints(promptTokens, 0, vocabulary).toArray(), 0, true)));
        for (int i = 0; i < decodeTokens; i++) {
            batches.add(Batch.of(new int[] {random.nextInt(vocabulary)}, promptTokens + i, true));
        }
        return List.copyOf(batches);
    }

    /** Compares each operation of each step; returns the plan's outputs. */
    private List<float[]> operations(Plan plan, ReferencePlan reference, List<Batch> batches) {
        Map<Value, String> places = places(plan.graph());
        List<float[]> outputs = new ArrayList<>();
        for (int step = 0; step < batches.size(); step++) {
            Batch batch = batches.get(step);
            String inStep = "step " + step + ", ";
            float[] output = new float[rows(plan.graph(), batch) * plan.graph().output().width()];
            plan.step(batch, output, (op, values) -> compare(op, values, reference, batch,
                    inStep + op.outputs().stream().findFirst().map(places::get).orElse("memory")));
            outputs.add(output);
        }
        return outputs;
    }

    private void compare(Op op, Function<Value, float[]> values, ReferencePlan reference, Batch batch, String place) {
        Map<Value, float[]> inputs = new HashMap<>();
        op.inputs().forEach(input -> inputs.put(input, values.apply(input)));
        reference.evaluate(op, batch, inputs).forEach((output, expected) -> {
            RelativeError error = RelativeError.of(values.apply(output), expected, output.width());
            note(name(op), weights(op), error, place, Limits.of(op));
        });
    }

    private void whole(Graph graph, ReferencePlan reference, List<Batch> batches, List<float[]> outputs) {
        for (int step = 0; step < batches.size(); step++) {
            float[] expected = new float[outputs.get(step).length];
            reference.step(batches.get(step), expected);
            RelativeError error = RelativeError.of(outputs.get(step), expected, graph.output().width());
            note("whole model", "", error, "step " + step, Limits.ofWholeModel());
        }
    }

    private void note(String operation, String weights, RelativeError error, String place, double limit) {
        rows.merge(operation + " " + weights, new ValidationReport.Row(operation, weights, 1, error, place, limit), (old, added) -> {
            ValidationReport.Row larger = added.largest().error() > old.largest().error() ? added : old;
            return new ValidationReport.Row(operation, weights, old.checked() + 1, larger.largest(), larger.place(), limit);
        });
    }

    private static String name(Op op) {
        return op instanceof Op.Fused fused ? "Fused " + fused.kind() : op.getClass().getSimpleName();
    }

    /** Types of the matrices; gains and biases are floats in every model. */
    private static String weights(Op op) {
        return op.weights().stream().filter(weight -> weight.tensor().shape().size() > 1).map(weight -> weight.tensor().type().name())
                .distinct().sorted().collect(Collectors.joining("+"));
    }

    private static int rows(Graph graph, Batch batch) {
        return graph.selects() ? batch.outputRows().length : batch.rows();
    }

    /** Where each value is written. */
    private static Map<Value, String> places(Graph graph) {
        Map<Value, String> places = new HashMap<>();
        graph.before().forEach(op -> op.outputs().forEach(value -> places.put(value, "before the layers")));
        for (int layer = 0; layer < graph.layers().size(); layer++) {
            for (Op op : graph.layers().get(layer)) {
                for (Value value : op.outputs()) {
                    places.put(value, "layer " + layer);
                }
            }
        }
        graph.after().forEach(op -> op.outputs().forEach(value -> places.put(value, "after the layers")));
        return places;
    }
}
