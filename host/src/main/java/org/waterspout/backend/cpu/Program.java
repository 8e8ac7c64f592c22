package org.waterspout.backend.cpu;

import java.util.List;
import java.util.Map;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.cpu.cache.CpuCaches;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Graph;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/** One graph, ready to run: every worker runs every task, its own part of it. An encoder-decoder has two. */
final class Program {

    private final Graph graph;
    private final Workers workers;
    private final Scratch[] scratches;
    private final List<ScheduledOp> tasks;
    private final CpuStep step;
    private final RowExecutor rowWise;
    private final PanelExecutor panelWise;

    /**
     * What a program is made for.
     *
     * @param rows       most rows of a batch
     * @param outputRows of them with an output, as many as there is room for from the start; more make the buffers grow
     * @param positions  most positions of a sequence
     * @param few        rows up to which a batch is computed row-wise, where sequences need not be whole
     * @param observable whether every value stays readable
     */
    record Size(int rows, int outputRows, int positions, int few, boolean observable) {

        static Size of(PlanOptions options, int few) {
            return new Size(options.maxRows(), Math.min(options.maxRows(), options.maxSequences()), options.contextLength(), few,
                    options.observable());
        }

        /** For the encoder beside a decoder. */
        static Size ofSources(PlanOptions options, int few) {
            return new Size(options.maxRows(), Math.min(options.maxRows(), options.maxSources()), options.sourceLength(), few,
                    options.observable());
        }
    }

    /** @param matrices the graph's matrices by weight */
    Program(CpuKernels kernels, Workers workers, Scratch[] scratches, Graph graph, Map<Weight, Matrix> matrices, CpuCaches caches,
            Size size) {
        this.graph = graph;
        this.workers = workers;
        this.scratches = scratches;
        Schedule schedule = new Schedule(graph, workers.count(), matrices, !size.observable());
        tasks = schedule.tasks();
        int few = few(graph, size);
        Buffers buffers = new Buffers(schedule.slots(), few, kernels.lanes(), workers.count(), size.rows(), size.outputRows());
        int rows = CpuStep.panels(size.rows(), kernels.lanes()) * kernels.lanes();
        step = new CpuStep(kernels, workers, caches, schedule, buffers,
                schedule.ropes().stream().map(table -> new RopeAngles(table, rows)).toArray(RopeAngles[]::new),
                new Biases(graph, size.positions()), size.rows());
        rowWise = new RowExecutor(step);
        panelWise = new PanelExecutor(step);
    }

    /**
     * Rows that are computed row-wise. None where sequences are whole: sums then have one order whatever the batch, and a sequence comes
     * out the same to the bit whoever its neighbours are.
     */
    private static int few(Graph graph, Size size) {
        return graph.needsWholeSequences() ? 0 : size.few();
    }

    /** Bytes of what a program makes for itself. */
    static long bytes(Graph graph, CpuKernels kernels, int workers, Size size) {
        Schedule schedule = new Schedule(graph, workers, Map.of(), !size.observable());
        int few = few(graph, size);
        long angles = schedule.ropes().stream().mapToLong(RopeTable::rotatedWidth)
                .sum() * CpuStep.panels(size.rows(), kernels.lanes()) * kernels.lanes();
        return Buffers.bytes(schedule.slots(), few, kernels.lanes(), workers, size.rows(), size.outputRows()) + Float.BYTES * angles
                + Biases.bytes(graph, size.positions());
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
        boolean before = true; // row-wise, the first task waits for the angles; in panels, the one that reads what the first has written
        for (ScheduledOp task : tasks) {
            boolean panels = step.inPanels(task.rowsLike());
            if (before != panels || (panels ? task.panelBarrier() : task.barrier()) || observer != StepObserver.NONE) {
                workers.barrier();
            }
            before = panels;
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
        boolean panels = step.rowsInPanels();
        int[] bounds = Schedule.split(batch.rows(), 1, workers.count());
        if (step.angles.length == 0) {
            return;
        }
        int[] lengths = batch.turnedLengths();
        for (RopeAngles angles : step.angles) {
            for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
                if (panels) {
                    angles.turn(batch.positions()[row], lengths[row], row / lanes * lanes * angles.pairs() + row % lanes, lanes);
                } else {
                    angles.turn(batch.positions()[row], lengths[row], row * angles.pairs(), 1);
                }
            }
        }
    }
}
