package org.waterspout.backend.reference;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanContract;
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
    private final PlanContract contract;
    private final Evaluator evaluator;
    private final Optional<Evaluator> encoder;

    ReferencePlan(Graph graph, PlanOptions options, MemoryUse memory) {
        this.graph = graph;
        this.options = options;
        this.memory = memory;
        this.contract = new PlanContract(graph, options);
        ReferenceCache[] crossCaches = Evaluator.caches(graph.encoder().map(source -> source.crossCaches().size()).orElse(0),
                options.maxSources(), options.sourceLength());
        this.evaluator = evaluator(graph, options, options.maxSequences(), options.contextLength(), crossCaches);
        this.encoder = graph.encoder().map(source -> evaluator(source, options, options.maxSources(), options.sourceLength(), crossCaches));
    }

    private static Evaluator evaluator(Graph graph, PlanOptions options, int sequences, int positions, ReferenceCache[] crossCaches) {
        return new Evaluator(options.cacheType(), graph.cacheLayers(), graph.layers().size(), sequences, positions, crossCaches);
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
        contract.checkStep(batch, output.length, observer);
        float[][] made = new float[1][];
        contract.step(batch, () -> made[0] = run(graph, evaluator, batch, observer));
        float[] result = made[0];
        int candidates = batch.candidates().length;
        if (candidates == 0) {
            System.arraycopy(result, 0, output, 0, result.length);
            return;
        }
        int width = graph.output().width();
        for (int row = 0; row < result.length / width; row++) {
            System.arraycopy(result, row * width, output, row * candidates, candidates);
        }
    }

    @Override
    public void encode(Batch batch, float[] output, StepObserver observer) {
        contract.checkEncode(batch, output.length, observer);
        contract.encode(batch, () -> {
            float[] result = run(graph.encoder().orElseThrow(), encoder.orElseThrow(), batch, observer);
            System.arraycopy(result, 0, output, 0, Math.min(result.length, output.length));
        });
    }

    @Override
    public void reorder(int[] parents) {
        contract.checkParents(parents);
        evaluator.reorder(parents);
        contract.reordered(parents);
    }

    @Override
    public void forget(int sequence) {
        contract.checkSequence(sequence);
        contract.forgotten(sequence);
    }

    private static float[] run(Graph graph, Evaluator evaluator, Batch batch, StepObserver observer) {
        Map<Value, float[]> values = new HashMap<>();
        graph.ops().forEach(op -> {
            values.putAll(evaluator.evaluate(op, batch, values));
            observer.after(op, value -> values.get(value).clone());
        });
        return values.get(graph.output());
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

    /** As {@link #evaluate} for an operation of the graph's encoder. */
    public Map<Value, float[]> evaluateEncoder(Op op, Batch batch, Map<Value, float[]> inputs) {
        batch.requireFitsSources(options);
        return encoder.orElseThrow().evaluate(op, batch, inputs);
    }

    @Override
    public void close() {
        contract.closed(); // holds nothing but arrays: weights belong to the model file
    }
}
