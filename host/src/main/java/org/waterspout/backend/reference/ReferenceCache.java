package org.waterspout.backend.reference;

import org.waterspout.backend.CacheType;

/** Keys and values of one layer: [sequence][position][kv width]. A row is allocated when it is first written. */
final class ReferenceCache {

    private final float[][][] keys;
    private final float[][][] values;
    private final int[] lengths;

    ReferenceCache(int sequences, int positions) {
        keys = new float[sequences][positions][];
        values = new float[sequences][positions][];
        lengths = new int[sequences];
    }

    /**
     * Copies row {@code row} of key and value, each [rows, heads * headDimension], to {@code position} of {@code sequence}, which ends
     * there.
     *
     * @param type what they are rounded to
     */
    void append(CacheType type, int sequence, int position, float[] key, float[] value, int row, int heads, int headDimension) {
        keys[sequence][position] = slice(key, row, heads * headDimension);
        values[sequence][position] = slice(value, row, heads * headDimension);
        type.round(keys[sequence][position], headDimension);
        type.round(values[sequence][position], headDimension);
        lengths[sequence] = position + 1;
    }

    /** Positions of {@code sequence}. */
    int length(int sequence) {
        return lengths[sequence];
    }

    float[] key(int sequence, int position) {
        return written(keys, sequence, position);
    }

    float[] value(int sequence, int position) {
        return written(values, sequence, position);
    }

    /** Sequence i goes on where {@code parents[i]} stood. Rows are shared: none is ever changed. */
    void reorder(int[] parents) {
        float[][][] oldKeys = keys.clone();
        float[][][] oldValues = values.clone();
        int[] oldLengths = lengths.clone();
        for (int i = 0; i < parents.length; i++) {
            keys[i] = oldKeys[parents[i]].clone();
            values[i] = oldValues[parents[i]].clone();
            lengths[i] = oldLengths[parents[i]];
        }
    }

    private static float[] written(float[][][] cache, int sequence, int position) {
        float[] row = cache[sequence][position];
        if (row == null) {
            throw new IllegalStateException("sequence " + sequence + " skipped position " + position);
        }
        return row;
    }

    private static float[] slice(float[] rows, int row, int width) {
        float[] copy = new float[width];
        System.arraycopy(rows, row * width, copy, 0, width);
        return copy;
    }
}
