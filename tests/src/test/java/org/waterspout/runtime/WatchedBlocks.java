package org.waterspout.runtime;

import org.waterspout.backend.KeptBlocks;

/** Kept blocks that do what others do; tests change what they are about. */
class WatchedBlocks implements KeptBlocks {

    private final KeptBlocks blocks;

    WatchedBlocks(KeptBlocks blocks) {
        this.blocks = blocks;
    }

    @Override
    public int blockLength() {
        return blocks.blockLength();
    }

    @Override
    public long max() {
        return blocks.max();
    }

    @Override
    public int keep(int sequence, int block) {
        return blocks.keep(sequence, block);
    }

    @Override
    public void resume(int sequence, int[] numbers) {
        blocks.resume(sequence, numbers);
    }

    @Override
    public boolean drop(int block) {
        return blocks.drop(block);
    }
}
