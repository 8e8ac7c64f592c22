package org.waterspout.runtime;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.waterspout.backend.KeptBlocks;

/**
 * Whole blocks of keys and values that stay when others take the slots in which they were computed. A block is found by a hash, and taken
 * where everything that decides its numbers is the same: its tokens, the one very block before it (so all tokens from the start), whether
 * it was computed as part of a prompt, and how its keys are turned. The least recently used go first; of one beginning the last.
 */
final class PrefixCache {

    /** The block before a first one. */
    private static final long START = 0;

    /**
     * How keys are turned by their positions ({@link org.waterspout.graph.RopeTable}).
     *
     * @param beyond whether by the frequencies of long sequences
     * @param length of the prompt, or a length up to which all prompts are turned alike
     */
    record Turn(boolean beyond, int length) {
    }

    /**
     * What a block is found by. Keys of one hash are told apart by all of this, as a map does.
     *
     * @param before what {@link Block#id} is of the block before it
     * @param prompt whether its tokens were computed as a prompt's
     */
    record Key(long before, Turn turn, boolean prompt, IntBuffer tokens) {
    }

    /**
     * @param id     never given to another
     * @param number in the plan
     */
    record Block(long id, int number, boolean prompt) {
    }

    private final KeptBlocks plan;
    private final int length;
    /** Those that were used last come last. */
    private final SequencedMap<Key, Block> blocks = new LinkedHashMap<>();
    private long ids = START;

    PrefixCache(KeptBlocks plan) {
        this.plan = plan;
        this.length = plan.blockLength();
    }

    int blockLength() {
        return length;
    }

    int size() {
        return blocks.size();
    }

    /**
     * The blocks that a sequence may begin with.
     *
     * @param tokens    of the sequence
     * @param max       tokens that the blocks may have together
     * @param generated whether blocks may have tokens that were not computed as a prompt's
     */
    List<Block> find(Turn turn, int[] tokens, int max, boolean generated) {
        List<Key> keys = new ArrayList<>();
        List<Block> found = new ArrayList<>();
        long before = START;
        for (int from = 0; from + length <= max; from += length) {
            IntBuffer own = IntBuffer.wrap(tokens, from, length);
            Key key = new Key(before, turn, true, own);
            if (generated && !blocks.containsKey(key)) {
                key = new Key(before, turn, false, own);
            }
            Block block = blocks.get(key);
            if (block == null) {
                break;
            }
            keys.add(key);
            found.add(block);
            before = block.id();
        }
        use(keys);
        return found;
    }

    /** What stands first is used after what stands behind it, so that a beginning loses its end first. */
    private void use(List<Key> keys) {
        keys.reversed().forEach(key -> blocks.putLast(key, blocks.get(key)));
    }

    /**
     * Keeps the blocks of a slot, those that are not kept already.
     *
     * @param tokens of it that are worth keeping
     */
    void keep(Slot slot, Turn turn, int tokens) {
        List<Key> keys = new ArrayList<>();
        long before = START;
        for (int i = 0; (i + 1) * length <= tokens; i++) {
            int block = i;
            boolean prompt = (i + 1) * length <= slot.prompted();
            Key key = new Key(before, turn, prompt, IntBuffer.wrap(slot.tokens(i * length, (i + 1) * length)));
            before = blocks.computeIfAbsent(key, _ -> new Block(++ids, plan.keep(slot.number(), block), prompt)).id();
            keys.add(key);
        }
        use(keys);
    }

    /** The slot's sequence begins with these blocks. */
    void resume(Slot slot, List<Block> some) {
        plan.resume(slot.number(), some.stream().mapToInt(Block::number).toArray());
    }

    /** No more blocks than should be kept. */
    void trim() {
        while (blocks.size() > plan.max()) {
            plan.drop(blocks.pollFirstEntry().getValue().number());
        }
    }

    /**
     * Gives up the least recently used: a block that nobody else has, and those before it in that order.
     *
     * @return false where there are none
     */
    boolean dropOldest() {
        boolean any = !blocks.isEmpty();
        boolean free = false;
        while (!free && !blocks.isEmpty()) {
            free = plan.drop(blocks.pollFirstEntry().getValue().number());
        }
        return any;
    }
}
