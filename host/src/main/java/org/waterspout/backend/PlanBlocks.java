package org.waterspout.backend;

/** The kept blocks of a plan: its contract, which they share with the steps, before its cache, which counts who has a block. */
public final class PlanBlocks implements KeptBlocks {

    /** A cache of blocks; what it is asked for was checked, but for the numbers. Methods as those of {@link KeptBlocks}. */
    public interface Cache {

        int blockLength();

        int keep(int sequence, int block);

        void resume(int sequence, int[] numbers);

        boolean drop(int number);
    }

    private final PlanContract contract;
    private final Cache cache;
    private final long max;

    public PlanBlocks(PlanContract contract, Cache cache, long max) {
        this.contract = contract;
        this.cache = cache;
        this.max = max;
    }

    @Override
    public int blockLength() {
        return cache.blockLength();
    }

    @Override
    public long max() {
        return max;
    }

    @Override
    public int keep(int sequence, int block) {
        contract.checkHolds(sequence, (block + 1) * blockLength());
        return cache.keep(sequence, block);
    }

    @Override
    public void resume(int sequence, int[] blocks) {
        contract.checkResumes(sequence, (long) blocks.length * blockLength());
        cache.resume(sequence, blocks);
        contract.resumed(sequence, blocks.length * blockLength());
    }

    @Override
    public boolean drop(int block) {
        contract.requireOpen();
        return cache.drop(block);
    }
}
