package org.waterspout.backend.cpu;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.waterspout.graph.Op;

/**
 * Keys and values of every layer and sequence as 32-bit floats, in blocks of {@link Kernels#BLOCK} positions that are made when a
 * sequence first reaches them. A block of keys is [kvHeads][BLOCK / lanes][headWidth][lanes], so that a vector holds one element of
 * several positions; a block of values is [kvHeads][BLOCK][paddedWidth], rows filled up with zeros to whole vectors.
 *
 * <p>Sequences that go on from the same beginning share its blocks; one that is about to write into a shared block gets its own
 * copy first, so that at most the last, partly filled block is ever copied.
 */
final class KeyValueCache {

    /** The shape of one layer's cache. */
    record Layer(int kvHeads, int headWidth, int paddedWidth) {

        /** Of a layer that keeps nothing. */
        static final Layer NONE = new Layer(0, 0, 0);

        static Layer of(Op.Attention op, int lanes) {
            return of(op.kvHeads(), op.headWidth(), lanes);
        }

        static Layer of(int kvHeads, int headWidth, int lanes) {
            return new Layer(kvHeads, headWidth, (headWidth + lanes - 1) / lanes * lanes);
        }

        int keyFloats() {
            return kvHeads * Kernels.BLOCK * headWidth;
        }

        int valueFloats() {
            return kvHeads * Kernels.BLOCK * paddedWidth;
        }
    }

    /** All layers' keys and values of {@link Kernels#BLOCK} positions, [layer] each, and how many sequences have them. */
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

    KeyValueCache(int lanes, List<Layer> layers, int sequences, int contextLength) {
        this.lanes = lanes;
        this.layers = layers;
        blocks = new Block[sequences][blocks(contextLength)];
        lengths = new int[sequences];
    }

    /** Bytes when every position of every sequence is in use. */
    static long bytes(List<Layer> layers, int sequences, int contextLength) {
        long floats = layers.stream().mapToLong(layer -> (long) layer.keyFloats() + layer.valueFloats()).sum();
        return Float.BYTES * floats * blocks(contextLength) * sequences;
    }

    private static int blocks(int contextLength) {
        return Math.ceilDiv(contextLength, Kernels.BLOCK);
    }

    int sequences() {
        return lengths.length;
    }

    /** Positions of {@code sequence} that have been written. */
    int length(int sequence) {
        return lengths[sequence];
    }

    /** Makes room for {@code position} in every layer. Called by one thread, position after position, before the workers start on a step. */
    void reach(int sequence, int position) {
        lengths[sequence] = position + 1;
        if (layers.stream().allMatch(Layer.NONE::equals)) {
            return;
        }
        Block[] own = blocks[sequence];
        int at = position / Kernels.BLOCK;
        if (own[at] == null) {
            own[at] = take();
        } else if (own[at].users > 1) {
            Block shared = own[at];
            own[at] = take();
            shared.users--;
            if (position % Kernels.BLOCK > 0) {
                own[at].copy(shared);
            }
        }
    }

    private Block take() {
        Block block = spare.isEmpty() ? new Block(layers) : spare.pop();
        block.users = 1;
        return block;
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
            after[i] = Arrays.copyOf(Arrays.copyOf(blocks[parents[i]], used), blocks[i].length);
            for (int block = 0; block < used; block++) {
                if (after[i][block] != null) {
                    after[i][block].users++;
                }
            }
        }
        for (int i = 0; i < parents.length; i++) {
            for (Block block : before[i]) {
                if (block != null && --block.users == 0) {
                    spare.push(block);
                }
            }
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
        int t = position % Kernels.BLOCK;
        float[] keyBlock = keys(layer, sequence, position / Kernels.BLOCK);
        float[] valueBlock = values(layer, sequence, position / Kernels.BLOCK);
        int keyAt = (head * Kernels.BLOCK + t / lanes * lanes) * shape.headWidth() + t % lanes;
        int valueAt = (head * Kernels.BLOCK + t) * shape.paddedWidth();
        for (int d = 0; d < shape.headWidth(); d++) {
            keyBlock[keyAt + d * lanes] = key[at + d * stride];
            valueBlock[valueAt + d] = value[at + d * stride];
        }
    }
}
