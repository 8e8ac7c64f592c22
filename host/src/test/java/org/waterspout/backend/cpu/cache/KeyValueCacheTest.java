package org.waterspout.backend.cpu.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;

/** Blocks are made when a sequence reaches them, while there is memory; sequences share what is full. */
class KeyValueCacheTest {

    private static final KeyValueCache.Layer LAYER = KeyValueCache.Layer.of(CacheType.F32, 2, 4, 8);
    private static final long BLOCK_BYTES = 4L * 2 * CpuKernels.BLOCK * (4 + 8);

    private final AtomicInteger made = new AtomicInteger();

    /** With room for so many blocks. */
    private KeyValueCache cache(int sequences, int room) {
        return new KeyValueCache(List.of(LAYER), sequences, 0, bytes -> {
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
        cache.keys(0, 0, 1).write(0, 3, new float[] {5}, 0, 1, 1);
        reach(cache, 1, 0, 10);
        String message = assertThrows(OutOfMemoryException.class, () -> cache.reach(new int[] {0, 1, 1}, new int[] {100, 10, 64}))
                .getMessage();
        assertTrue(message.contains("position 64 of sequence 1") && message.contains("6 KB"), message);
        assertEquals(100, cache.length(0));
        assertEquals(10, cache.length(1));
        assertEquals(5, cache.keys(0, 0, 1).read(0, 64, new float[0], null)[3]);
        reach(cache, 1, 10, 64);
        assertEquals(64, cache.length(1));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 0, 65));
        assertEquals(0, cache.length(1), "begun anew, and refused");
        reach(cache, 0, 100, 128);
        assertEquals(128, cache.length(0));
    }

    @Test
    void bytesBoundTheBlocksOfAllSequencesTogether() {
        KeyValueCache cache = new KeyValueCache(List.of(LAYER), 4, 4 * BLOCK_BYTES - 1);
        assertEquals(Optional.of(new CacheLimit(3, 64)), cache.limit());
        reach(cache, 0, 0, 64);
        reach(cache, 1, 0, 65);
        String message = assertThrows(OutOfMemoryException.class, () -> reach(cache, 2, 0, 1)).getMessage();
        assertTrue(message.startsWith("the 18 KB that keys and values may take are in use"), message);
        cache.reorder(new int[] {0, 0, 0, 0}); // what is shared counts once, and what the second sequence had is free
        reach(cache, 1, 64, 65);
        reach(cache, 2, 64, 65);
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 3, 64, 65));
        cache.forget(1);
        reach(cache, 3, 64, 65);
        assertEquals(Optional.empty(), new KeyValueCache(List.of(LAYER), 1).limit());
    }

    @Test
    void blocksBehindTheEndServeOthers() {
        KeyValueCache cache = cache(2, 3);
        reach(cache, 0, 0, 192);
        CacheArray second = cache.keys(0, 0, 1);
        CacheArray third = cache.keys(0, 0, 2);
        reach(cache, 0, 70, 75); // goes back into its second block
        assertSame(second, cache.keys(0, 0, 1));
        reach(cache, 1, 0, 64);
        assertSame(third, cache.keys(0, 1, 0));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 64, 65));
        reach(cache, 0, 0, 1); // begins anew
        reach(cache, 1, 64, 65);
        assertSame(second, cache.keys(0, 1, 1));
    }

    /** What is read back is what {@link CacheType#round} says, wherever it lies, by both kinds of kernels. */
    @ParameterizedTest
    @EnumSource(CacheType.class)
    void everyTypeReadsBackWhatItRoundsTo(CacheType type) {
        Random random = new Random(11);
        List<CpuKernels> all = VectorShapes.wide() ? List.of(new ScalarKernels(), new VectorKernels()) : List.of(new ScalarKernels());
        for (CpuKernels kernels : all) {
            for (int width : new int[] {1, 4, 20, 33, 64, 100}) {
                KeyValueCache.Layer layer = KeyValueCache.Layer.of(type, 3, width, kernels.lanes());
                KeyValueCache cache = new KeyValueCache(List.of(layer), 1);
                float[][] rows = new float[70][3 * width];
                for (int position = 0; position < rows.length; position++) {
                    for (int i = 0; i < 3 * width; i++) {
                        rows[position][i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-9, 4)));
                    }
                    cache.reach(0, position);
                    for (int head = 0; head < 3; head++) {
                        cache.append(0, 0, position, head, rows[position], rows[position], head * width, 1);
                    }
                    type.round(rows[position], width);
                }
                for (int position = 0; position < rows.length; position++) {
                    for (int head = 0; head < 3; head++) {
                        float[] expected = Arrays.copyOfRange(rows[position], head * width, (head + 1) * width);
                        assertArrayEquals(expected, read(cache.keys(0, 0, position / 64), head, position % 64, width, kernels),
                                "keys of " + width);
                        assertArrayEquals(expected, read(cache.values(0, 0, position / 64), head, position % 64, width, kernels),
                                "values of " + width);
                    }
                }
            }
        }
    }

    private static float[] read(CacheArray array, int head, int t, int width, CpuKernels kernels) {
        CacheArray.Layout layout = array.layout();
        float[] numbers = array.read(head, t + 1, new float[CpuKernels.BLOCK * layout.width()], kernels);
        float[] position = new float[width];
        int at = array.readFrom(head) + layout.at(0, t);
        for (int d = 0; d < width; d++) {
            position[d] = numbers[at + d * layout.across()];
        }
        return position;
    }

    /** A failed sequence's NaN would else reach a prompt whose block it had been: what is hidden is weighed by 0, not left out. */
    @ParameterizedTest
    @EnumSource(CacheType.class)
    void aBlockThatServesAgainHoldsNothing(CacheType type) {
        KeyValueCache cache = new KeyValueCache(List.of(KeyValueCache.Layer.of(type, 2, 20, 8)), 1);
        reach(cache, 0, 0, 1);
        float[] bad = new float[40];
        Arrays.fill(bad, Float.NaN);
        cache.append(0, 0, 0, 1, bad, bad, 20, 1);
        CacheArray before = cache.values(0, 0, 0);
        cache.forget(0);
        reach(cache, 0, 0, 1);
        assertSame(before, cache.values(0, 0, 0));
        assertArrayEquals(new float[20], read(cache.keys(0, 0, 0), 1, 0, 20, new ScalarKernels()));
        assertArrayEquals(new float[20], read(cache.values(0, 0, 0), 1, 0, 20, new ScalarKernels()));
    }

    @Test
    void bytesAreThoseOfTheType() {
        long[] bytes = Arrays.stream(CacheType.values()).mapToLong(type ->
                KeyValueCache.bytes(List.of(KeyValueCache.Layer.of(type, 2, 36, 8)), 3, 65)).toArray();
        // 2 heads of 36 numbers of keys and 40 of values, each with two scales in 8 bits; 2 blocks of 3 sequences
        assertArrayEquals(new long[] {2 * 76 * 4 * 64 * 6, 2 * 76 * 2 * 64 * 6, 2 * (76 + 16) * 64 * 6}, bytes);
    }

    @Test
    void whatIsSharedStaysWhenOneGoesBack() {
        KeyValueCache cache = cache(2, 3);
        reach(cache, 0, 0, 128);
        cache.reorder(new int[] {0, 0});
        CacheArray second = cache.keys(0, 0, 1);
        reach(cache, 1, 0, 1);
        assertSame(second, cache.keys(0, 0, 1));
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 1, 1, 65), "the second block is the other's still");
        cache.reorder(new int[] {0, 0});
        assertEquals(128, cache.length(1));
        assertSame(second, cache.keys(0, 1, 1));
    }

    @Test
    void fullBlocksAreSharedAndOnlyThePartlyFilledOneIsCopied() {
        KeyValueCache cache = new KeyValueCache(List.of(KeyValueCache.Layer.of(CacheType.F32, 1, 4, 8)), 3);
        for (int position = 0; position < 130; position++) {
            cache.reach(0, position);
        }
        cache.reorder(new int[] {0, 0});
        for (int block = 0; block < 3; block++) {
            assertTrue(cache.keys(0, 0, block) == cache.keys(0, 1, block), "nothing is copied yet");
        }
        cache.keys(0, 0, 2).write(0, 0, new float[] {1, 7}, 0, 1, 2);
        cache.reach(1, 130);
        assertTrue(cache.keys(0, 0, 0) == cache.keys(0, 1, 0) && cache.keys(0, 0, 1) == cache.keys(0, 1, 1), "full blocks stay shared");
        assertFalse(cache.keys(0, 0, 2) == cache.keys(0, 1, 2), "the last has been copied before it is written");
        assertEquals(7, cache.keys(0, 1, 2).read(0, 64, new float[0], null)[8]);
        CacheArray own = cache.keys(0, 0, 2);
        cache.reach(0, 130);
        assertTrue(own == cache.keys(0, 0, 2), "what nobody shares is not copied");
        cache.reach(1, 0); // begins anew: the other's first block stays
        assertFalse(cache.keys(0, 0, 0) == cache.keys(0, 1, 0));
        assertEquals(1, cache.length(1));
        assertEquals(131, cache.length(0));
    }

    @Test
    void keptBlocksOutliveTheirSequence() {
        KeyValueCache cache = cache(2, 4);
        reach(cache, 0, 0, 150);
        cache.keys(0, 0, 1).write(0, 3, new float[] {5}, 0, 1, 1);
        CacheArray first = cache.keys(0, 0, 0);
        CacheArray second = cache.keys(0, 0, 1);
        int[] kept = {cache.keep(0, 0), cache.keep(0, 1)};
        cache.forget(0);
        reach(cache, 0, 0, 128); // the third block, and a last one
        assertThrows(OutOfMemoryException.class, () -> reach(cache, 0, 128, 129));
        cache.resume(1, kept);
        assertEquals(128, cache.length(1));
        assertSame(first, cache.keys(0, 1, 0));
        cache.forget(0);
        reach(cache, 1, 100, 101); // goes back into what is kept: in a block of its own
        assertEquals(5, cache.keys(0, 1, 1).read(0, 64, new float[0], null)[3]);
        cache.keys(0, 1, 1).write(0, 3, new float[] {6}, 0, 1, 1);
        cache.resume(0, new int[] {kept[0], kept[1]});
        assertSame(second, cache.keys(0, 0, 1));
        assertEquals(5, second.read(0, 64, new float[0], null)[3]);
        assertFalse(cache.drop(kept[1]), "the sequence has it");
        cache.forget(1);
        assertFalse(cache.drop(kept[0]));
        assertThrows(InvalidRequestException.class, () -> cache.drop(kept[0]));
        assertThrows(InvalidRequestException.class, () -> cache.resume(1, kept));
        cache.forget(0);
        reach(cache, 1, 0, 256); // every block is there again
        int last = cache.keep(1, 3);
        cache.forget(1);
        assertTrue(cache.drop(last), "nobody has it");
    }

    @Test
    void keptBlocksTakeAPartOfTheHeapOrWhatIsGiven() {
        PlanOptions options = new PlanOptions(130, 4, 8, false);
        KeyValueCache whole = new KeyValueCache(List.of(LAYER), 4, 12 * BLOCK_BYTES);
        assertEquals(12, whole.maxKept(options, 1 << 30));
        assertEquals(5, whole.maxKept(options, 4 * 6 * BLOCK_BYTES - 1));
        assertEquals(0, whole.maxKept(options, 4 * BLOCK_BYTES - 1));
        assertEquals(12, whole.maxKept(options.withCacheBytes(12 * BLOCK_BYTES), BLOCK_BYTES));
        assertEquals(0, new KeyValueCache(List.of(KeyValueCache.Layer.NONE), 4).maxKept(options, 1 << 30));
    }
}
