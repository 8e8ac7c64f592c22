package org.waterspout.backend.cpu;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.LongPredicate;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Op;

/**
 * Keys and values of every layer and sequence as 32-bit floats, in blocks of {@link CpuKernels#BLOCK} positions that are made when a
 * sequence first reaches them. A block of keys is [kvHeads][BLOCK / lanes][headDimension][lanes], so that a vector holds one element of
 * several positions; a block of values is [kvHeads][BLOCK][paddedWidth], rows filled up with zeros to whole vectors.
 *
 * <p>Sequences that go on from the same beginning share its blocks; one that is about to write into a shared block gets its own
 * copy first, so that at most the last, partly filled block is ever copied. Blocks behind the end of a sequence that goes back or begins
 * anew serve the next that needs one.
 */
final class KeyValueCache {

    /** The shape of one layer's cache. */
    record Layer(int kvHeads, int headDimension, int paddedWidth) {

        /** Of a layer that keeps nothing. */
        static final Layer NONE = new Layer(0, 0, 0);

        static Layer of(Op.Attention op, int lanes) {
            return of(op.kvHeads(), op.headDimension(), lanes);
        }

        static Layer of(int kvHeads, int headDimension, int lanes) {
            return new Layer(kvHeads, headDimension, (headDimension + lanes - 1) / lanes * lanes);
        }

        int keyFloats() {
            return kvHeads * CpuKernels.BLOCK * headDimension;
        }

        int valueFloats() {
            return kvHeads * CpuKernels.BLOCK * paddedWidth;
        }
    }

    /** All layers' keys and values of {@link CpuKernels#BLOCK} positions, [layer] each, and how many sequences have them. */
    private static final class Block {

        final float[][] keys;
        final float[][] values;
        int users;

        Block(List<Layer> layers) {
            keys = layers.stream().map(layer -> new float[layer.keyFloats()]).toArray(float[][]::new);
            values = layers.stream().map(layer -> new float[layer.valueFloats()]).toArray(float[][]::new);
        }

        void copy(Block other) {
            for (int layer = 0; layer < keys.length; layer++) {
                System.arraycopy(other.keys[layer], 0, keys[layer], 0, keys[layer].length);
                System.arraycopy(other.values[layer], 0, values[layer], 0, values[layer].length);
            }
        }
    }

    private final int lanes;
    private final List<Layer> layers;
    private final Block[][] blocks;
    private final Deque<Block> spare = new ArrayDeque<>();
    private final int[] lengths;
    private final LongPredicate room;

    KeyValueCache(int lanes, List<Layer> layers, int sequences) {
        this(lanes, layers, sequences, HostMemory::gives);
    }

    /** @param room whether so many bytes of the heap can be had */
    KeyValueCache(int lanes, List<Layer> layers, int sequences, LongPredicate room) {
        this.lanes = lanes;
        this.layers = layers;
        this.room = room;
        blocks = new Block[sequences][0];
        lengths = new int[sequences];
    }

    /** Bytes when every position of every sequence is in use. */
    static long bytes(List<Layer> layers, int sequences, int contextLength) {
        long floats = layers.stream().mapToLong(layer -> (long) layer.keyFloats() + layer.valueFloats()).sum();
        return Float.BYTES * floats * blocks(contextLength) * sequences;
    }

    private static int blocks(int contextLength) {
        return Math.ceilDiv(contextLength, CpuKernels.BLOCK);
    }

    int sequences() {
        return lengths.length;
    }

    /** Positions of {@code sequence} that have been written. */
    int length(int sequence) {
        return lengths[sequence];
    }

    /**
     * Makes room for the rows of a batch in every layer. Called by one thread, before the workers start on a step.
     *
     * @throws OutOfMemoryException when there is none; each sequence then ends where its rows would have begun, at the latest
     */
    void reach(int[] sequences, int[] positions) {
        int[] before = lengths.clone();
        try {
            for (int row = 0; row < sequences.length; row++) {
                reach(sequences[row], positions[row]);
            }
        } catch (OutOfMemoryException full) {
            for (int row = sequences.length - 1; row >= 0; row--) {
                lengths[sequences[row]] = Math.min(before[sequences[row]], positions[row]);
            }
            throw full;
        }
    }

    /** Makes room for {@code position} in every layer, position after position. */
    void reach(int sequence, int position) {
        int end = lengths[sequence];
        lengths[sequence] = position + 1;
        if (layers.stream().allMatch(Layer.NONE::equals)) {
            return;
        }
        int at = position / CpuKernels.BLOCK;
        if (position + 1 < end) {
            release(blocks[sequence], at + 1);
        }
        if (at >= blocks[sequence].length) {
            blocks[sequence] = Arrays.copyOf(blocks[sequence], Math.max(at + 1, 2 * blocks[sequence].length));
        }
        Block[] own = blocks[sequence];
        if (own[at] == null) {
            own[at] = take(sequence, position);
        } else if (own[at].users > 1) {
            Block shared = own[at];
            own[at] = take(sequence, position);
            shared.users--;
            if (position % CpuKernels.BLOCK > 0) {
                own[at].copy(shared);
            }
        }
    }

    private Block take(int sequence, int position) {
        Block block = spare.isEmpty() ? make(sequence, position) : spare.pop();
        block.users = 1;
        return block;
    }

    private Block make(int sequence, int position) {
        long bytes = bytes(layers, 1, 1);
        if (!room.test(bytes)) {
            throw full(sequence, position, bytes, null);
        }
        try {
            return new Block(layers);
        } catch (OutOfMemoryError failure) { // the heap is in pieces that are too small
            throw full(sequence, position, bytes, failure);
        }
    }

    private static OutOfMemoryException full(int sequence, int position, long bytes, OutOfMemoryError failure) {
        return new OutOfMemoryException("no memory is left for keys and values from position " + position + " of sequence " + sequence
                + " on (" + (bytes >> 10) + " KB at a time): shorten the text, close other generations, or start Java with a larger -Xmx",
                failure);
    }

    private void release(Block[] own, int from) {
        for (int block = from; block < own.length; block++) {
            if (own[block] != null && --own[block].users == 0) {
                spare.push(own[block]);
            }
            own[block] = null;
        }
    }

    /** Forgets {@code sequence}; blocks that no other has serve the next that needs one. Called between steps. */
    void forget(int sequence) {
        release(blocks[sequence], 0);
        lengths[sequence] = 0;
    }

    /** Sequence i goes on where {@code parents[i]} stood. Called between steps. */
    void reorder(int[] parents) {
        Block[][] before = new Block[parents.length][];
        int[] lengthsBefore = lengths.clone();
        for (int i = 0; i < parents.length; i++) {
            before[i] = blocks[i];
        }
        Block[][] after = new Block[parents.length][];
        for (int i = 0; i < parents.length; i++) {
            int used = blocks(lengthsBefore[parents[i]]);
            after[i] = Arrays.copyOf(blocks[parents[i]], Math.min(used, blocks[parents[i]].length));
            for (Block block : after[i]) {
                block.users++;
            }
        }
        for (int i = 0; i < parents.length; i++) {
            release(before[i], 0);
            blocks[i] = after[i];
            lengths[i] = lengthsBefore[parents[i]];
        }
    }

    Layer layer(int layer) {
        return layers.get(layer);
    }

    float[] keys(int layer, int sequence, int block) {
        return blocks[sequence][block].keys[layer];
    }

    float[] values(int layer, int sequence, int block) {
        return blocks[sequence][block].values[layer];
    }

    /**
     * Writes key and value of one head at one position.
     *
     * @param key    element d lies at {@code keyAt + d * stride}; value likewise
     */
    void append(int layer, int sequence, int position, int head, float[] key, float[] value, int at, int stride) {
        Layer shape = layers.get(layer);
        int t = position % CpuKernels.BLOCK;
        float[] keyBlock = keys(layer, sequence, position / CpuKernels.BLOCK);
        float[] valueBlock = values(layer, sequence, position / CpuKernels.BLOCK);
        int keyAt = (head * CpuKernels.BLOCK + t / lanes * lanes) * shape.headDimension() + t % lanes;
        int valueAt = (head * CpuKernels.BLOCK + t) * shape.paddedWidth();
        for (int d = 0; d < shape.headDimension(); d++) {
            keyBlock[keyAt + d * lanes] = key[at + d * stride];
            valueBlock[valueAt + d] = value[at + d * stride];
        }
    }
}
