package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.runtime.PrefixCache.Block;
import org.waterspout.runtime.PrefixCache.Key;
import org.waterspout.runtime.PrefixCache.Turn;

/** What of blocks is found, and which go first. */
class PrefixCacheTest {

    private static final Turn TURN = new Turn(false, 0);
    /** Blocks of one hash. */
    private static final int[][] COLLIDING = {{2, 4}, {33, 3}, {64, 2}, {95, 1}};

    /** Blocks of two positions; it remembers what stands in them, and in those before them. */
    private static final class Memory implements KeptBlocks {
        private final Map<Integer, int[]> contents = new HashMap<>();
        /** Blocks that somebody else has. */
        private final Set<Integer> shared = new HashSet<>();
        private final List<Integer> dropped = new ArrayList<>();
        private final long max;
        private Slot slot = new Slot(0);
        private int numbers;

        Memory(long max) {
            this.max = max;
        }

        @Override
        public int blockLength() {
            return 2;
        }

        @Override
        public long max() {
            return max;
        }

        @Override
        public int keep(int sequence, int block) {
            contents.put(++numbers, slot.tokens(0, 2 * block + 2));
            return numbers;
        }

        @Override
        public void resume(int sequence, int[] blocks) {
            throw new AssertionError("not asked for here");
        }

        @Override
        public boolean drop(int block) {
            dropped.add(block);
            contents.remove(block);
            return !shared.contains(block);
        }

        void keep(PrefixCache cache, Turn turn, int[] tokens, int prompted) {
            slot = new Slot(0);
            slot.begin(tokens, prompted, 0, 0, false);
            slot.computed(tokens.length);
            cache.keep(slot, turn, tokens.length);
        }
    }

    private static int[] tokens(SplittableRandom random) {
        return IntStream.range(0, random.nextInt(6)).flatMap(_ -> Arrays.stream(COLLIDING[random.nextInt(COLLIDING.length)]))
                .toArray();
    }

    /** Every block has the hash of all others at its place: what is found is what stands there all the same. */
    @Test
    void hashesThatCollideFindNothingWrong() {
        record Kept(Turn turn, int[] tokens, int prompted) {
        }
        List<Key> keys = Arrays.stream(COLLIDING).map(tokens -> new Key(0, TURN, true, IntBuffer.wrap(tokens))).toList();
        assertEquals(1, keys.stream().map(Key::hashCode).distinct().count());
        assertEquals(keys.size(), keys.stream().distinct().count());
        SplittableRandom random = new SplittableRandom(5);
        Memory memory = new Memory(10_000);
        PrefixCache cache = new PrefixCache(memory);
        List<Kept> all = new ArrayList<>();
        int longest = 0;
        for (int i = 0; i < 2000; i++) {
            int[] tokens = tokens(random);
            Turn turn = random.nextInt(4) == 0 ? new Turn(true, 0) : random.nextInt(4) == 0 ? new Turn(false, 7) : TURN;
            int expected = all.stream().filter(kept -> kept.turn.equals(turn)).mapToInt(kept -> {
                int mismatch = Arrays.mismatch(kept.tokens, tokens);
                return Math.min(mismatch < 0 ? tokens.length : mismatch, kept.prompted) / 2;
            }).max().orElse(0);
            List<Block> found = cache.find(turn, tokens, tokens.length, false);
            assertEquals(expected, found.size(), Arrays.toString(tokens));
            assertTrue(found.stream().allMatch(Block::prompt));
            List<Block> more = cache.find(turn, tokens, tokens.length, true);
            assertTrue(more.size() >= found.size());
            for (int block = 0; block < more.size(); block++) {
                assertArrayEquals(Arrays.copyOf(tokens, 2 * block + 2), memory.contents.get(more.get(block).number()));
            }
            if (tokens.length > 2) {
                assertTrue(cache.find(turn, tokens, tokens.length - 1, true).size() < tokens.length / 2, "a last block that is not whole");
            }
            longest = Math.max(longest, expected);
            if (i < 60) {
                int prompted = random.nextInt(tokens.length + 1);
                memory.keep(cache, turn, tokens, prompted);
                all.add(new Kept(turn, tokens, prompted));
            }
        }
        assertTrue(longest > 2, "long beginnings are found");
        assertEquals(cache.size(), memory.contents.size(), "what is there already is not kept again");
    }

    @Test
    void theLeastRecentlyUsedGoFirstAndOfOneBeginningTheLast() {
        Memory memory = new Memory(7);
        PrefixCache cache = new PrefixCache(memory);
        int[] first = {1, 2, 3, 4, 5, 6};
        int[] second = {7, 8, 9, 10, 11, 12, 13};
        memory.keep(cache, TURN, first, 6);
        memory.keep(cache, TURN, second, 7);
        assertEquals(6, cache.size());
        cache.find(TURN, first, 4, false);
        cache.trim();
        assertEquals(List.of(), memory.dropped);
        memory.keep(cache, TURN, new int[] {1, 2, 3, 4, 14, 15, 16, 17}, 8);
        assertEquals(8, cache.size());
        cache.trim();
        assertEquals(List.of(3), memory.dropped, "of the first the end, which was not asked for");
        assertTrue(cache.dropOldest());
        assertEquals(List.of(3, 6), memory.dropped);
        assertEquals(2, cache.find(TURN, second, 7, false).size());
        memory.shared.add(8); // a sequence has it: this frees nothing, so one more goes
        assertTrue(cache.dropOldest());
        assertEquals(List.of(3, 6, 8, 7), memory.dropped);
        for (int left = cache.size(); left > 0; left--) {
            assertTrue(cache.dropOldest());
        }
        assertEquals(List.of(3, 6, 8, 7, 2, 1, 5, 4), memory.dropped);
        assertFalse(cache.dropOldest());
        assertEquals(0, cache.find(TURN, first, 6, true).size());
    }

    /** Where somebody has all that is left, it is given up all the same: he then needs no copy of it to write to. */
    @Test
    void whatOthersHaveIsGivenUp() {
        Memory memory = new Memory(7);
        PrefixCache cache = new PrefixCache(memory);
        memory.keep(cache, TURN, new int[] {1, 2, 3, 4}, 4);
        memory.shared.addAll(List.of(1, 2));
        assertTrue(cache.dropOldest());
        assertEquals(0, cache.size());
        assertFalse(cache.dropOldest());
    }
}
