package org.waterspout.backend.tornado;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Where keys, values and recurrent states of each sequence lie in the device's arrays, so that reordering sequences moves numbers here and
 * nothing there. A position of a sequence lies at its own number until a reorder; then several sequences read what one of them wrote,
 * and a new row is written to a place that no other sequence reads. There are as many places for a position as sequences, so one is
 * always free.
 */
final class AncestorTable {

    private final int[] lengths;
    private final int positions;
    /** [sequences][positions]; empty until the first reorder. */
    private int[][] places = {};
    /** The state of each sequence, one of 2 * sequences. */
    private final int[] states;
    private boolean changed = true;

    AncestorTable(int sequences, int positions) {
        this.lengths = new int[sequences];
        this.positions = positions;
        this.states = IntStream.range(0, sequences).toArray();
    }

    /** Whether the device's copy is no longer right. */
    boolean changed() {
        return changed;
    }

    /** Writes [sequences, positions]. */
    void copyTo(FloatArray target) {
        for (int sequence = 0; sequence < lengths.length; sequence++) {
            for (int position = 0; position < positions; position++) {
                target.set(sequence * positions + position, places.length == 0 ? sequence : places[sequence][position]);
            }
        }
        changed = false;
    }

    void reorder(int[] parents) {
        if (IntStream.range(0, parents.length).allMatch(i -> parents[i] == i)) {
            return;
        }
        if (places.length == 0) {
            places = new int[lengths.length][positions];
            for (int sequence = 0; sequence < lengths.length; sequence++) {
                Arrays.fill(places[sequence], sequence);
            }
        }
        int[][] oldPlaces = places.clone();
        int[] oldLengths = lengths.clone();
        int[] oldStates = states.clone();
        for (int i = 0; i < parents.length; i++) {
            places[i] = oldPlaces[parents[i]].clone();
            lengths[i] = oldLengths[parents[i]];
            states[i] = oldStates[parents[i]];
            Arrays.fill(places[i], lengths[i], positions, i);
        }
        changed = true;
    }

    /** The place of each row's key and value, from now on. */
    int[] rows(Batch batch) {
        int[] chosen = new int[batch.rows()];
        for (int row = 0; row < chosen.length; row++) {
            cut(batch.sequences()[row], batch.positions()[row]);
        }
        for (int row = 0; row < chosen.length; row++) {
            int sequence = batch.sequences()[row];
            int position = batch.positions()[row];
            chosen[row] = free(sequence, position);
            if (places.length > 0 && places[sequence][position] != chosen[row]) {
                places[sequence][position] = chosen[row];
                changed = true;
            }
            lengths[sequence] = position + 1;
        }
        return chosen;
    }

    /** Other sequences may write where {@code sequence} stood. */
    void forget(int sequence) {
        cut(sequence, 0);
    }

    /** Forgets what {@code sequence} has from {@code position} on. */
    private void cut(int sequence, int position) {
        if (places.length > 0 && lengths[sequence] > position) {
            Arrays.fill(places[sequence], position, positions, sequence);
            changed = true;
        }
        lengths[sequence] = Math.min(lengths[sequence], position);
    }

    private int free(int sequence, int position) {
        if (places.length == 0) {
            return sequence;
        }
        boolean[] taken = new boolean[lengths.length];
        for (int other = 0; other < lengths.length; other++) {
            if (other != sequence && lengths[other] > position) {
                taken[places[other][position]] = true;
            }
        }
        return taken[sequence] ? firstFree(taken) : sequence;
    }

    private static int firstFree(boolean[] taken) {
        int place = 0;
        while (taken[place]) {
            place++;
        }
        return place;
    }

    /** Where the state of {@code sequence} lies. */
    int state(int sequence) {
        return states[sequence];
    }

    /** Gives each sequence of the batch a new place for its state, which nobody reads in this step. */
    void moveStates(Batch batch) {
        boolean[] taken = new boolean[2 * states.length];
        Arrays.stream(states).forEach(place -> taken[place] = true);
        Arrays.stream(batch.sequences()).distinct().forEach(sequence -> {
            states[sequence] = firstFree(taken);
            taken[states[sequence]] = true;
        });
    }
}
