package org.waterspout.backend.tornado;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanBlocks;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.error.OutOfMemoryException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Where keys, values and recurrent states of each sequence lie in the device's arrays, so that reordering sequences moves numbers here and
 * nothing there.
 *
 * <p>Where each sequence has a block as long as the context, a position of a sequence lies in its own until a reorder; then several
 * sequences read what one of them wrote, and a new row is written to a block where no other sequence reads that position. There are as many
 * blocks as sequences, so one is always free. Otherwise positions lie in {@link SharedBlocks}, and only then can blocks be kept.
 */
final class AncestorTable implements PlanBlocks.Cache {

    private final int[] lengths;
    private final int positions;
    private final CacheBlocks blocks;
    private final Optional<SharedBlocks> shared;
    /** [sequences][positions]; empty until the first reorder. */
    private int[][] places = {};
    /** The state of each sequence, one of 2 * sequences. */
    private final int[] states;
    private boolean changed = true;

    AncestorTable(int sequences, int positions, CacheBlocks blocks) {
        this.blocks = blocks;
        this.shared = blocks.shared() ? Optional.of(new SharedBlocks(sequences, positions, blocks)) : Optional.empty();
        this.lengths = new int[sequences];
        this.positions = positions;
        this.states = IntStream.range(0, sequences).toArray();
    }

    /** Whether the device's copy is no longer right. */
    boolean changed() {
        return changed;
    }

    /** Writes [sequences, positions]: how many blocks a position lies behind where it would lie if block 0 began the context. */
    void copyTo(FloatArray target) {
        for (int sequence = 0; sequence < lengths.length; sequence++) {
            for (int position = 0; position < positions; position++) {
                target.set(sequence * positions + position, block(sequence, position) - position / blocks.length());
            }
        }
        changed = false;
    }

    private int block(int sequence, int position) {
        if (shared.isPresent()) {
            return shared.get().block(sequence, position);
        }
        return places.length == 0 ? sequence : places[sequence][position];
    }

    void reorder(int[] parents) {
        if (IntStream.range(0, parents.length).allMatch(i -> parents[i] == i)) {
            return;
        }
        if (shared.isEmpty() && places.length == 0) {
            places = new int[lengths.length][positions];
            for (int sequence = 0; sequence < lengths.length; sequence++) {
                Arrays.fill(places[sequence], sequence);
            }
        }
        int[][] oldPlaces = places.clone();
        int[] oldLengths = lengths.clone();
        int[] oldStates = states.clone();
        for (int i = 0; i < parents.length; i++) {
            lengths[i] = oldLengths[parents[i]];
            states[i] = oldStates[parents[i]];
            if (shared.isEmpty()) {
                places[i] = oldPlaces[parents[i]].clone();
                Arrays.fill(places[i], lengths[i], positions, i);
            }
        }
        shared.ifPresent(all -> all.reorder(parents));
        changed = true;
    }

    /**
     * The row of a cache that each row's key and value are kept in, from now on; {@link #takeCopies} first, also where this fails.
     *
     * @throws OutOfMemoryException when shared blocks are all in use; each sequence then ends where its rows would have begun
     */
    int[] rows(Batch batch) {
        int[] chosen = new int[batch.rows()];
        for (int row = 0; row < chosen.length; row++) {
            cut(batch.sequences()[row], batch.positions()[row]);
        }
        try {
            for (int row = 0; row < chosen.length; row++) {
                int position = batch.positions()[row];
                int block = reach(batch.sequences()[row], position);
                chosen[row] = block * blocks.length() + position % blocks.length();
            }
        } catch (OutOfMemoryException full) {
            for (int row = 0; row < chosen.length; row++) {
                cut(batch.sequences()[row], batch.positions()[row]);
            }
            throw full;
        }
        return chosen;
    }

    private int reach(int sequence, int position) {
        if (shared.isPresent()) {
            changed |= shared.get().reach(sequence, position);
        } else {
            int place = free(sequence, position);
            if (places.length > 0 && places[sequence][position] != place) {
                places[sequence][position] = place;
                changed = true;
            }
        }
        lengths[sequence] = position + 1;
        return block(sequence, position);
    }

    /** Blocks that must be copied before the rows last asked for are written. */
    List<SharedBlocks.Copy> takeCopies() {
        return shared.map(SharedBlocks::takeCopies).orElse(List.of());
    }

    @Override
    public int blockLength() {
        return blocks.length();
    }

    @Override
    public int keep(int sequence, int block) {
        return shared.orElseThrow().keep(sequence, block);
    }

    @Override
    public void resume(int sequence, int[] numbers) {
        shared.orElseThrow().resume(sequence, numbers);
        lengths[sequence] = numbers.length * blocks.length();
        changed = true;
    }

    @Override
    public boolean drop(int number) {
        return shared.orElseThrow().drop(number);
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
        shared.ifPresent(all -> all.cut(sequence, lengths[sequence]));
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
