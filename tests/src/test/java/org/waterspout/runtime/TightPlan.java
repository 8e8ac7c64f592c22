package org.waterspout.runtime;

import java.util.Arrays;
import java.util.Optional;
import org.waterspout.backend.Batch;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.Plan;
import org.waterspout.backend.StepObserver;
import org.waterspout.error.OutOfMemoryException;

/**
 * A plan whose caches hold so many positions of all sequences and kept blocks together, shared ones counted for each, and which counts
 * what it is asked for.
 */
final class TightPlan extends WatchedPlan {

    /** Kept blocks take room, and give positions to the sequences that begin with them. */
    private final class TightBlocks extends WatchedBlocks {

        TightBlocks(KeptBlocks blocks) {
            super(blocks);
        }

        @Override
        public int keep(int sequence, int block) {
            kept += blockLength();
            return super.keep(sequence, block);
        }

        @Override
        public void resume(int sequence, int[] numbers) {
            lengths[sequence] = numbers.length * blockLength();
            resumed += lengths[sequence];
            super.resume(sequence, numbers);
        }

        @Override
        public boolean drop(int block) {
            kept -= blockLength();
            super.drop(block);
            return true;
        }
    }

    private final int max;
    private final int[] lengths;
    private int kept;
    private int refused;
    private long resumed;
    private long prompts;
    private boolean closed;

    TightPlan(Plan plan, int max) {
        super(plan);
        this.max = max;
        lengths = new int[plan.options().maxSequences()];
    }

    /** Steps that found no room. */
    int refused() {
        return refused;
    }

    /** Positions that kept blocks gave to sequences. */
    long resumed() {
        return resumed;
    }

    /** Rows of prompts that were computed. */
    long promptRows() {
        return prompts;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public Optional<KeptBlocks> keptBlocks() {
        return super.keptBlocks().map(TightBlocks::new);
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        int[] after = lengths.clone();
        for (int row = 0; row < batch.rows(); row++) {
            after[batch.sequences()[row]] = batch.positions()[row] + 1;
        }
        if (Arrays.stream(after).sum() + kept > max) {
            refused++;
            throw new OutOfMemoryException("no memory is left for keys and values");
        }
        super.step(batch, output, observer);
        System.arraycopy(after, 0, lengths, 0, after.length);
        prompts += batch.phase() == Batch.Phase.PROMPT ? batch.rows() : 0;
    }

    @Override
    public void reorder(int[] parents) {
        int[] before = lengths.clone();
        for (int i = 0; i < parents.length; i++) {
            lengths[i] = before[parents[i]];
        }
        super.reorder(parents);
    }

    @Override
    public void forget(int sequence) {
        lengths[sequence] = 0;
        super.forget(sequence);
    }

    @Override
    public void close() {
        closed = true;
        super.close();
    }
}
