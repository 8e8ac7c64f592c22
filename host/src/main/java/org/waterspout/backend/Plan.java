package org.waterspout.backend;

import java.util.Optional;
import org.waterspout.graph.Graph;

/**
 * A graph with its weights and caches in place, ready to run. One thread at a time: whoever owns the plan locks.
 */
public interface Plan extends AutoCloseable {

    /** The graph as it is run: after fusion. */
    Graph graph();

    PlanOptions options();

    /** What it takes when all its positions are in use. */
    MemoryUse memory();

    /**
     * Positions that the sequences may have together, where {@link PlanOptions#cacheBytes} bounds them; else each may have all of its own.
     */
    default Optional<CacheLimit> cacheLimit() {
        return Optional.empty();
    }

    /** Blocks that stay when their sequence goes, where the plan can keep any. */
    default Optional<KeptBlocks> keptBlocks() {
        return Optional.empty();
    }

    /**
     * Does at once what the first step would do before it computes: on a device, compile the kernels and upload the weights.
     *
     * @throws org.waterspout.error.DeviceException      when the device fails
     * @throws org.waterspout.error.OutOfMemoryException when the device or the host has not the memory it said it had
     */
    default void warmUp() {
    }

    /**
     * Runs the batch's rows through the model and appends to the caches of their sequences. A sequence needs no clearing: a batch
     * at position 0 starts it anew.
     *
     * @param batch  at most {@code options().maxRows()} rows; positions below {@code options().contextLength()}
     * @param output receives [batch.outputRows().length, graph().output().width()] from index 0 (all rows where the graph does not select);
     *               where the batch has candidates, [batch.outputRows().length, batch.candidates().length]
     * @throws org.waterspout.error.OutOfMemoryException where the caches grow as they are used and can grow no more; the rows are not
     *                                                   appended, and later batches may be run
     */
    default void step(Batch batch, float[] output) {
        step(batch, output, StepObserver.NONE);
    }

    /**
     * As {@link #step(Batch, float[])}, showing every operation's values to {@code observer}; other than {@link StepObserver#NONE}
     * only where {@code options().observable()}.
     */
    void step(Batch batch, float[] output, StepObserver observer);

    /**
     * Runs whole sources through the encoder of an encoder-decoder and keeps their keys and values for cross-attention, each in place of
     * those of its number before. Sequences of the batch are sources; steps refer to them by {@link Batch#sources}.
     *
     * @param batch  at most {@code options().maxRows()} rows; positions below {@code options().sourceLength()}
     * @param output receives [rows, width] of the encoder's output, or is empty where that is not wanted
     * @throws org.waterspout.error.InvalidRequestException where the graph has no encoder
     */
    default void encode(Batch batch, float[] output) {
        encode(batch, output, StepObserver.NONE);
    }

    /** As {@link #encode(Batch, float[])}, showing every operation's values to {@code observer}. */
    void encode(Batch batch, float[] output, StepObserver observer);

    /**
     * From now on sequence i goes on where sequence {@code parents[i]} stood: its keys and values and its recurrent states, for i below
     * {@code parents.length}; all at once, so that sequences may change places. Nothing that is already full is copied.
     */
    void reorder(int[] parents);

    /** What {@code sequence} holds is not needed any more; its memory serves others where there is any of its own. */
    default void forget(int sequence) {
    }

    @Override
    void close();
}
