package org.waterspout.backend.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.waterspout.backend.Batch;
import org.waterspout.backend.cpu.cache.CpuCaches;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.graph.Value;

/** What the workers share: buffers, caches and angles of a program, and the batch of the step at hand. */
final class CpuStep {

    /**
     * Up to this many rows are computed row-wise, more in panels; whole sequences always in panels. A row's numbers do not depend on the
     * other rows of its step as long as all are computed in one of the two ways. {@link Program.Size} may have another number.
     */
    static final int FEW = 8;

    final CpuKernels kernels;
    final Workers workers;
    final CpuCaches caches;
    final Biases biases;
    final RopeAngles[] angles;
    /** Next piece of work of each task that is handed out piece by piece. */
    final AtomicIntegerArray next;
    private final Schedule schedule;
    private final Buffers buffers;
    /** Of each row of whole sequences: the first row of its sequence, and the row behind its last. */
    final int[] firsts;
    final int[] ends;
    Batch batch;

    CpuStep(CpuKernels kernels, Workers workers, CpuCaches caches, Schedule schedule, Buffers buffers, RopeAngles[] angles, Biases biases,
            int maxRows) {
        this.kernels = kernels;
        this.workers = workers;
        this.caches = caches;
        this.schedule = schedule;
        this.buffers = buffers;
        this.angles = angles;
        this.biases = biases;
        this.next = new AtomicIntegerArray(schedule.tasks().size());
        this.firsts = new int[maxRows];
        this.ends = new int[maxRows];
    }

    /** Called by one thread before the workers start. */
    void begin(Batch now) {
        batch = now;
        buffers.begin(now);
        for (int i = 0; i < next.length(); i++) {
            next.setPlain(i, 0);
        }
        int first = 0;
        for (int row = 0; row < now.rows(); row++) {
            first = row == 0 || now.sequences()[row] != now.sequences()[row - 1] ? row : first;
            firsts[row] = first;
        }
        for (int row = now.rows() - 1; row >= 0; row--) {
            ends[row] = row == now.rows() - 1 || firsts[row + 1] != firsts[row] ? row + 1 : ends[row + 1];
        }
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
        return buffers.inPanels(rows(value), schedule.selected(value));
    }

    /** Whether the values of all rows are in panels. */
    boolean rowsInPanels() {
        return buffers.inPanels(batch.rows(), false);
    }

    /** The numbers of {@code value} as {@code worker} reads and writes them. */
    float[] data(Value value, int worker) {
        return buffers.of(schedule.slot(value), rows(value), worker);
    }

    /**
     * A copy of worker 0's view of the first {@code width} columns of {@code value} as [rows, width], from the beginning of {@code out}.
     * They lie as if there were no others.
     */
    void read(Value value, int width, float[] out) {
        int rows = rows(value);
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
