package org.waterspout.backend.cpu;

import java.util.List;
import org.waterspout.graph.Op;

/**
 * Keys and values of every layer and sequence as 32-bit floats, in blocks of {@link Kernels#BLOCK} positions that are allocated
 * when a sequence first reaches them. A block of keys is [kvHeads][BLOCK / lanes][headWidth][lanes], so that a vector holds one
 * element of several positions; a block of values is [kvHeads][BLOCK][paddedWidth], rows filled up with zeros to whole vectors.
 */
final class KeyValueCache {

    /** The shape of one layer's cache. */
    record Layer(int kvHeads, int headWidth, int paddedWidth) {

        static Layer of(Op.Attention op, int lanes) {
            return new Layer(op.kvHeads(), op.headWidth(), (op.headWidth() + lanes - 1) / lanes * lanes);
        }

        int keyFloats() {
            return kvHeads * Kernels.BLOCK * headWidth;
        }

        int valueFloats() {
            return kvHeads * Kernels.BLOCK * paddedWidth;
        }
    }

    private final int lanes;
    private final List<Layer> layers;
    private final float[][][][] keys;
    private final float[][][][] values;
    private final int[] lengths;

    KeyValueCache(int lanes, List<Layer> layers, int sequences, int contextLength) {
        this.lanes = lanes;
        this.layers = layers;
        int blocks = blocks(contextLength);
        keys = new float[layers.size()][sequences][blocks][];
        values = new float[layers.size()][sequences][blocks][];
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

    /** Positions of {@code sequence} that have been written. */
    int length(int sequence) {
        return lengths[sequence];
    }

    /** Makes room for {@code position} in every layer. Called by one thread before the workers start on a step. */
    void reach(int sequence, int position) {
        lengths[sequence] = position + 1;
        for (int block = position / Kernels.BLOCK; block >= 0; block--) {
            for (int layer = 0; layer < layers.size(); layer++) {
                if (keys[layer][sequence][block] == null) {
                    keys[layer][sequence][block] = new float[layers.get(layer).keyFloats()];
                    values[layer][sequence][block] = new float[layers.get(layer).valueFloats()];
                } else if (layer == 0) {
                    return; // blocks are made in order, all layers at once
                }
            }
        }
    }

    Layer layer(int layer) {
        return layers.get(layer);
    }

    float[] keys(int layer, int sequence, int block) {
        return keys[layer][sequence][block];
    }

    float[] values(int layer, int sequence, int block) {
        return values[layer][sequence][block];
    }

    /**
     * Writes key and value of one head at one position.
     *
     * @param key    element d lies at {@code keyAt + d * stride}; value likewise
     */
    void append(int layer, int sequence, int position, int head, float[] key, float[] value, int at, int stride) {
        Layer shape = layers.get(layer);
        int t = position % Kernels.BLOCK;
        float[] keyBlock = keys[layer][sequence][position / Kernels.BLOCK];
        float[] valueBlock = values[layer][sequence][position / Kernels.BLOCK];
        int keyAt = (head * Kernels.BLOCK + t / lanes * lanes) * shape.headWidth() + t % lanes;
        int valueAt = (head * Kernels.BLOCK + t) * shape.paddedWidth();
        for (int d = 0; d < shape.headWidth(); d++) {
            keyBlock[keyAt + d * lanes] = key[at + d * stride];
            valueBlock[valueAt + d] = value[at + d * stride];
        }
    }
}
