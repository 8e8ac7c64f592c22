package org.waterspout.backend.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.waterspout.backend.Batch;
import org.waterspout.graph.Value;

/** What the workers share: buffers, cache and angles of a plan, and the batch of the step at hand. */
final class Step {

    /** Up to this many rows are computed row-wise, more in panels. */
    static final int FEW = 8;

    final Kernels kernels;
    final Workers workers;
    final KeyValueCache cache;
    final Angles[] angles;
    /** Next piece of work of each task that is handed out piece by piece. */
    final AtomicIntegerArray next;
    private final Schedule schedule;
    /** [slot][worker]: one array for all, or one each. */
    private final float[][][] buffers;
    Batch batch;

    Step(Kernels kernels, Workers workers, KeyValueCache cache, Schedule schedule, float[][][] buffers, Angles[] angles) {
        this.kernels = kernels;
        this.workers = workers;
        this.cache = cache;
        this.schedule = schedule;
        this.buffers = buffers;
        this.angles = angles;
        this.next = new AtomicIntegerArray(schedule.tasks().size());
    }

    /** Rows of {@code value} in this step. */
    int rows(Value value) {
        return schedule.selected(value) ? batch.outputRows().length : batch.rows();
    }

    int panels(Value value) {
        return panels(rows(value), kernels.lanes());
    }

    static int panels(int rows, int lanes) {
        return (rows + lanes - 1) / lanes;
    }

    boolean inPanels(Value value) {
        return rows(value) > FEW;
    }

    /** The numbers of {@code value} as {@code worker} reads and writes them. */
    float[] data(Value value, int worker) {
        float[][] slot = buffers[schedule.slot(value)];
        return slot[inPanels(value) || slot.length == 1 ? 0 : worker];
    }

    /** A copy of worker 0's view of {@code value} as [rows, width], from the beginning of {@code out}. */
    void read(Value value, float[] out) {
        int rows = rows(value);
        int width = value.width();
        float[] data = data(value, 0);
        if (!inPanels(value)) {
            System.arraycopy(data, 0, out, 0, rows * width);
            return;
        }
        int lanes = kernels.lanes();
        for (int row = 0; row < rows; row++) {
            int at = row / lanes * width * lanes + row % lanes;
            for (int column = 0; column < width; column++) {
                out[row * width + column] = data[at + column * lanes];
            }
        }
    }
}
