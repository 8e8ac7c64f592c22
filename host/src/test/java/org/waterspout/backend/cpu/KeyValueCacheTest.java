package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.waterspout.error.OutOfMemoryException;

/** Blocks are made when a sequence reaches them, while there is memory; sharing is in {@link TranslatorPlanTest}. */
class KeyValueCacheTest {

    private static final KeyValueCache.Layer LAYER = KeyValueCache.Layer.of(2, 4, 8);
    private static final long BLOCK_BYTES = 4L * 2 * CpuKernels.BLOCK * (4 + 8);

    private final AtomicInteger made = new AtomicInteger();

    /** With room for so many blocks. */
    private KeyValueCache cache(int sequences, int room) {
        return new KeyValueCache(8, List.of(LAYER), sequences, bytes -> {
            assertEquals(BLOCK_BYTES, bytes);
            return made.incrementAndGet() <= room;
        });
    }

    private static void reach(KeyValueCache cache, int sequence, int from, int to) {
        int[] positions = IntStream.range(from, to).toArray();
        cache.reach(IntStream.of(positions).map(position -> sequence).toArray(), positions);
    }

    @Test
    void aFullCacheRefusesTheRowsAndKeepsWhatItHas() {
        KeyValueCache cache = cache(2, 3);
        reach(cache, 0, 0, 100);
        cache.keys(0, 0, 1)[3] = 5;
        reach(cache, 1, 0, 10);
        String message = assertThrows(OutOfMemoryException.class, () -> cache.reach(new int[] {0, 1, 1}, new int[] {100, 10, 64}))
                .getMessage();
        assertTrue(message.contains("position 64 of sequence 1") && message.contains("6 KB"), message);
        assertEquals(100, cache.length(0));
        assertEquals(10, cache.length(1));
        assertEquals(5, cache.keys(0, 0, 1)[3]);
        reach(cache, 1, 10, 64);
        assertEquals(64, cache.length(1));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 0, 65));
        assertEquals(0, cache.length(1), "begun anew, and refused");
        reach(cache, 0, 100, 128);
        assertEquals(128, cache.length(0));
    }

    @Test
    void blocksBehindTheEndServeOthers() {
        KeyValueCache cache = cache(2, 3);
        reach(cache, 0, 0, 192);
        float[] second = cache.keys(0, 0, 1);
        float[] third = cache.keys(0, 0, 2);
        reach(cache, 0, 70, 75); // goes back into its second block
        assertSame(second, cache.keys(0, 0, 1));
        reach(cache, 1, 0, 64);
        assertSame(third, cache.keys(0, 1, 0));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 64, 65));
        reach(cache, 0, 0, 1); // begins anew
        reach(cache, 1, 64, 65);
        assertSame(second, cache.keys(0, 1, 1));
    }

    @Test
    void whatIsSharedStaysWhenOneGoesBack() {
        KeyValueCache cache = cache(2, 3);
        reach(cache, 0, 0, 128);
        cache.reorder(new int[] {0, 0});
        float[] second = cache.keys(0, 0, 1);
        reach(cache, 1, 0, 1);
        assertSame(second, cache.keys(0, 0, 1));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 1, 65), "the second block is the other's still");
        cache.reorder(new int[] {0, 0});
        assertEquals(128, cache.length(1));
        assertSame(second, cache.keys(0, 1, 1));
    }
}
