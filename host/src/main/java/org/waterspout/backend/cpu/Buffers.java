package org.waterspout.backend.cpu;

import java.util.List;

/**
 * The memory of a program's values: for each slot one array for all workers, or one each. Few rows lie in it one after the other,
 * [rows, width], more in panels, [panels][width][lanes].
 */
final class Buffers {

    private final List<Schedule.Slot> slots;
    private final int few;
    private final int lanes;
    /** [slot][worker]. */
    private final float[][][] arrays;

    /**
     * @param few        rows up to which a batch is computed row-wise
     * @param rows       most rows of a batch
     * @param outputRows rows of what is computed of some rows only; {@link #reserve} makes room for more
     */
    Buffers(List<Schedule.Slot> slots, int few, int lanes, int workers, int rows, int outputRows) {
        this.slots = slots;
        this.few = few;
        this.lanes = lanes;
        arrays = new float[slots.size()][][];
        for (int i = 0; i < arrays.length; i++) {
            Schedule.Slot slot = slots.get(i);
            arrays[i] = new float[slot.own() ? workers : 1][];
            arrays[i][0] = new float[Math.multiplyExact(slot.width(), padded(slot.selected() ? outputRows : rows, few, lanes))];
            for (int worker = 1; worker < arrays[i].length; worker++) {
                arrays[i][worker] = new float[slot.width() * Math.min(few, rows)];
            }
        }
    }

    static long bytes(List<Schedule.Slot> slots, int few, int lanes, int workers, int rows, int outputRows) {
        long floats = 0;
        for (Schedule.Slot slot : slots) {
            floats += (long) slot.width() * padded(slot.selected() ? outputRows : rows, few, lanes);
            floats += slot.own() ? (long) (workers - 1) * slot.width() * Math.min(few, rows) : 0;
        }
        return Float.BYTES * floats;
    }

    /** Rows that room is taken for: whole panels, where there are more than a few. */
    static int padded(int rows, int few, int lanes) {
        return rows <= few ? rows : Step.panels(rows, lanes) * lanes;
    }

    /** Makes room for {@code outputRows} of what is computed of some rows only. Nothing written there is kept. */
    void reserve(int outputRows) {
        for (int i = 0; i < arrays.length; i++) {
            Schedule.Slot slot = slots.get(i);
            int floats = slot.selected() ? Math.multiplyExact(slot.width(), padded(outputRows, few, lanes)) : 0;
            if (floats > arrays[i][0].length) {
                arrays[i][0] = new float[floats];
            }
        }
    }

    boolean inPanels(int rows) {
        return rows > few;
    }

    /** Of {@code rows} rows as {@code worker} reads and writes them. */
    float[] of(int slot, int rows, int worker) {
        return arrays[slot][inPanels(rows) || arrays[slot].length == 1 ? 0 : worker];
    }
}
