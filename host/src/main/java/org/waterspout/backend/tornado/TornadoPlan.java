package org.waterspout.backend.tornado;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.Batch;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.StepObserver;
import org.waterspout.backend.tornado.Section.Observed;
import org.waterspout.backend.tornado.Section.Rows;
import org.waterspout.backend.tornado.Section.Stage;
import org.waterspout.error.DeviceException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.kernels.Step;
import uk.ac.manchester.tornado.api.exceptions.TornadoBailoutRuntimeException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A graph on a device. Weights, caches and activations stay there; a step sends the {@link Step} buffer and fetches the output. TornadoVM
 * crashes the JVM when one plan is used from two threads, so a lock lets one in at a time.
 */
public final class TornadoPlan implements Plan {

    private static final Logger LOG = LoggerFactory.getLogger(TornadoPlan.class);

    private final Graph graph;
    private final PlanOptions options;
    private final DeviceProgram program;
    private final IntArray step;
    private final Executions executions;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;

    TornadoPlan(Graph graph, PlanOptions options, DeviceProgram program, TornadoDevices.Found device) {
        this.graph = graph;
        this.options = options;
        this.program = program;
        try {
            long start = System.nanoTime();
            program.constants().parallelStream().forEach(Constant::load);
            program.buffers().forEach(DeviceBuffer::allocate);
            long loaded = System.nanoTime();
            this.step = new IntArray(Step.HEADER + Step.ROW * options.maxRows());
            step.init(0);
            this.executions = new Executions(program, device, step);
            warmUp();
            LOG.info("{} MB of weights repacked in {} ms, {} kernels compiled and weights uploaded in {} ms", program.memory().weights() >> 20,
                    (loaded - start) / 1_000_000, executions.kernels(), (System.nanoTime() - loaded) / 1_000_000);
        } catch (OutOfMemoryError host) {
            throw new OutOfMemoryException("the host's copy of the model needs " + (program.memory().total() >> 20)
                    + " MB of direct memory: start the JVM with a larger -XX:MaxDirectMemorySize", host);
        } catch (TornadoRuntimeException | TornadoBailoutRuntimeException failure) {
            throw translated(failure);
        }
    }

    /** One token through every stage: compiles the kernels and uploads the weights, so that the first real step does not. */
    private void warmUp() {
        runSections(new Batch(new int[1], new int[1], new int[1], new int[1]), new float[graph.output().width()], StepObserver.NONE);
    }

    private static RuntimeException translated(RuntimeException failure) {
        if (failure instanceof TornadoOutOfMemoryException) {
            return new OutOfMemoryException("the device is out of memory (" + failure.getMessage() + "): use a shorter context, or a "
                    + "larger -Dtornado.device.memory", failure);
        }
        return new DeviceException("the device failed: " + failure.getMessage() + " (more with -Dtornado.debug=True)", failure);
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
    public void step(Batch batch, float[] output, StepObserver observer) {
        batch.requireFits(options);
        requireInTables(batch);
        if (observer != StepObserver.NONE && !options.observable()) {
            throw new InvalidRequestException("this plan shows no values: prepare it with observable options");
        }
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the plan of " + graph.name() + " is closed");
            }
            runSections(batch, output, observer);
        } catch (TornadoRuntimeException | TornadoBailoutRuntimeException failure) {
            throw translated(failure);
        } finally {
            lock.unlock();
        }
    }

    /** A kernel would read beyond its table. */
    private void requireInTables(Batch batch) {
        for (Op op : graph.before()) {
            if (op instanceof Op.Embed embed) {
                for (int token : batch.tokens()) {
                    if (token < 0 || token >= embed.table().rows()) {
                        throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + embed.table().rows());
                    }
                }
            } else if (op instanceof Op.AddPosition place) {
                for (int position : batch.positions()) {
                    if (position >= place.table().rows()) {
                        throw new InvalidRequestException("position " + position + " is outside the model's " + place.table().rows()
                                + " learned positions: shorten the prompt");
                    }
                }
            }
        }
    }

    private void runSections(Batch batch, float[] output, StepObserver observer) {
        for (int row = 0; row < batch.rows(); row++) {
            int at = Step.HEADER + row * Step.ROW;
            step.set(at + Step.TOKEN, batch.tokens()[row]);
            step.set(at + Step.POSITION, batch.positions()[row]);
            step.set(at + Step.SEQUENCE, batch.sequences()[row]);
        }
        for (Section section : program.sections()) {
            if (section.rows() == Rows.ALL) {
                runRepeats(section, batch.rows(), batch, observer);
            }
        }
        int width = graph.output().width();
        if (!program.selects()) {
            executions.read(program.output().buffer(), output, 0, batch.rows() * width);
            return;
        }
        for (int start = 0; start < batch.outputRows().length; start += program.chunk()) {
            int count = Math.min(program.chunk(), batch.outputRows().length - start);
            for (int row = 0; row < count; row++) {
                step.set(Step.HEADER + row * Step.ROW + Step.SELECTED, batch.outputRows()[start + row]);
            }
            for (Section section : program.sections()) {
                if (section.rows() == Rows.SELECTED) {
                    runRepeats(section, count, batch, observer);
                }
            }
            executions.read(program.output().buffer(), output, start * width, count * width);
        }
    }

    private void runRepeats(Section section, int rows, Batch batch, StepObserver observer) {
        step.set(Step.ROWS, rows);
        for (int repeat = 0; repeat < section.slots().size(); repeat++) {
            step.set(Step.LAYER, repeat);
            List<Integer> slots = section.slots().get(repeat);
            for (int slot = 0; slot < slots.size(); slot++) {
                step.set(Step.SLOTS + slot, slots.get(slot));
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
            boolean unselected = input >= 0 && op instanceof Op.SelectRows;
            return read(view, unselected ? batch.rows() : rows);
        };
        observer.after(op, values);
    }

    private float[] read(View view, int rows) {
        float[] all = new float[rows * view.stride()];
        executions.read(view.buffer(), all, 0, all.length);
        float[] result = new float[rows * view.width()];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(all, row * view.stride() + view.offset(), result, row * view.width(), view.width());
        }
        return result;
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
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                executions.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
