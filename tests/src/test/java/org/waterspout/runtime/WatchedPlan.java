package org.waterspout.runtime;

import java.util.Optional;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.graph.Graph;

/** A plan that does what another does; tests change what they are about. */
class WatchedPlan implements Plan {

    private final Plan plan;

    WatchedPlan(Plan plan) {
        this.plan = plan;
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
    public Optional<CacheLimit> cacheLimit() {
        return plan.cacheLimit();
    }

    @Override
    public Optional<KeptBlocks> keptBlocks() {
        return plan.keptBlocks();
    }

    @Override
    public void warmUp() {
        plan.warmUp();
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        plan.step(batch, output, observer);
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
