package org.waterspout.model.text.characters;

import java.util.Arrays;

/** Numbers being collected. */
public final class IntList {

    private int[] values = new int[64];
    private int size;

    public void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    public int get(int at) {
        return values[at];
    }

    public void set(int at, int value) {
        values[at] = value;
    }

    public int size() {
        return size;
    }
}
