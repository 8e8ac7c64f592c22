package org.waterspout.backend.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.KeptBlocks;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanBlocks;
import org.waterspout.backend.PlanContract;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.Feed;
import org.waterspout.backend.tornado.buffers.RowAngles;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.Section;
import org.waterspout.backend.tornado.launches.Section.Observed;
import org.waterspout.backend.tornado.launches.Section.Rows;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.backend.tornado.lowering.DeviceProgram;
import org.waterspout.backend.tornado.lowering.GraphProgram;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.kernels.StepLayout;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A graph on a device. Weights, caches and activations stay there; a step sends the {@link StepLayout} buffer and fetches the output.
 * Before the first one the device is left alone: a request that is wrong need not wait for its compiler. TornadoVM crashes the JVM when one
 * plan is used from two threads, so a lock lets one in at a time.
 */
public final class TornadoPlan implements Plan {

    private static final Logger LOG = LoggerFactory.getLogger(TornadoPlan.class);

    private final Graph graph;
    private final PlanOptions options;
    private final DeviceProgram program;
    private final TornadoDevices.Found device;
    private final IntArray step;
    private final StepRows stepRows;
    private final AncestorTable places;
    private final PlanContract contract;
    private final boolean recurrent;
    private final ReentrantLock lock = new ReentrantLock();
    /** None until {@link #warmUp()} made them. */
    private Executions executions;
    private boolean closed;

    TornadoPlan(Graph graph, PlanOptions options, DeviceProgram program, TornadoDevices.Found device) {
        this.graph = graph;
        this.options = options;
        this.program = program;
        this.device = device;
        this.places = new AncestorTable(options.maxSequences(), options.contextLength(), program.resources().blocks());
        this.contract = new PlanContract(graph, options);
        this.recurrent = graph.isRecurrent();
        this.step = new IntArray(StepLayout.HEADER + StepLayout.ROW * Math.max(options.maxRows(), program.graph().chunk()));
        step.init(0);
        this.stepRows = new StepRows(step, RopeTable.border(graph), options.contextLength(),
                options.sourceLength(), program.resources().rowAngles().map(RowAngles::tables).orElse(0));
    }

    /** Repacks and uploads the weights and compiles the kernels, by one token through every stage. */
    @Override
    public void warmUp() {
        locked(() -> {
            contract.requireOpen();
            warm();
        });
    }

    /** Whether the kernels are compiled. */
    boolean isWarm() {
        return executions != null;
    }

    private void start() {
        try {
            long start = System.nanoTime();
            program.constants().parallelStream().forEach(Constant::load);
            program.buffers().forEach(DeviceBuffer::allocate);
            program.feeds().forEach(Feed::allocate);
            long loaded = System.nanoTime();
            executions = new Executions(program, device, step);
            try {
                oneToken();
            } catch (RuntimeException | Error failure) {
                executions.closeAfter(failure);
                executions = null;
                throw failure;
            }
            LOG.info("{} MB of weights repacked in {} ms, {} kernels compiled and weights uploaded in {} ms",
                    program.memory().weights() >> 20, (loaded - start) / 1_000_000, executions.kernels(),
                    (System.nanoTime() - loaded) / 1_000_000);
        } catch (OutOfMemoryError host) {
            throw new OutOfMemoryException("the host's copy of the model needs " + (program.memory().total() >> 20)
                    + " MB of direct memory: raise WATERSPOUT_DEVICE_MEMORY_GB (-XX:MaxDirectMemorySize without the launcher)", host);
        }
    }

    private void oneToken() {
        Batch one = new Batch(new int[1], new int[1], new int[1], new int[1]);
        if (program.encoder().isPresent()) {
            runEncoder(withNumbers(graph.encoder().orElseThrow(), one), new float[0], StepObserver.NONE);
        }
        runStep(withNumbers(graph, one), new float[graph.output().width()], StepObserver.NONE);
        program.copies().ifPresent(copies -> runRepeats(copies, 0, one, StepObserver.NONE));
        places.forget(0);
    }

    private static Batch withNumbers(Graph graph, Batch batch) {
        int width = graph.ops().filter(Op.InputEmbeddings.class::isInstance).mapToInt(op -> op.outputs().getFirst().width()).findFirst()
                .orElse(0);
        return batch.withInputEmbeddings(new float[width]);
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
        return program.memory();
    }

    @Override
    public Optional<CacheLimit> cacheLimit() {
        return program.resources().blocks().limit();
    }

    @Override
    public Optional<KeptBlocks> keptBlocks() {
        CacheBlocks blocks = program.resources().blocks();
        return blocks.shared() && !recurrent ? Optional.of(new PlanBlocks(contract, places, blocks.count())) : Optional.empty();
    }

    @Override
    public void step(Batch batch, float[] output, StepObserver observer) {
        locked(() -> {
            contract.checkStep(batch, output.length, observer);
            warm();
            contract.step(batch, () -> runStep(batch, output, observer));
        });
    }

    @Override
    public void encode(Batch batch, float[] output, StepObserver observer) {
        locked(() -> {
            contract.checkEncode(batch, output.length, observer);
            warm();
            contract.encode(batch, () -> runEncoder(batch, output, observer));
        });
    }

    @Override
    public void reorder(int[] parents) {
        locked(() -> {
            contract.checkParents(parents);
            places.reorder(parents);
            contract.reordered(parents);
        });
    }

    @Override
    public void forget(int sequence) {
        locked(() -> {
            contract.checkSequence(sequence);
            places.forget(sequence);
            contract.forgotten(sequence);
        });
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    private void warm() {
        if (!isWarm()) {
            start();
        }
    }

    private void runEncoder(Batch batch, float[] output, StepObserver observer) {
        GraphProgram encoder = program.encoder().orElseThrow();
        stepRows.write(batch);
        fill(batch);
        for (Section section : encoder.sections()) {
            runRepeats(section, batch.rows(), batch, observer);
        }
        if (output.length > 0) {
            executions.read(encoder.output().buffer(), output, 0, batch.rows() * encoder.output().width());
        }
        for (Section section : encoder.memory()) {
            runRepeats(section, batch.rows(), batch, observer);
        }
    }

    /** What the host has for the rows. */
    private void fill(Batch batch) {
        program.resources().rowAngles().ifPresent(angles -> angles.set(batch));
        program.resources().inputEmbeddings().ifPresent(feed -> MemorySegment.copy(
                batch.inputEmbeddings(), 0, feed.floats().getSegment(), ValueLayout.JAVA_FLOAT, 0, batch.inputEmbeddings().length));
    }

    private void writeRows(Batch batch) {
        stepRows.write(batch);
        try {
            stepRows.writePlaces(places.rows(batch));
        } finally {
            copyBlocks(batch);
        }
        if (recurrent) {
            stepRows.writeStates(batch, places);
        }
        if (program.encoder().isPresent()) {
            stepRows.writeSources(batch, source -> Math.max(1, contract.sourceLength(source))); // the warming token has none
        }
    }

    /** Also where a step finds no blocks: those that it did find stay with their sequences. */
    private void copyBlocks(Batch batch) {
        List<SharedBlocks.Copy> copies = places.takeCopies();
        if (!copies.isEmpty()) {
            IntArray pairs = program.resources().copiedBlocks().orElseThrow().ints();
            for (int i = 0; i < copies.size(); i++) {
                pairs.set(2 * i, copies.get(i).from());
                pairs.set(2 * i + 1, copies.get(i).to());
            }
            runRepeats(program.copies().orElseThrow(), copies.size(), batch, StepObserver.NONE);
        }
    }

    private void runStep(Batch batch, float[] output, StepObserver observer) {
        writeRows(batch);
        fill(batch);
        program.resources().candidates().ifPresent(candidates -> candidates.set(batch.candidates()));
        if (program.places().isPresent() && places.changed()) {
            places.copyTo(program.resources().placesFeed().orElseThrow().floats());
            runRepeats(program.places().get(), options.maxSequences(), batch, StepObserver.NONE);
        }
        GraphProgram main = program.graph();
        for (Section section : main.sections()) {
            if (section.rows() == Rows.ALL) {
                runRepeats(section, batch.rows(), batch, observer);
            }
        }
        int width = batch.candidates().length > 0 ? batch.candidates().length : graph.output().width();
        if (!main.selects()) {
            executions.read(main.output().buffer(), output, 0, batch.rows() * width);
            return;
        }
        for (int start = 0; start < batch.outputRows().length; start += main.chunk()) {
            int count = Math.min(main.chunk(), batch.outputRows().length - start);
            stepRows.writeSelected(batch, start, count);
            for (Section section : main.sections()) {
                if (section.rows() == Rows.SELECTED) {
                    runRepeats(section, count, batch, observer);
                }
            }
            executions.read(main.output().buffer(), output, start * width, count * width);
        }
    }

    private void runRepeats(Section section, int rows, Batch batch, StepObserver observer) {
        step.set(StepLayout.ROWS, rows);
        for (int repeat = 0; repeat < section.slots().size(); repeat++) {
            step.set(StepLayout.LAYER, repeat);
            List<Integer> slots = section.slots().get(repeat);
            for (int slot = 0; slot < slots.size(); slot++) {
                step.set(StepLayout.SLOTS + slot, slots.get(slot));
            }
            for (Stage stage : section.stages()) {
                executions.run(stage, rows);
                if (observer != StepObserver.NONE && stage.observed().isPresent()) {
                    show(stage.observed().get(), repeat, rows, batch, observer);
                }
            }
        }
    }

    private void show(Observed observed, int repeat, int rows, Batch batch, StepObserver observer) {
        Op op = observed.repeats().get(repeat);
        Function<Value, float[]> values = value -> {
            int input = op.inputs().indexOf(value);
            View view = input >= 0 ? observed.inputs().get(input) : observed.outputs().get(op.outputs().indexOf(value));
            boolean unselected = input >= 0 && op.selectsRows();
            boolean listed = input < 0 && op instanceof Op.Shortlist && batch.candidates().length > 0;
            return read(view, listed ? batch.candidates().length : view.stride(), unselected ? batch.rows() : rows);
        };
        observer.after(op, values);
    }

    /** @param stride numbers from one row to the next: fewer than the view's where only candidates were multiplied */
    private float[] read(View view, int stride, int rows) {
        float[] all = new float[rows * stride];
        executions.read(view.buffer(), all, 0, all.length);
        float[] result = new float[rows * view.width()];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(all, row * stride + view.offset(), result, row * view.width(), Math.min(stride, view.width()));
        }
        return result;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                contract.closed();
                if (isWarm()) {
                    executions.close();
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
