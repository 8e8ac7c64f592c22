package org.waterspout.backend.reference;

import java.util.HashMap;
import java.util.Map;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/** A graph run one operation after the other by {@link Evaluator}. Always observable. */
public final class ReferencePlan implements Plan {

    private final Graph graph;
    private final PlanOptions options;
    private final MemoryUse memory;
    private final Evaluator evaluator;

    ReferencePlan(Graph graph, PlanOptions options, MemoryUse memory) {
        this.graph = graph;
        this.options = options;
        this.memory = memory;
        this.evaluator = new Evaluator(graph.cacheLayers(), options.maxSequences(), options.contextLength());
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public PlanOptions options() {
        return options;
    }

    @Override
    public MemoryUse memory() {
        return memory;
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        batch.requireFits(options);
        Map<Value, float[]> values = new HashMap<>();
        graph.ops().forEach(op -> {
            values.putAll(evaluator.evaluate(op, batch, values));
            observer.after(op, value -> values.get(value).clone());
        });
        float[] result = values.get(graph.output());
        System.arraycopy(result, 0, output, 0, result.length);
    }

    /**
     * What {@code op} makes of {@code inputs}: [rows, width] of each of its outputs. Attention reads and appends to this plan's own
     * cache, so the calls of a sequence's steps must come in their order.
     *
     * @param inputs at least the inputs of {@code op}, each [rows, width]
     */
    public Map<Value, float[]> evaluate(Op op, Batch batch, Map<Value, float[]> inputs) {
        batch.requireFits(options);
        return evaluator.evaluate(op, batch, inputs);
    }

    @Override
    public void close() {
        // holds nothing but arrays: weights belong to the model file
    }
}
