package org.waterspout.backend;

import org.waterspout.graph.Graph;

/**
 * A graph with its weights and caches in place, ready to run. One thread at a time: whoever owns the plan locks.
 */
public interface Plan extends AutoCloseable {

    /** The graph as it is run: after fusion. */
    Graph graph();

    PlanOptions options();

    /** What it really took. */
    MemoryUse memory();

    /**
     * Runs the batch's rows through the model and appends to the caches of their sequences. A sequence needs no clearing: a batch
     * at position 0 starts it anew.
     *
     * @param batch  at most {@code options().maxRows()} rows; positions below {@code options().contextLength()}
     * @param output receives [batch.outputRows().length, graph().output().width()] from index 0 (all rows where the graph has no SelectRows)
     */
    default void step(Batch batch, float[] output) {
        step(batch, output, StepObserver.NONE);
    }

    /**
     * As {@link #step(Batch, float[])}, showing every operation's values to {@code observer}; other than {@link StepObserver#NONE}
     * only where {@code options().observable()}.
     */
    void step(Batch batch, float[] output, StepObserver observer);

    @Override
    void close();
}
