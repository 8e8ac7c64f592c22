package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.graph.Graph;

/** A plan that keeps what it gives and then says what a test wants to be chosen, so that the engine goes along a sequence that is known. */
final class ForcedPlan implements Plan {

    /** What a row gave. */
    record Row(int sequence, int position, int token, float[] logits) {
    }

    /** Changes the logits of a row. */
    interface Choice {
        void force(Row row, float[] logits, int at);
    }

    private final Plan plan;
    private final Choice choice;
    private final List<Row> rows = new ArrayList<>();

    ForcedPlan(Plan plan, Choice choice) {
        this.plan = plan;
        this.choice = choice;
    }

    List<Row> rows() {
        return List.copyOf(rows);
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        plan.step(batch, output, observer);
        int width = graph().output().width();
        for (int i = 0; i < batch.outputRows().length; i++) {
            int row = batch.outputRows()[i];
            Row made = new Row(batch.sequences()[row], batch.positions()[row], batch.tokens()[row],
                    Arrays.copyOfRange(output, i * width, (i + 1) * width));
            rows.add(made);
            choice.force(made, output, i * width);
        }
    }

    @Override
    public Graph graph() {
        return plan.graph();
    }

    @Override
    public PlanOptions options() {
        return plan.options();
    }

    @Override
    public MemoryUse memory() {
        return plan.memory();
    }

    @Override
    public void encode(Batch batch, float[] output, StepObserver observer) {
        plan.encode(batch, output, observer);
    }

    @Override
    public void reorder(int[] parents) {
        plan.reorder(parents);
    }

    @Override
    public void forget(int sequence) {
        plan.forget(sequence);
    }

    @Override
    public void close() {
        plan.close();
    }
}
