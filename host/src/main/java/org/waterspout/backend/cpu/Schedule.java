package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Columns;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/**
 * The order of work: plain operations, where row-wise workers must wait for each other, and which buffer holds which value.
 *
 * <p>Row-wise, each worker computes some columns of every row. It needs a barrier only before it reads columns that another
 * worker has written since the last one. Norms of whole rows are computed by every worker for itself, into a buffer of its own:
 * that takes less time than a barrier. In panels any worker computes any piece, so that a barrier is needed before whatever touches
 * a buffer that has been written since the last one, or writes one that has been read. A buffer is given to another value only when a
 * barrier lies between its last reader and its next writer.
 */
final class Schedule {

    /** Where a value lives: a slot of {@code width} floats a row; {@code own} when every worker has one of its own. */
    record Slot(int width, boolean own, boolean selected) {
    }

    /** What an operation reads and writes of a value: [workers + 1] column bounds, all of it, or a copy of its own. */
    private static final int[] ALL = {};
    private static final int[] COPY = {-1};

    private final int workers;
    private final Map<Weight, Matrix> matrices;
    private final List<ScheduledOp> tasks = new ArrayList<>();
    private final List<RopeTable> ropes = new ArrayList<>();
    private final List<Slot> slots = new ArrayList<>();
    private final int[] slotOf;
    private final boolean[] selected;
    /** Columns each worker has written since the last barrier; null when all have seen all. */
    private final int[][] written;
    private final int[] lastRead;
    private final Map<Slot, List<Integer>> free = new HashMap<>();
    private final List<Integer> freedAtNextBarrier = new ArrayList<>();
    private final boolean share;
    /** Slots that tasks have touched since the last barrier in panels. */
    private final Set<Integer> writtenInPanels = new HashSet<>();
    private final Set<Integer> readInPanels = new HashSet<>();

    /**
     * @param matrices the graph's matrices by weight, or an empty map to plan buffers only
     * @param share    whether values may take the place of values no longer needed
     */
    Schedule(Graph graph, int workers, Map<Weight, Matrix> matrices, boolean share) {
        this.workers = workers;
        this.matrices = matrices;
        this.share = share;
        int count = graph.values().size();
        slotOf = new int[count];
        Arrays.fill(slotOf, -1);
        selected = new boolean[count];
        written = new int[count][];
        lastRead = new int[count];
        List<Op> plain = new ArrayList<>();
        List<Op> wholes = new ArrayList<>();
        graph.ops().forEach(op -> {
            plain.addAll(op.plain());
            for (int i = 1; i < op.plain().size(); i++) {
                wholes.add(null);
            }
            wholes.add(op);
        });
        for (int i = 0; i < plain.size(); i++) {
            for (Value input : plain.get(i).inputs()) {
                lastRead[input.id()] = i;
            }
        }
        lastRead[graph.output().id()] = plain.size();
        for (int i = 0; i < plain.size(); i++) {
            add(plain.get(i), wholes.get(i));
        }
    }

    List<ScheduledOp> tasks() {
        return tasks;
    }

    List<RopeTable> ropes() {
        return ropes;
    }

    List<Slot> slots() {
        return slots;
    }

    int slot(Value value) {
        return slotOf[value.id()];
    }

    /** Whether the value has a row for each output row only, being computed after a SelectRows or MeanRows. */
    boolean selected(Value value) {
        return selected[value.id()];
    }

    private void add(Op op, Op whole) {
        boolean wait = false;
        for (Value input : op.inputs()) {
            int[] have = written[input.id()];
            wait |= have != null && have != COPY && !Arrays.equals(have, reads(op, input));
        }
        if (wait) {
            for (int id = 0; id < written.length; id++) {
                written[id] = written[id] == COPY ? COPY : null;
            }
            freedAtNextBarrier.forEach(slot -> free.computeIfAbsent(slots.get(slot), any -> new ArrayList<>()).add(slot));
            freedAtNextBarrier.clear();
        }
        for (Value output : op.outputs()) {
            written[output.id()] = writes(op, output);
            selected[output.id()] = op.step().selectsRows()
                    || op.inputs().stream().anyMatch(input -> selected[input.id()]);
            slotOf[output.id()] = take(new Slot(output.width(), written[output.id()] == COPY, selected[output.id()]));
        }
        boolean panelWait = waitsInPanels(op);
        for (Value input : op.inputs()) {
            if (share && lastRead[input.id()] == tasks.size() && !freedAtNextBarrier.contains(slotOf[input.id()])) {
                freedAtNextBarrier.add(slotOf[input.id()]);
            }
        }
        tasks.add(task(op, whole, new Waits(wait, panelWait)));
    }

    private boolean waitsInPanels(Op op) {
        boolean wait = op.inputs().stream().anyMatch(input -> writtenInPanels.contains(slot(input)))
                || op.outputs().stream().anyMatch(output -> writtenInPanels.contains(slot(output)) || readInPanels.contains(slot(output)));
        if (wait) {
            writtenInPanels.clear();
            readInPanels.clear();
        }
        op.inputs().forEach(input -> readInPanels.add(slot(input)));
        op.outputs().forEach(output -> writtenInPanels.add(slot(output)));
        return wait;
    }

    /** Whether workers wait for each other before an operation, by how it is run. */
    private record Waits(boolean rowWise, boolean inPanels) {
    }

    private int take(Slot wanted) {
        List<Integer> fitting = free.getOrDefault(wanted, List.of());
        if (!fitting.isEmpty()) {
            return fitting.removeLast();
        }
        slots.add(wanted);
        return slots.size() - 1;
    }

    private ScheduledOp task(Op op, Op whole, Waits wait) {
        Matrix matrix = null;
        float[] gain = null;
        float[] bias = null;
        for (Weight weight : op.weights()) {
            switch (op.use(weight)) {
                case TABLE, PRODUCT -> matrix = matrices.get(weight);
                case GAIN -> gain = vector(weight);
                case BIAS -> bias = vector(weight);
                case DISTANCES -> { } // the step's Biases have them
            }
        }
        int angles = op.step().turns().map(turn -> angles(turn.table())).orElse(0);
        return new ScheduledOp(op, whole, wait.rowWise(), wait.inPanels(), tasks.size(), matrix, gain, bias, angles);
    }

    private float[] vector(Weight weight) {
        return matrices.isEmpty() ? null : weight.tensor().decode();
    }

    private int angles(RopeTable table) {
        if (!ropes.contains(table)) {
            ropes.add(table);
        }
        return ropes.indexOf(table);
    }

    /** Columns that each worker reads of {@code input}. */
    private int[] reads(Op op, Value input) {
        Columns part = op.reads(input);
        return part.equals(Columns.ALL) ? ALL : bounds(part, input.width());
    }

    /** Columns that each worker writes of {@code output}; each makes a copy of its own of what cannot be shared out. */
    private int[] writes(Op op, Value output) {
        Columns part = op.writes(output);
        return part.equals(Columns.ALL) ? COPY : bounds(part, output.width());
    }

    private int[] bounds(Columns part, int width) {
        return part.equals(Columns.ANY) ? columns(width, workers) : split(width, part.group(), workers);
    }

    /** [workers + 1] bounds that share {@code width} columns out in whole cache lines of 16 floats. */
    static int[] columns(int width, int workers) {
        return split(width, 16, workers);
    }

    /** [workers + 1] bounds of whole groups of {@code group} columns. */
    static int[] split(int width, int group, int workers) {
        int groups = (width + group - 1) / group;
        int[] bounds = new int[workers + 1];
        for (int worker = 0; worker <= workers; worker++) {
            bounds[worker] = Math.min(width, (int) ((long) groups * worker / workers) * group);
        }
        bounds[workers] = width;
        return bounds;
    }
}
