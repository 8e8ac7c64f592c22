package org.waterspout.backend.cpu;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.waterspout.backend.Batch;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/**
 * Runs operations on many rows in panels, [panels][width][lanes]. A barrier lies between any two operations. Products and attention
 * are handed out piece by piece, so that a worker which is held up does not hold up the others; every piece is computed the same
 * way whoever takes it.
 */
final class PanelExecutor {

    /** Floats of a product's input that stay in the second-level cache. */
    private static final int GROUP = 192 * 1024;

    private final CpuStep step;
    private final int lanes;
    private final PanelAttention attention;

    PanelExecutor(CpuStep step) {
        this.step = step;
        this.attention = new PanelAttention(step);
        this.lanes = step.kernels.lanes();
    }

    void run(ScheduledOp task, int worker, Scratch scratch) {
        switch (task.op()) {
            case Op.Embed op -> embed(op, task, worker, scratch);
            case Op.AddPosition op -> addRow(op.input(), op.output(), task, row -> step.batch.positions()[row], worker, scratch);
            case Op.Norm op -> norm(op, task, worker);
            case Op.MatMul op -> product(op.input(), op.output(), task, worker, scratch);
            case Op.Rope op -> rope(op, task, worker);
            case Op.Attention op -> attention.run(op, task, worker, scratch);
            case Op.Add op -> each(op.output(), worker, (from, to) -> step.kernels.add(step.data(op.left(), worker),
                    step.data(op.right(), worker), step.data(op.output(), worker), from, to));
            case Op.Multiply op -> each(op.output(), worker, (from, to) -> step.kernels.multiply(step.data(op.left(), worker),
                    step.data(op.right(), worker), step.data(op.output(), worker), from, to));
            case Op.Activate op -> each(op.output(), worker, (from, to) -> step.kernels.activate(op.function(),
                    step.data(op.input(), worker), step.data(op.output(), worker), from, to));
            case Op.Scale op -> each(op.output(), worker, (from, to) -> step.kernels.scale(op.factor(),
                    step.data(op.input(), worker), from, step.data(op.output(), worker), from, to - from));
            case Op.SoftCap op -> each(op.output(), worker, (from, to) -> step.kernels.softCap(op.cap(),
                    step.data(op.input(), worker), step.data(op.output(), worker), from, to));
            case Op.SelectRows op -> select(op, worker);
            case Op.ArgMax op -> argMax(op, worker);
            case Op.AddType op -> addRow(op.input(), op.output(), task, step.batch::type, worker, scratch);
            case Op.InputEmbeddings op -> given(op, worker);
            case Op.StoreCrossCache op -> attention.storeCrossCache(op, worker);
            case Op.CrossAttention op -> attention.run(op, task, worker, scratch);
            case Op.Recurrence op -> recurrence(op, worker, scratch);
            case Op.MeanRows op -> mean(op, worker);
            case Op.Shortlist op -> shortlist(op, task, worker, scratch);
            case Op.Fused op -> throw new IllegalStateException("not a plain operation: " + op.kind());
        }
    }

    private interface Range {
        void run(int from, int to);
    }

    private void each(Value value, int worker, Range range) {
        int[] bounds = Schedule.columns(step.panels(value) * value.width() * lanes, step.workers.count());
        if (bounds[worker] < bounds[worker + 1]) {
            range.run(bounds[worker], bounds[worker + 1]);
        }
    }

    /** This worker's share of {@code count} equal pieces. */
    private int[] share(int count) {
        return Schedule.split(count, 1, step.workers.count());
    }

    /** Lanes beyond the last row are zeros. */
    private void embed(Op.Embed op, ScheduledOp task, int worker, Scratch scratch) {
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            int token = row < step.batch.rows() ? step.batch.tokens()[row] : Batch.NO_TOKEN;
            if (token != Batch.NO_TOKEN) {
                step.kernels.decode(task.matrix(), token, token + 1, scratch.line, 0);
            } else {
                Arrays.fill(scratch.line, 0, width, 0);
            }
            int at = row / lanes * width * lanes + row % lanes;
            for (int column = 0; column < width; column++) {
                out[at + column * lanes] = scratch.line[column] * op.scale();
            }
        }
    }

    /** Adds a row of the task's table to each row, chosen by {@code choice}. */
    private void addRow(Value from, Value to, ScheduledOp task, IntUnaryOperator choice, int worker, Scratch scratch) {
        float[] input = step.data(from, worker);
        float[] out = step.data(to, worker);
        int width = to.width();
        int[] bounds = share(step.panels(to) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            int entry = choice.applyAsInt(Math.min(row, step.batch.rows() - 1));
            step.kernels.decode(task.matrix(), entry, entry + 1, scratch.line, 0);
            int at = row / lanes * width * lanes + row % lanes;
            for (int column = 0; column < width; column++) {
                out[at + column * lanes] = input[at + column * lanes] + scratch.line[column];
            }
        }
    }

    /** Lanes beyond the last row are zeros. */
    private void given(Op.InputEmbeddings op, int worker) {
        float[] numbers = step.batch.inputEmbeddings();
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            int at = row / lanes * width * lanes + row % lanes;
            for (int column = 0; column < width; column++) {
                out[at + column * lanes] = row < step.batch.rows() ? numbers[row * width + column] : 0;
            }
        }
    }

    /** Each worker moves its own columns of every state, row after row. */
    private void recurrence(Op.Recurrence op, int worker, Scratch scratch) {
        float[] candidate = step.data(op.candidate(), worker);
        float[] forget = step.data(op.forget(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = Schedule.columns(width, step.workers.count());
        int from = bounds[worker];
        int count = bounds[worker + 1] - from;
        for (int row = 0; row < step.batch.rows(); row++) {
            float[] state = step.caches.states().of(op.layer(), step.batch.sequences()[row]);
            if (step.batch.positions()[row] == 0) {
                Arrays.fill(state, from, from + count, 0);
            }
            int at = (row / lanes * width + from) * lanes + row % lanes;
            for (int i = 0; i < count; i++) {
                scratch.tile[i] = candidate[at + i * lanes];
                scratch.tile[count + i] = forget[at + i * lanes];
            }
            step.kernels.recur(scratch.tile, 0, scratch.tile, count, state, from, count);
            for (int i = 0; i < count; i++) {
                out[at + i * lanes] = state[from + i];
            }
        }
    }

    private void norm(Op.Norm op, ScheduledOp task, int worker) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int group = task.gain().length;
        int[] bounds = share(step.panels(op.output()) * (op.output().width() / group));
        for (int i = bounds[worker]; i < bounds[worker + 1]; i++) {
            int at = i * group * lanes;
            if (op.kind() == NormKind.RMS) {
                step.kernels.panelRmsNorm(input, at, task.gain(), op.epsilon(), out, at);
            } else {
                step.kernels.panelLayerNorm(input, at, task.gain(), RowExecutor.biasOrZero(task), op.epsilon(), out, at);
            }
        }
    }

    /**
     * Handed out by tile of weights and group of panels; the panels of a group stay in the second-level cache while all tiles pass by them.
     */
    private void product(Value input, Value output, ScheduledOp task, int worker, Scratch scratch) {
        Matrix weights = task.matrix();
        float[] x = step.data(input, worker);
        float[] out = step.data(output, worker);
        int panels = step.panels(output);
        int group = Math.max(2, GROUP / (weights.columns() * lanes) / 2 * 2);
        int tileRows = Scratch.tileRows(weights.columns());
        int tiles = Math.ceilDiv(weights.rows(), tileRows);
        int items = tiles * Math.ceilDiv(panels, group);
        for (int item = step.next.getAndIncrement(task.number()); item < items; item = step.next.getAndIncrement(task.number())) {
            int row = item % tiles * tileRows;
            int count = Math.min(tileRows, weights.rows() - row);
            int from = item / tiles * group;
            int to = Math.min(from + group, panels);
            for (int panel = from; panel < to; panel++) {
                for (int i = 0; i < count; i++) {
                    int at = (panel * weights.rows() + row + i) * lanes;
                    Arrays.fill(out, at, at + lanes, task.bias() == null ? 0 : task.bias()[row + i]);
                }
            }
            step.kernels.decode(weights, row, row + count, scratch.tile, 0);
            step.kernels.multiplyPanels(scratch.tile, count, weights.columns(), x, from, to, out, row, weights.rows());
        }
    }

    /** Candidates' rows are gathered a tile at a time; the output has no other columns. */
    private void shortlist(Op.Shortlist op, ScheduledOp task, int worker, Scratch scratch) {
        int[] candidates = step.batch.candidates();
        if (candidates.length == 0) {
            product(op.input(), op.output(), task, worker, scratch);
            return;
        }
        float[] x = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int panels = step.panels(op.output());
        int columns = task.matrix().columns();
        int tileRows = Scratch.tileRows(columns);
        int tiles = Math.ceilDiv(candidates.length, tileRows);
        for (int tile = step.next.getAndIncrement(task.number()); tile < tiles; tile = step.next.getAndIncrement(task.number())) {
            int first = tile * tileRows;
            int count = Math.min(tileRows, candidates.length - first);
            for (int panel = 0; panel < panels; panel++) {
                for (int i = 0; i < count; i++) {
                    int at = (panel * candidates.length + first + i) * lanes;
                    Arrays.fill(out, at, at + lanes, task.bias() == null ? 0 : task.bias()[candidates[first + i]]);
                }
            }
            for (int i = 0; i < count; i++) {
                step.kernels.decode(task.matrix(), candidates[first + i], candidates[first + i] + 1, scratch.tile, i * columns);
            }
            step.kernels.multiplyPanels(scratch.tile, count, columns, x, 0, panels, out, first, candidates.length);
        }
    }

    private void rope(Op.Rope op, ScheduledOp task, int worker) {
        RopeAngles angles = step.angles[task.angles()];
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int pairs = angles.pairs();
        int heads = op.output().width() / op.headDimension();
        int apart = (op.layout() == RopeLayout.HALVES ? pairs : 1) * lanes;
        int between = (op.layout() == RopeLayout.HALVES ? 1 : 2) * lanes;
        int[] bounds = share(step.panels(op.output()) * heads);
        for (int item = bounds[worker]; item < bounds[worker + 1]; item++) {
            int head = item * op.headDimension() * lanes;
            int turn = item / heads * pairs * lanes;
            for (int i = 0; i < pairs; i++) {
                int first = head + i * between;
                for (int lane = 0; lane < lanes; lane++) {
                    float sine = angles.sines[turn + i * lanes + lane];
                    float cosine = angles.cosines[turn + i * lanes + lane];
                    float a = input[first + lane];
                    float b = input[first + apart + lane];
                    out[first + lane] = a * cosine - b * sine;
                    out[first + apart + lane] = a * sine + b * cosine;
                }
            }
            int rest = 2 * pairs * lanes;
            System.arraycopy(input, head + rest, out, head + rest, op.headDimension() * lanes - rest);
        }
    }

    private void select(Op.SelectRows op, int worker) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int rows = step.rows(op.output());
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int i = bounds[worker]; i < bounds[worker + 1]; i++) {
            int row = step.batch.outputRows()[Math.min(i, rows - 1)];
            int from = row / lanes * width * lanes + row % lanes;
            int to = i / lanes * width * lanes + i % lanes;
            for (int column = 0; column < width; column++) {
                out[to + column * lanes] = input[from + column * lanes];
            }
        }
    }

    /** Rows are added in their order, wherever they lie in their panels. */
    private void mean(Op.MeanRows op, int worker) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] ends = step.batch.outputRows();
        int[] bounds = Schedule.columns(width, step.workers.count());
        for (int i = 0; i < ends.length; i++) {
            int from = i == 0 ? 0 : ends[i - 1] + 1;
            int to = i / lanes * width * lanes + i % lanes;
            for (int column = bounds[worker]; column < bounds[worker + 1]; column++) {
                float sum = 0;
                for (int row = from; row <= ends[i]; row++) {
                    sum += input[(row / lanes * width + column) * lanes + row % lanes];
                }
                out[to + column * lanes] = sum / (ends[i] + 1 - from);
            }
        }
    }

    private void argMax(Op.ArgMax op, int worker) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.input().width();
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            out[row] = RowExecutor.argMax(input, row / lanes * width * lanes + row % lanes, lanes, width);
        }
    }
}
