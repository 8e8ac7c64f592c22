package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Batch;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Places are right when reading through them gives what a cache gives that copies whole sequences. */
class AncestorTableTest {

    private static final int SEQUENCES = 5;
    private static final int POSITIONS = 9;

    /** A device's arrays: what was written last at each place. */
    private final int[][] keys = new int[SEQUENCES][POSITIONS];
    private final int[] states = new int[2 * SEQUENCES];
    /** A cache that copies. */
    private int[][] copied = new int[SEQUENCES][POSITIONS];
    private int[] copiedStates = new int[SEQUENCES];
    private final int[] lengths = new int[SEQUENCES];
    private final AncestorTable places = new AncestorTable(SEQUENCES, POSITIONS, new CacheBlocks(SEQUENCES, POSITIONS, false));
    private final FloatArray table = new FloatArray(SEQUENCES * POSITIONS);
    private int written;

    @Test
    void nothingMovesBeforeAReorder() {
        assertTrue(places.changed(), "the device has no table yet");
        places.copyTo(table);
        step(0, 0, 1, 1, 0);
        reorder(0, 1, 2, 3, 4);
        step(0, 1);
        assertFalse(places.changed());
    }

    @Test
    void aSequenceThatBeginsAnewLeavesItsHeirsAlone() {
        step(0, 0, 0, 1);
        reorder(0, 0, 0);
        lengths[0] = 0;
        step(0, 1, 2);
        step(2, 1, 0);
    }

    @RepeatedTest(20)
    void readsWhatACopyingCacheHas(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            if (random.nextInt(3) == 0) {
                reorder(random.ints(random.nextInt(SEQUENCES + 1), 0, SEQUENCES).toArray());
            }
            int sequence = random.nextInt(SEQUENCES);
            if (lengths[sequence] > POSITIONS - 3 || random.nextInt(4) == 0) {
                lengths[sequence] = random.nextInt(1 + lengths[sequence] / 2);
            }
            int[] rows = IntStream.range(0, SEQUENCES).filter(s -> lengths[s] < POSITIONS - 1 && random.nextInt(3) > 0)
                    .flatMap(s -> IntStream.range(0, 1 + random.nextInt(2)).map(_ -> s)).toArray();
            if (rows.length > 0) {
                step(rows);
            }
        }
        System.out.println("seed " + seed + ": " + written + " rows");
    }

    /** A row for each number: the next position of that sequence. */
    private void step(int... sequences) {
        int[] positions = new int[sequences.length];
        for (int row = 0; row < sequences.length; row++) {
            positions[row] = lengths[sequences[row]]++;
        }
        Batch batch = new Batch(new int[sequences.length], positions, sequences, new int[0]);
        int[] chosen = places.rows(batch);
        int[] before = IntStream.range(0, SEQUENCES).map(places::state).toArray();
        places.moveStates(batch);
        int[] read = IntStream.range(0, SEQUENCES).map(s -> states[before[s]]).toArray();
        assertArrayEquals(copiedStates, read);
        for (int row = 0; row < sequences.length; row++) {
            int sequence = sequences[row];
            written++;
            assertEquals(positions[row], chosen[row] % POSITIONS);
            keys[chosen[row] / POSITIONS][positions[row]] = written;
            copied[sequence][positions[row]] = written;
            assertFalse(Arrays.stream(before).anyMatch(place -> place == places.state(sequence)), "a step writes no state that it reads");
            states[places.state(sequence)] = written;
            copiedStates[sequence] = written;
        }
        check();
    }

    private void reorder(int... parents) {
        places.reorder(parents);
        int[][] old = Arrays.stream(copied).map(int[]::clone).toArray(int[][]::new);
        int[] oldLengths = lengths.clone();
        int[] oldStates = copiedStates.clone();
        for (int i = 0; i < parents.length; i++) {
            copied[i] = old[parents[i]].clone();
            lengths[i] = oldLengths[parents[i]];
            copiedStates[i] = oldStates[parents[i]];
        }
    }

    private void check() {
        if (places.changed()) {
            places.copyTo(table);
        }
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            for (int position = 0; position < lengths[sequence]; position++) {
                int place = (int) table.get(sequence * POSITIONS + position);
                assertEquals(copied[sequence][position], keys[place][position], "position " + position + " of sequence " + sequence);
            }
        }
    }
}
