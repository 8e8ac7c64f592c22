package org.waterspout.backend.reference;

/** Keys and values of one layer: [sequence][position][kv width]. A row is allocated when it is first written. */
final class KeyValueCache {

    private final float[][][] keys;
    private final float[][][] values;

    KeyValueCache(int sequences, int positions) {
        keys = new float[sequences][positions][];
        values = new float[sequences][positions][];
    }

    /** Copies row {@code row} of key and value, each [rows, width], to {@code position} of {@code sequence}. */
    void append(int sequence, int position, float[] key, float[] value, int row, int width) {
        keys[sequence][position] = slice(key, row, width);
        values[sequence][position] = slice(value, row, width);
    }

    float[] key(int sequence, int position) {
        return written(keys, sequence, position);
    }

    float[] value(int sequence, int position) {
        return written(values, sequence, position);
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
