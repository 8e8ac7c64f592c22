package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.waterspout.backend.Batch;
import org.waterspout.backend.StepObserver;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/** One graph, ready to run: every worker runs every task, its own part of it. An encoder-decoder has two. */
final class Program {

    private final Graph graph;
    private final Workers workers;
    private final Scratch[] scratches;
    private final List<Task> tasks;
    private final Step step;
    private final RowExecutor rowWise;
    private final PanelExecutor panelWise;

    /**
     * @param matrices  the graph's matrices by weight
     * @param positions most positions of a sequence
     */
    Program(Kernels kernels, Workers workers, Scratch[] scratches, Graph graph, Map<Weight, Matrix> matrices, Memories memories, int maxRows,
            int positions, boolean observable) {
        this.graph = graph;
        this.workers = workers;
        this.scratches = scratches;
        Schedule schedule = new Schedule(graph, workers.count(), matrices, !observable);
        tasks = schedule.tasks();
        int few = few(graph);
        int rows = paddedRows(maxRows, few, kernels.lanes());
        step = new Step(kernels, workers, memories, schedule, buffers(schedule, rows, Math.min(few, maxRows), workers.count()),
                schedule.ropes().stream().map(table -> new Angles(table, rows)).toArray(Angles[]::new), new Biases(graph, positions), few, maxRows);
        rowWise = new RowExecutor(step);
        panelWise = new PanelExecutor(step);
    }

    /**
     * Rows that are computed row-wise. None where sequences are whole: sums then have one order whatever the batch, and a sequence comes out
     * the same to the bit whoever its neighbours are.
     */
    private static int few(Graph graph) {
        return CpuPlan.plainOps(graph).stream().anyMatch(op -> op instanceof Op.MeanRows
                || op instanceof Op.Attention attention && attention.span() == Op.Span.FULL) ? 0 : Step.FEW;
    }

    private static int paddedRows(int maxRows, int few, int lanes) {
        return maxRows <= few ? maxRows : Step.panels(maxRows, lanes) * lanes;
    }

    private static float[][][] buffers(Schedule schedule, int rows, int few, int workers) {
        List<float[][]> buffers = new ArrayList<>();
        for (Schedule.Slot slot : schedule.slots()) {
            float[][] arrays = new float[slot.own() ? workers : 1][];
            arrays[0] = new float[Math.multiplyExact(slot.width(), rows)];
            for (int worker = 1; worker < arrays.length; worker++) {
                arrays[worker] = new float[slot.width() * few];
            }
            buffers.add(arrays);
        }
        return buffers.toArray(float[][][]::new);
    }

    /** Bytes of what a program makes for itself. */
    static long bytes(Graph graph, Kernels kernels, int workers, int maxRows, int positions, boolean observable) {
        Schedule schedule = new Schedule(graph, workers, Map.of(), !observable);
        int few = few(graph);
        long rows = paddedRows(maxRows, few, kernels.lanes());
        long floats = 0;
        for (Schedule.Slot slot : schedule.slots()) {
            floats += slot.width() * rows;
            floats += slot.own() ? (long) (workers - 1) * slot.width() * Math.min(few, maxRows) : 0;
        }
        for (RopeTable table : schedule.ropes()) {
            floats += table.rotatedWidth() * rows;
        }
        return Float.BYTES * floats + Biases.bytes(graph, positions);
    }

    void run(Batch batch, StepObserver observer) {
        step.begin(batch);
        workers.run(worker -> work(worker, observer));
    }

    /** The graph's output as [rows, width], or a candidate's column each where the batch has candidates. */
    void readOutput(float[] out) {
        int candidates = step.batch.candidates().length;
        step.read(graph.output(), candidates == 0 ? graph.output().width() : candidates, out);
    }

    private void work(int worker, StepObserver observer) {
        turn(worker);
        boolean together = true; // the angles are written: the first task waits for them
        for (Task task : tasks) {
            boolean panels = step.inPanels(task.rowsLike());
            if (task.barrier() || together || panels || observer != StepObserver.NONE) {
                workers.barrier();
            }
            together = panels;
            if (panels) {
                panelWise.run(task, worker, scratches[worker]);
            } else {
                rowWise.run(task, worker, scratches[worker]);
            }
            if (observer != StepObserver.NONE && task.whole() != null) {
                workers.barrier();
                if (worker == 0) {
                    observer.after(task.whole(), this::read);
                }
            }
        }
    }

    private float[] read(Value value) {
        float[] copy = new float[step.rows(value) * value.width()];
        step.read(value, value.width(), copy);
        return copy;
    }

    /** Computes this worker's share of the rows' rotary angles. */
    private void turn(int worker) {
        Batch batch = step.batch;
        int lanes = step.kernels.lanes();
        boolean panels = step.inPanels(batch.rows());
        int[] bounds = Schedule.split(batch.rows(), 1, workers.count());
        for (Angles angles : step.angles) {
            for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
                if (panels) {
                    angles.turn(batch.positions()[row], row / lanes * lanes * angles.pairs() + row % lanes, lanes);
                } else {
                    angles.turn(batch.positions()[row], row * angles.pairs(), 1);
                }
            }
        }
    }
}
