package org.waterspout.runtime;

import java.util.Optional;
import org.waterspout.backend.Batch;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.Plan;
import org.waterspout.backend.StepObserver;
import org.waterspout.error.OutOfMemoryException;

/** Counts the steps for which a plan has no blocks, and what its kept ones give. */
final class CountingPlan extends WatchedPlan {

    private final class CountedBlocks extends WatchedBlocks {

        CountedBlocks(KeptBlocks blocks) {
            super(blocks);
        }

        @Override
        public void resume(int sequence, int[] numbers) {
            resumed += (long) numbers.length * blockLength();
            super.resume(sequence, numbers);
        }

        @Override
        public boolean drop(int block) {
            dropped++;
            return super.drop(block);
        }
    }

    private int refused;
    private int dropped;
    private long resumed;

    CountingPlan(Plan plan) {
        super(plan);
    }

    /** Steps that found no blocks. */
    int refused() {
        return refused;
    }

    /** Kept blocks that were given up. */
    int dropped() {
        return dropped;
    }

    /** Positions that kept blocks gave to sequences. */
    long resumed() {
        return resumed;
    }

    @Override
    public Optional<KeptBlocks> keptBlocks() {
        return super.keptBlocks().map(CountedBlocks::new);
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        try {
            super.step(batch, output, observer);
        } catch (OutOfMemoryException full) {
            refused++;
            throw full;
        }
    }
}
