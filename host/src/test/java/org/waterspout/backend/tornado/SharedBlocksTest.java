package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Batch;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Too few blocks for all sequences: what is read through the table is what a cache gives that copies whole sequences, or there is none. */
class SharedBlocksTest {

    private static final int SEQUENCES = 5;
    private static final int POSITIONS = 11;
    private static final int LENGTH = 4;
    private static final int COUNT = 7;

    /** A device's cache: what was written last in each row. */
    private final int[] keys = new int[COUNT * LENGTH];
    private final FloatArray table = new FloatArray(SEQUENCES * POSITIONS);
    private final AncestorTable places = new AncestorTable(SEQUENCES, POSITIONS, new CacheBlocks(COUNT, LENGTH, true));
    private List<List<Integer>> copied = new ArrayList<>(IntStream.range(0, SEQUENCES).mapToObj(_ -> List.<Integer>of()).toList());
    /** @param index whose place in its sequence it has */
    private record Kept(int index, List<Integer> contents) {
    }

    private final Map<Integer, Kept> kept = new TreeMap<>();
    private int written;
    private int refused;
    private int resumed;

    @Test
    void whatIsFullIsSharedAndWhatIsNotIsCopied() {
        for (int i = 0; i < 6; i++) {
            step(new int[] {0}, new int[] {i});
        }
        reorder(0, 0, 0, 0, 0);
        step(new int[] {0, 1, 2, 3, 4}, new int[] {6, 6, 6, 6, 6});
        assertEquals(0, refused, "one full block and one each");
        step(new int[] {0, 0}, new int[] {7, 8});
        assertEquals(0, refused, "the last block");
        step(new int[] {1, 1}, new int[] {7, 8});
        assertEquals(1, refused);
        places.forget(4);
        copied.set(4, List.of());
        step(new int[] {1, 1}, new int[] {7, 8});
        assertEquals(1, refused, "what a sequence leaves serves another");
    }

    @RepeatedTest(20)
    void readsWhatACopyingCacheHas(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        for (int round = 0; round < 400; round++) {
            switch (random.nextInt(9)) {
                case 0 -> reorder(random.ints(random.nextInt(SEQUENCES + 1), 0, SEQUENCES).toArray());
                case 1 -> {
                    int sequence = random.nextInt(SEQUENCES);
                    places.forget(sequence);
                    copied.set(sequence, List.of());
                }
                case 2 -> keep(random);
                case 3 -> drop(random);
                case 4 -> resume(random);
                default -> {
                    List<Integer> sequences = new ArrayList<>();
                    List<Integer> positions = new ArrayList<>();
                    for (int sequence = 0; sequence < SEQUENCES; sequence++) {
                        int from = random.nextInt(4) == 0 ? random.nextInt(1 + copied.get(sequence).size()) : copied.get(sequence).size();
                        for (int i = random.nextInt(4); i > 0 && from < POSITIONS; i--, from++) {
                            sequences.add(sequence);
                            positions.add(from);
                        }
                    }
                    if (!sequences.isEmpty()) {
                        step(sequences.stream().mapToInt(i -> i).toArray(), positions.stream().mapToInt(i -> i).toArray());
                    }
                }
            }
            check();
        }
        assertTrue(refused > 5 && written > 100 && resumed > 2, refused + " refused, " + written + " written, " + resumed + " resumed");
        while (!kept.isEmpty()) {
            drop(random);
        }
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            places.forget(sequence);
            copied.set(sequence, List.of());
        }
        int before = refused;
        step(new int[9], IntStream.range(0, 9).toArray());
        step(new int[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, IntStream.range(0, 9).toArray());
        step(new int[] {2}, new int[1]);
        assertEquals(before, refused, "no block is left over");
        step(new int[] {3}, new int[1]);
        assertEquals(before + 1, refused);
    }

    private void keep(Random random) {
        int sequence = random.nextInt(SEQUENCES);
        int full = copied.get(sequence).size() / LENGTH;
        if (full > 0 && kept.size() < 4) {
            int block = random.nextBoolean() ? 0 : random.nextInt(full);
            Kept one = new Kept(block, List.copyOf(copied.get(sequence).subList(block * LENGTH, (block + 1) * LENGTH)));
            assertNull(kept.put(places.keep(sequence, block), one), "a number of its own");
        }
    }

    private void drop(Random random) {
        if (!kept.isEmpty()) {
            int number = List.copyOf(kept.keySet()).get(random.nextInt(kept.size()));
            List<Integer> contents = kept.remove(number).contents();
            boolean others = kept.values().stream().anyMatch(one -> one.contents().equals(contents))
                    || copied.stream().anyMatch(one -> Collections.indexOfSubList(one, contents) >= 0);
            assertTrue(!places.drop(number) || !others, "what somebody has is not free");
            assertThrows(InvalidRequestException.class, () -> places.drop(number));
        }
    }

    /** Kept blocks of any sequences, each at its place. */
    private void resume(Random random) {
        List<Integer> numbers = new ArrayList<>();
        List<Integer> contents = new ArrayList<>();
        List<Integer> next = kept.keySet().stream().filter(number -> kept.get(number).index() == 0).toList();
        while (!next.isEmpty() && (numbers.isEmpty() || random.nextInt(4) > 0)) {
            numbers.add(next.get(random.nextInt(next.size())));
            contents.addAll(kept.get(numbers.getLast()).contents());
            next = kept.keySet().stream().filter(number -> kept.get(number).index() == numbers.size()).toList();
        }
        int sequence = random.nextInt(SEQUENCES);
        places.resume(sequence, numbers.stream().mapToInt(i -> i).toArray());
        copied.set(sequence, contents);
        resumed += numbers.size();
    }

    private void step(int[] sequences, int[] positions) {
        Batch batch = new Batch(new int[sequences.length], positions, sequences, new int[0]);
        int[] rows = {};
        boolean full = false;
        try {
            rows = places.rows(batch);
        } catch (OutOfMemoryException none) {
            full = true;
            refused++;
        }
        Set<Integer> sources = new HashSet<>();
        List<SharedBlocks.Copy> copies = places.takeCopies();
        copies.forEach(copy -> sources.add(copy.from()));
        for (SharedBlocks.Copy copy : copies) {
            assertTrue(!sources.contains(copy.to()), "no block is both written and read");
            System.arraycopy(keys, copy.from() * LENGTH, keys, copy.to() * LENGTH, LENGTH);
        }
        for (int row = 0; row < sequences.length; row++) {
            List<Integer> kept = copied.get(sequences[row]);
            copied.set(sequences[row], kept.subList(0, Math.min(kept.size(), positions[row])));
        }
        for (int row = 0; row < rows.length && !full; row++) {
            assertEquals(positions[row] % LENGTH, rows[row] % LENGTH);
            keys[rows[row]] = ++written;
            List<Integer> longer = new ArrayList<>(copied.get(sequences[row]));
            longer.add(written);
            copied.set(sequences[row], longer);
        }
        check();
    }

    private void reorder(int... parents) {
        places.reorder(parents);
        List<List<Integer>> old = List.copyOf(copied);
        for (int i = 0; i < parents.length; i++) {
            copied.set(i, old.get(parents[i]));
        }
    }

    private void check() {
        if (places.changed()) {
            places.copyTo(table);
        }
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            for (int position = 0; position < copied.get(sequence).size(); position++) {
                int row = position + (int) table.get(sequence * POSITIONS + position) * LENGTH;
                assertEquals(copied.get(sequence).get(position), keys[row], "position " + position + " of sequence " + sequence);
            }
        }
    }
}
