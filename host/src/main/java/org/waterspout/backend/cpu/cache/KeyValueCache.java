package org.waterspout.backend.cpu.cache;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.HostMemory;
import org.waterspout.backend.NumberedBlocks;
import org.waterspout.backend.PlanBlocks;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.error.OutOfMemoryException;

/**
 * Keys and values of every layer and sequence, in blocks of {@link CpuKernels#BLOCK} positions that are made when a
 * sequence first reaches them. A block of keys is [kvHeads][BLOCK / lanes][headDimension][lanes], so that a vector holds one element of
 * several positions; a block of values is [kvHeads][BLOCK][paddedWidth], rows filled up with zeros to whole vectors. They are kept as a
 * {@link CacheType} says, rounded once when they are appended.
 *
 * <p>Sequences that go on from the same beginning share its blocks; one that is about to write into a shared block gets its own
 * copy first, so that at most the last, partly filled block is ever copied. Blocks behind the end of a sequence that goes back or begins
 * anew serve the next that needs one. Full blocks can be kept by themselves, too ({@link #keep}), for sequences that begin with them later.
 */
public final class KeyValueCache implements PlanBlocks.Cache {

    /**
     * One layer's cache.
     *
     * @param headDimension elements of a head; in values they are filled up to whole vectors
     */
    public record Layer(CacheType type, CacheArray.Layout keys, CacheArray.Layout values, int headDimension) {

        /** Of a layer that keeps nothing. */
        static final Layer NONE = new Layer(CacheType.F32, new CacheArray.Layout(0, 0, 1), new CacheArray.Layout(0, 0, 1), 0);

        static Layer of(CacheType type, int kvHeads, int headDimension, int lanes) {
            return new Layer(type, new CacheArray.Layout(kvHeads, headDimension, lanes),
                    new CacheArray.Layout(kvHeads, Math.ceilDiv(headDimension, lanes) * lanes, 1), headDimension);
        }

        public int kvHeads() {
            return keys.heads();
        }

        public int paddedWidth() {
            return values.width();
        }

        /** Bytes of a block. */
        long bytes() {
            return keys.bytes(type) + values.bytes(type);
        }
    }

    /** All layers' keys and values of {@link CpuKernels#BLOCK} positions, [layer] each, and how many have them. */
    private static final class Block {

        final CacheArray[] keys;
        final CacheArray[] values;
        /** Sequences that have it; who keeps it is one more. */
        int users;

        Block(List<Layer> layers) {
            keys = layers.stream().map(layer -> CacheArray.of(layer.type(), layer.keys())).toArray(CacheArray[]::new);
            values = layers.stream().map(layer -> CacheArray.of(layer.type(), layer.values())).toArray(CacheArray[]::new);
        }

        void copy(Block other) {
            for (int layer = 0; layer < keys.length; layer++) {
                keys[layer].copy(other.keys[layer]);
                values[layer].copy(other.values[layer]);
            }
        }

        /** A prompt's kernels read whole blocks and weigh what is not yet written by 0, which NaN of a failed sequence would survive. */
        void clear() {
            for (int layer = 0; layer < keys.length; layer++) {
                keys[layer].clear();
                values[layer].clear();
            }
        }
    }

    /** Of the heap, what kept blocks may take where nobody says how much: nobody waits for them. */
    private static final int KEPT_PART = 4;

    private final List<Layer> layers;
    private final Block[][] blocks;
    private final Deque<Block> spare = new ArrayDeque<>();
    private final NumberedBlocks<Block> kept = new NumberedBlocks<>();
    private final int[] lengths;
    private final LongPredicate room;
    private final long max;
    private long made;

    KeyValueCache(List<Layer> layers, int sequences) {
        this(layers, sequences, 0);
    }

    /** @param maxBytes of all blocks together; 0 for what memory allows */
    KeyValueCache(List<Layer> layers, int sequences, long maxBytes) {
        this(layers, sequences, maxBytes, HostMemory::gives);
    }

    /** @param room whether so many bytes of the heap can be had */
    KeyValueCache(List<Layer> layers, int sequences, long maxBytes, LongPredicate room) {
        long block = bytes(layers, 1, 1);
        this.max = maxBytes == 0 || block == 0 ? Long.MAX_VALUE : maxBytes / block;
        this.layers = layers;
        this.room = room;
        blocks = new Block[sequences][0];
        lengths = new int[sequences];
    }

    /** Bytes when every position of every sequence is in use. */
    static long bytes(List<Layer> layers, int sequences, int contextLength) {
        return layers.stream().mapToLong(Layer::bytes).sum() * blocks(contextLength) * sequences;
    }

    private static int blocks(int contextLength) {
        return Math.ceilDiv(contextLength, CpuKernels.BLOCK);
    }

    private long blockBytes() {
        return bytes(layers, 1, 1);
    }

    /** Blocks that may be kept: all, or where no bytes are given, what a part of the heap holds. */
    public long maxKept(PlanOptions options, long heap) {
        long all = limit().map(CacheLimit::blocks).orElse(0L);
        return options.cacheBytes() > 0 || all == 0 ? all : Math.min(all, heap / KEPT_PART / blockBytes());
    }

    /** What bytes bound; nothing where memory alone does. */
    public Optional<CacheLimit> limit() {
        return max == Long.MAX_VALUE ? Optional.empty() : Optional.of(new CacheLimit(max, CpuKernels.BLOCK));
    }

    int sequences() {
        return lengths.length;
    }

    /** Positions of {@code sequence} that have been written. */
    public int length(int sequence) {
        return lengths[sequence];
    }

    /**
     * Makes room for the rows of a batch in every layer. Called by one thread, before the workers start on a step.
     *
     * @throws OutOfMemoryException when there is none; each sequence then ends where its rows would have begun, at the latest
     */
    public void reach(int[] sequences, int[] positions) {
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
        boolean fresh = spare.isEmpty();
        Block block = fresh ? make(sequence, position) : spare.pop();
        if (!fresh) {
            block.clear();
        }
        block.users = 1;
        return block;
    }

    private Block make(int sequence, int position) {
        long bytes = blockBytes();
        if (made == max) {
            throw new OutOfMemoryException(
                    "the %d KB that keys and values may take are in use, so there are none from position %d of sequence %d on: ".formatted(
                    max * bytes >> 10, position, sequence) + "shorten the text, close other generations, or give them more");
        }
        if (!room.test(bytes)) {
            throw full(sequence, position, bytes, null);
        }
        try {
            Block block = new Block(layers);
            made++;
            return block;
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
    public void forget(int sequence) {
        release(blocks[sequence], 0);
        lengths[sequence] = 0;
    }

    /** Sequence i goes on where {@code parents[i]} stood. Called between steps. */
    public void reorder(int[] parents) {
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

    @Override
    public int blockLength() {
        return CpuKernels.BLOCK;
    }

    /** Keeps a full block of {@code sequence}; its number until it is dropped. Called between steps. */
    @Override
    public int keep(int sequence, int block) {
        blocks[sequence][block].users++;
        return kept.add(blocks[sequence][block]);
    }

    /** {@code sequence} holds the positions of these kept blocks, and no others. Called between steps. */
    @Override
    public void resume(int sequence, int[] numbers) {
        Block[] own = kept.get(numbers).toArray(Block[]::new);
        for (Block block : own) {
            block.users++;
        }
        release(blocks[sequence], 0);
        blocks[sequence] = own;
        lengths[sequence] = own.length * CpuKernels.BLOCK;
    }

    /** Keeps a block no longer; whether nobody has it any more. Called between steps. */
    @Override
    public boolean drop(int number) {
        Block block = kept.remove(number);
        boolean free = --block.users == 0;
        if (free) {
            spare.push(block);
        }
        return free;
    }

    public Layer layer(int layer) {
        return layers.get(layer);
    }

    public CacheArray keys(int layer, int sequence, int block) {
        return blocks[sequence][block].keys[layer];
    }

    public CacheArray values(int layer, int sequence, int block) {
        return blocks[sequence][block].values[layer];
    }

    /**
     * Writes key and value of one head at one position.
     *
     * @param key    element d lies at {@code at + d * stride}; value likewise
     */
    public void append(int layer, int sequence, int position, int head, float[] key, float[] value, int at, int stride) {
        int t = position % CpuKernels.BLOCK;
        int count = layers.get(layer).headDimension();
        keys(layer, sequence, position / CpuKernels.BLOCK).write(head, t, key, at, stride, count);
        values(layer, sequence, position / CpuKernels.BLOCK).write(head, t, value, at, stride, count);
    }
}
