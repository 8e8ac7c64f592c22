package org.waterspout.backend.cpu;

import java.util.List;
import org.waterspout.backend.Batch;

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
    private boolean panels;
    private boolean rowWise;

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
            arrays[i][0] = new float[Math.multiplyExact(slot.width(), room(slot, few, lanes, rows, outputRows))];
            for (int worker = 1; worker < arrays[i].length; worker++) {
                // more where more rows are generated at a time: see begin
                arrays[i][worker] = new float[slot.width() * Math.min(few, rows)];
            }
        }
    }

    static long bytes(List<Schedule.Slot> slots, int few, int lanes, int workers, int rows, int outputRows) {
        long floats = 0;
        for (Schedule.Slot slot : slots) {
            floats += (long) slot.width() * room(slot, few, lanes, rows, outputRows);
            floats += slot.own() ? (long) (workers - 1) * slot.width() * Math.min(few, rows) : 0;
        }
        return Float.BYTES * floats;
    }

    private static int room(Schedule.Slot slot, int few, int lanes, int rows, int outputRows) {
        return slot.selected() ? padded(outputRows, few, lanes) : CpuStep.panels(rows, lanes) * lanes;
    }

    /** Rows with an output that room is taken for: whole panels, where there are more than a few. */
    private static int padded(int rows, int few, int lanes) {
        return rows <= few ? rows : CpuStep.panels(rows, lanes) * lanes;
    }

    /** Makes room for {@code outputRows} of what is computed of some rows only. Nothing written there is kept. */
    private void reserve(int outputRows) {
        for (int i = 0; i < arrays.length; i++) {
            Schedule.Slot slot = slots.get(i);
            int floats = slot.selected() ? Math.multiplyExact(slot.width(), padded(outputRows, few, lanes)) : 0;
            if (floats > arrays[i][0].length) {
                arrays[i][0] = new float[floats];
            }
        }
    }

    /**
     * Chooses how the rows of a step are computed: those of whole sequences and of prompts in panels, generated ones row-wise, others as is
     * fastest for so many. Where only some rows have an output, these go by their number.
     */
    void begin(Batch batch) {
        panels = few == 0 || batch.phase() == Batch.Phase.PROMPT;
        rowWise = few > 0 && batch.phase() == Batch.Phase.GENERATION;
        reserve(batch.outputRows().length);
        if (rowWise) {
            reserveOwn(batch.rows());
        }
    }

    private void reserveOwn(int rows) {
        for (int i = 0; i < arrays.length; i++) {
            for (int worker = 1; worker < arrays[i].length; worker++) {
                if (arrays[i][worker].length < slots.get(i).width() * rows) {
                    arrays[i][worker] = new float[slots.get(i).width() * rows];
                }
            }
        }
    }

    /** @param selected whether only the rows with an output are meant */
    boolean inPanels(int rows, boolean selected) {
        return panels && !selected || !rowWise && rows > few;
    }

    /** Of {@code rows} rows as {@code worker} reads and writes them. */
    float[] of(int slot, int rows, int worker) {
        return arrays[slot][inPanels(rows, slots.get(slot).selected()) || arrays[slot].length == 1 ? 0 : worker];
    }
}
