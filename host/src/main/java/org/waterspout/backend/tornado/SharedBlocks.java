package org.waterspout.backend.tornado;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.waterspout.backend.NumberedBlocks;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.error.OutOfMemoryException;

/**
 * Blocks of positions that sequences take as they need them and have in common where they began the same, each counted. One that is about
 * to write into a block that others read gets a copy of its own first. Full blocks can be kept by themselves, too ({@link #keep}), for
 * sequences that begin with them later.
 */
final class SharedBlocks {

    /** A block to copy before the step that this is found out for. */
    record Copy(int from, int to) {
    }

    private static final int NONE = -1;

    private final int length;
    /** [sequences][blocks of a context] */
    private final int[][] blocks;
    private final int[] users;
    private final Deque<Integer> spare = new ArrayDeque<>();
    private final List<Copy> copies = new ArrayList<>();
    private final NumberedBlocks<Integer> kept = new NumberedBlocks<>();

    SharedBlocks(int sequences, int positions, CacheBlocks size) {
        length = size.length();
        blocks = new int[sequences][Math.ceilDiv(positions, length)];
        users = new int[size.count()];
        for (int[] own : blocks) {
            Arrays.fill(own, NONE);
        }
        for (int block = 0; block < users.length; block++) {
            spare.add(block);
        }
    }

    /** The block with {@code position} of {@code sequence}; 0 where there is none. */
    int block(int sequence, int position) {
        return Math.max(0, blocks[sequence][position / length]);
    }

    /**
     * Makes room to write {@code position}, which is where {@code sequence} ends.
     *
     * @return whether its blocks have changed
     * @throws OutOfMemoryException when all blocks are in use; what the sequence has stays
     */
    boolean reach(int sequence, int position) {
        int at = position / length;
        int block = blocks[sequence][at];
        if (block != NONE && users[block] == 1) {
            return false;
        }
        if (spare.isEmpty()) {
            throw new OutOfMemoryException(("the %d blocks of %d positions that keys and values may take are in use, so there are none"
                    + " from position %d of sequence %d on: shorten the text, close other generations, or give them more").formatted(
                    users.length, length, position, sequence));
        }
        int own = spare.pop();
        users[own] = 1;
        blocks[sequence][at] = own;
        if (block != NONE) {
            users[block]--;
            if (position % length > 0) {
                copies.add(new Copy(block, own));
            }
        }
        return true;
    }

    /** What was to copy since the last call. The sources are read by other sequences, and nobody reads the targets yet. */
    List<Copy> takeCopies() {
        List<Copy> taken = List.copyOf(copies);
        copies.clear();
        return taken;
    }

    /** Keeps the first {@code count} positions of {@code sequence}. */
    void cut(int sequence, int count) {
        for (int at = Math.ceilDiv(count, length); at < blocks[sequence].length; at++) {
            release(blocks[sequence][at]);
            blocks[sequence][at] = NONE;
        }
    }

    private boolean release(int block) {
        boolean free = block != NONE && --users[block] == 0;
        if (free) {
            spare.push(block);
        }
        return free;
    }

    /** Keeps a full block of {@code sequence}; its number until it is dropped. */
    int keep(int sequence, int block) {
        users[blocks[sequence][block]]++;
        return kept.add(blocks[sequence][block]);
    }

    /** {@code sequence} holds the positions of these kept blocks, and no others. */
    void resume(int sequence, int[] numbers) {
        List<Integer> own = kept.get(numbers);
        own.forEach(block -> users[block]++);
        cut(sequence, 0);
        for (int at = 0; at < own.size(); at++) {
            blocks[sequence][at] = own.get(at);
        }
    }

    /** Keeps a block no longer; whether nobody has it any more. */
    boolean drop(int number) {
        return release(kept.remove(number));
    }

    /** Sequence i goes on where {@code parents[i]} stood. */
    void reorder(int[] parents) {
        int[][] before = new int[parents.length][];
        for (int i = 0; i < parents.length; i++) {
            before[i] = blocks[i].clone();
        }
        int[][] after = new int[parents.length][];
        for (int i = 0; i < parents.length; i++) {
            after[i] = blocks[parents[i]].clone();
            Arrays.stream(after[i]).filter(block -> block != NONE).forEach(block -> users[block]++);
        }
        for (int i = 0; i < parents.length; i++) {
            Arrays.stream(before[i]).forEach(this::release);
            blocks[i] = after[i];
        }
    }
}
