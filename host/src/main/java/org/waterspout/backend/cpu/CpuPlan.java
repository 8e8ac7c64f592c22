package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;

/** A graph on the CPU: every worker runs every task, its own part of it. */
public final class CpuPlan implements Plan {

    private final Graph graph;
    private final PlanOptions options;
    private final MemoryUse memory;
    private final Arena arena = Arena.ofShared();
    private final Workers workers;
    private final List<Task> tasks;
    private final Step step;
    private final RowExecutor rowWise;
    private final PanelExecutor panelWise;
    private final Scratch[] scratches;
    private final int vocabulary;
    private final int positions;
    private boolean closed;

    CpuPlan(Kernels kernels, Workers workers, Graph graph, PlanOptions options, MemoryUse memory) {
        this.graph = graph;
        this.options = options;
        this.memory = memory;
        this.workers = workers;
        Schedule schedule = new Schedule(graph, workers.count(), matrices(graph), !options.observable());
        tasks = schedule.tasks();
        KeyValueCache cache = new KeyValueCache(kernels.lanes(), cacheLayers(graph, kernels.lanes()), options.maxSequences(),
                options.contextLength());
        step = new Step(kernels, workers, cache, schedule, buffers(schedule, options, kernels.lanes(), workers.count()),
                schedule.ropes().stream().map(table -> new Angles(table, paddedRows(options, kernels.lanes()))).toArray(Angles[]::new));
        rowWise = new RowExecutor(step);
        panelWise = new PanelExecutor(step);
        scratches = Stream.generate(() -> new Scratch(kernels, widest(graph), headWidth(graph))).limit(workers.count()).toArray(Scratch[]::new);
        vocabulary = leastRows(graph, Op.Embed.class);
        positions = leastRows(graph, Op.AddPosition.class);
    }

    /** The operations with those that are fused taken apart. */
    static List<Op> plainOps(Graph graph) {
        return graph.ops().flatMap(op -> op instanceof Op.Fused fused ? fused.parts().stream() : Stream.of(op)).toList();
    }

    /** Whether {@code weight} of {@code op} is kept as floats: gains and biases are. */
    static boolean isVector(Op op, Weight weight) {
        return op instanceof Op.Norm || op instanceof Op.MatMul product && product.weight() != weight;
    }

    private Map<Weight, Matrix> matrices(Graph graph) {
        Map<Tensor, Matrix> byTensor = new HashMap<>(); // one for a table that is also the output's weights
        Map<Weight, Matrix> byWeight = new HashMap<>();
        for (Op op : plainOps(graph)) {
            for (Weight weight : op.weights()) {
                if (!isVector(op, weight)) {
                    byWeight.put(weight, byTensor.computeIfAbsent(weight.tensor(), tensor -> Matrix.of(tensor, arena)));
                }
            }
        }
        return byWeight;
    }

    private static List<KeyValueCache.Layer> cacheLayers(Graph graph, int lanes) {
        KeyValueCache.Layer[] layers = new KeyValueCache.Layer[graph.cacheLayers()];
        plainOps(graph).forEach(op -> {
            if (op instanceof Op.Attention attention) {
                layers[attention.layer()] = KeyValueCache.Layer.of(attention, lanes);
            }
        });
        return List.of(layers);
    }

    static long cacheBytes(Graph graph, PlanOptions options, Kernels kernels) {
        return KeyValueCache.bytes(cacheLayers(graph, kernels.lanes()), options.maxSequences(), options.contextLength());
    }

    static long activationBytes(Graph graph, PlanOptions options, Kernels kernels, int workers) {
        Schedule schedule = new Schedule(graph, workers, Map.of(), !options.observable());
        long floats = 0;
        for (Schedule.Slot slot : schedule.slots()) {
            floats += (long) slot.width() * paddedRows(options, kernels.lanes());
            floats += slot.own() ? (long) (workers - 1) * slot.width() * Math.min(Step.FEW, options.maxRows()) : 0;
        }
        for (RopeTable table : schedule.ropes()) {
            floats += (long) table.rotatedWidth() * paddedRows(options, kernels.lanes());
        }
        return Float.BYTES * floats + workers * Scratch.bytes(kernels, widest(graph), headWidth(graph));
    }

    private static int paddedRows(PlanOptions options, int lanes) {
        return options.maxRows() <= Step.FEW ? options.maxRows() : Step.panels(options.maxRows(), lanes) * lanes;
    }

    private static float[][][] buffers(Schedule schedule, PlanOptions options, int lanes, int workers) {
        List<float[][]> buffers = new ArrayList<>();
        for (Schedule.Slot slot : schedule.slots()) {
            float[][] arrays = new float[slot.own() ? workers : 1][];
            arrays[0] = new float[Math.multiplyExact(slot.width(), paddedRows(options, lanes))];
            for (int worker = 1; worker < arrays.length; worker++) {
                arrays[worker] = new float[slot.width() * Math.min(Step.FEW, options.maxRows())];
            }
            buffers.add(arrays);
        }
        return buffers.toArray(float[][][]::new);
    }

    private static int widest(Graph graph) {
        return plainOps(graph).stream().flatMap(op -> op.weights().stream()).mapToInt(Weight::columns).max().orElse(1);
    }

    private static int headWidth(Graph graph) {
        return plainOps(graph).stream().mapToInt(op -> op instanceof Op.Attention attention ? attention.headWidth() : 1).max().orElse(1);
    }

    /** Rows of the smallest table that operations of {@code kind} read. */
    private static int leastRows(Graph graph, Class<? extends Op> kind) {
        return plainOps(graph).stream().filter(kind::isInstance).flatMap(op -> op.weights().stream()).mapToInt(Weight::rows).min()
                .orElse(Integer.MAX_VALUE);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public PlanOptions options() {
        return options;
    }

    @Override
    public MemoryUse memory() {
        return memory;
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidRequestException for rows, positions, sequences or tokens that the plan was not made for, and for a position
     *                                 beyond the end of its sequence
     */
    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        requireRunnable(batch, output, observer);
        for (int row = 0; row < batch.rows(); row++) {
            step.cache.reach(batch.sequences()[row], batch.positions()[row]);
        }
        step.batch = batch;
        for (int i = 0; i < tasks.size(); i++) {
            step.next.setPlain(i, 0);
        }
        workers.run(worker -> work(worker, observer));
        step.read(graph.output(), output);
    }

    private void work(int worker, StepObserver observer) {
        turn(worker);
        boolean together = true; // the angles are written: the first task waits for them
        for (Task task : tasks) {
            Value output = task.op().outputs().getFirst();
            boolean panels = step.inPanels(output);
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
        step.read(value, copy);
        return copy;
    }

    /** Computes this worker's share of the rows' rotary angles. */
    private void turn(int worker) {
        Batch batch = step.batch;
        int lanes = step.kernels.lanes();
        boolean panels = batch.rows() > Step.FEW;
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

    private void requireRunnable(Batch batch, float[] output, StepObserver observer) {
        if (closed) {
            throw new InvalidRequestException("the plan is closed: prepare a new one");
        }
        if (observer != StepObserver.NONE && !options.observable()) {
            throw new InvalidRequestException("the plan was not prepared to be observed: set PlanOptions.observable");
        }
        batch.requireFits(options);
        Map<Integer, Integer> lengths = new HashMap<>();
        for (int row = 0; row < batch.rows(); row++) {
            int token = batch.tokens()[row];
            int position = batch.positions()[row];
            int sequence = batch.sequences()[row];
            if (token < 0 || token >= vocabulary) {
                throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + vocabulary);
            }
            if (position >= positions) {
                throw new InvalidRequestException("position " + position + " is beyond the model's " + positions
                        + " learned positions: shorten the prompt");
            }
            int length = lengths.getOrDefault(sequence, step.cache.length(sequence));
            if (position > length) {
                throw new InvalidRequestException("sequence " + sequence + " holds " + length + " positions, so position " + position
                        + " would leave a gap: continue where it ends");
            }
            lengths.put(sequence, position + 1);
        }
        int rows = graph.selects() ? batch.outputRows().length : batch.rows();
        if ((long) rows * graph.output().width() > output.length) {
            throw new InvalidRequestException("the output takes " + rows + " x " + graph.output().width() + " floats, the array has "
                    + output.length);
        }
    }

    @Override
    public void encode(Batch batch, float[] output, StepObserver observer) {
        throw new IllegalStateException("not built yet");
    }

    @Override
    public void reorder(int[] parents) {
        throw new IllegalStateException("not built yet");
    }

    @Override
    public void close() {
        closed = true;
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
