package org.waterspout.tests;

import java.util.HashMap;
import java.util.Map;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Device;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.reference.ReferencePlan;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/** The reference with one mistake, made on purpose, for tests of what should notice it. */
record FaultyBackend(Fault fault) implements Backend {

    /** What the operation gives without a mistake. */
    interface Right {
        Map<Value, float[]> evaluate(Op op, Batch batch, Map<Value, float[]> inputs);
    }

    /** Runs {@code op}, or {@code op} wrongly. */
    interface Fault {
        Map<Value, float[]> evaluate(Op op, Batch batch, Map<Value, float[]> inputs, Right right);
    }

    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public Device device() {
        return new Device(name(), name(), "the reference with a fault", "CPU", 0, 0);
    }

    @Override
    public Plan prepare(Graph graph, PlanOptions options) {
        return new FaultyPlan(fault, new ReferenceBackend().prepare(graph, options));
    }

    @Override
    public MemoryUse estimate(Graph graph, PlanOptions options) {
        return new ReferenceBackend().estimate(graph, options);
    }

    @Override
    public void close() {
        // holds nothing
    }

    private record FaultyPlan(Fault fault, ReferencePlan right) implements Plan {

        @Override
        public Graph graph() {
            return right.graph();
        }

        @Override
        public PlanOptions options() {
            return right.options();
        }

        @Override
        public MemoryUse memory() {
            return right.memory();
        }

        @Override
        public void step(Batch batch, float[] output, StepObserver observer) {
            Map<Value, float[]> values = new HashMap<>();
            graph().ops().forEach(op -> {
                values.putAll(fault.evaluate(op, batch, values, right::evaluate));
                observer.after(op, value -> values.get(value).clone());
            });
            float[] result = values.get(graph().output());
            System.arraycopy(result, 0, output, 0, result.length);
        }

        @Override
        public void encode(Batch batch, float[] output, StepObserver observer) {
            Map<Value, float[]> values = new HashMap<>();
            Graph encoder = graph().encoder().orElseThrow();
            encoder.ops().forEach(op -> {
                values.putAll(fault.evaluate(op, batch, values, right::evaluateEncoder));
                observer.after(op, value -> values.get(value).clone());
            });
            float[] result = values.get(encoder.output());
            System.arraycopy(result, 0, output, 0, Math.min(result.length, output.length));
        }

        @Override
        public void reorder(int[] parents) {
            right.reorder(parents);
        }

        @Override
        public void close() {
            right.close();
        }
    }
}
