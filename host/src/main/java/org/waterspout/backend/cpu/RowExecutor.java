package org.waterspout.backend.cpu;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.waterspout.backend.Batch;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/** Runs operations on a few rows, [rows, width]: each worker computes its share of the columns. */
final class RowExecutor {

    private final CpuStep step;
    private final RowAttention attention;

    RowExecutor(CpuStep step) {
        this.step = step;
        this.attention = new RowAttention(step);
    }

    void run(ScheduledOp task, int worker, Scratch scratch) {
        switch (task.op()) {
            case Op.Embed op -> embed(op, task, worker);
            case Op.AddPosition op -> addRow(op.input(), op.output(), task, row -> step.batch.positions()[row], worker, scratch);
            case Op.Norm op -> norm(op, task, worker);
            case Op.MatMul op -> product(op, task, worker, scratch);
            case Op.Rope op -> rope(op, task, worker);
            case Op.Attention op -> attention.run(op, worker, scratch);
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
            case Op.CrossAttention op -> attention.run(op, worker, scratch);
            case Op.Recurrence op -> recurrence(op, worker);
            case Op.MeanRows op -> throw new IllegalStateException("whole sequences are computed in panels: " + op);
            case Op.Shortlist op -> shortlist(op, task, worker, scratch);
            case Op.Fused op -> throw new IllegalStateException("not a plain operation: " + op.kind());
        }
    }

    private interface Range {
        void run(int from, int to);
    }

    /** The worker's columns of every row as ranges of the array. */
    private void each(Value value, int worker, Range range) {
        int[] bounds = Schedule.columns(value.width(), step.workers.count());
        if (bounds[worker] == bounds[worker + 1]) {
            return;
        }
        for (int row = 0; row < step.rows(value); row++) {
            int at = row * value.width();
            range.run(at + bounds[worker], at + bounds[worker + 1]);
        }
    }

    private void embed(Op.Embed op, ScheduledOp task, int worker) {
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        for (int row = 0; row < step.rows(op.output()); row++) {
            int token = step.batch.tokens()[row];
            if (token == Batch.NO_TOKEN) {
                Arrays.fill(out, row * width, (row + 1) * width, 0);
                continue;
            }
            step.kernels.decode(task.matrix(), token, token + 1, out, row * width);
            if (op.scale() != 1) {
                step.kernels.scale(op.scale(), out, row * width, out, row * width, width);
            }
        }
    }

    /** Adds a row of the task's table to each row, chosen by {@code choice}. */
    private void addRow(Value from, Value to, ScheduledOp task, IntUnaryOperator choice, int worker, Scratch scratch) {
        float[] input = step.data(from, worker);
        float[] out = step.data(to, worker);
        int width = to.width();
        int[] bounds = Schedule.columns(width, step.workers.count());
        for (int row = 0; row < step.rows(to); row++) {
            int entry = choice.applyAsInt(row);
            step.kernels.decode(task.matrix(), entry, entry + 1, scratch.line, 0);
            for (int column = bounds[worker]; column < bounds[worker + 1]; column++) {
                out[row * width + column] = input[row * width + column] + scratch.line[column];
            }
        }
    }

    private void given(Op.InputEmbeddings op, int worker) {
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = Schedule.columns(width, step.workers.count());
        for (int row = 0; row < step.rows(op.output()); row++) {
            int at = row * width + bounds[worker];
            System.arraycopy(step.batch.inputEmbeddings(), at, out, at, bounds[worker + 1] - bounds[worker]);
        }
    }

    /** Each worker moves its own columns of every state. */
    private void recurrence(Op.Recurrence op, int worker) {
        float[] candidate = step.data(op.candidate(), worker);
        float[] forget = step.data(op.forget(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = Schedule.columns(width, step.workers.count());
        int count = bounds[worker + 1] - bounds[worker];
        for (int row = 0; row < step.rows(op.output()); row++) {
            float[] state = step.caches.states().of(op.layer(), step.batch.sequences()[row]);
            if (step.batch.positions()[row] == 0) {
                Arrays.fill(state, bounds[worker], bounds[worker + 1], 0);
            }
            int at = row * width + bounds[worker];
            step.kernels.recur(candidate, at, forget, at, state, bounds[worker], count);
            System.arraycopy(state, bounds[worker], out, at, count);
        }
    }

    private void norm(Op.Norm op, ScheduledOp task, int worker) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int group = task.gain().length;
        int from = 0;
        int to = width;
        if (group != width) {
            int[] bounds = Schedule.split(width, group, step.workers.count());
            from = bounds[worker];
            to = bounds[worker + 1];
        }
        for (int row = 0; row < step.rows(op.output()); row++) {
            for (int at = row * width + from; at < row * width + to; at += group) {
                if (op.kind() == NormKind.RMS) {
                    step.kernels.rmsNorm(input, at, task.gain(), op.epsilon(), out, at);
                } else {
                    step.kernels.layerNorm(input, at, task.gain(), biasOrZero(task), op.epsilon(), out, at);
                }
            }
        }
    }

    static float[] biasOrZero(ScheduledOp task) {
        return task.bias() == null ? new float[task.gain().length] : task.bias();
    }

    private void product(Op.MatMul op, ScheduledOp task, int worker, Scratch scratch) {
        Matrix weights = task.matrix();
        float[] out = step.data(op.output(), worker);
        int width = weights.rows();
        int rows = step.rows(op.output());
        int[] bounds = Schedule.columns(width, step.workers.count());
        int from = bounds[worker];
        int to = bounds[worker + 1];
        multiply(weights, from, to, step.data(op.input(), worker), rows, out, 0, width, scratch);
        if (task.bias() != null) {
            for (int row = 0; row < rows; row++) {
                for (int column = from; column < to; column++) {
                    out[row * width + column] += task.bias()[column];
                }
            }
        }
    }

    /** out[outAt + row * width + i] = weights[i] . x[row] for i from {@code from} to {@code to}. */
    private void multiply(Matrix weights, int from, int to, float[] x, int rows, float[] out, int outAt, int width, Scratch scratch) {
        if (rows == 1) {
            step.kernels.multiply(weights, from, to, x, out, outAt, scratch.line);
        } else {
            step.kernels.multiplyRows(weights, from, to, x, rows, out, outAt, width, scratch.tile, scratch.line);
        }
    }

    /** Candidates' rows are gathered some at a time. */
    private void shortlist(Op.Shortlist op, ScheduledOp task, int worker, Scratch scratch) {
        int[] candidates = step.batch.candidates();
        if (candidates.length == 0) {
            product(new Op.MatMul(op.input(), op.weight(), op.bias(), op.output()), task, worker, scratch);
            return;
        }
        float[] x = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int rows = step.rows(op.output());
        int[] bounds = Schedule.columns(candidates.length, step.workers.count());
        int some = Scratch.tileRows(task.matrix().columns());
        for (int first = bounds[worker]; first < bounds[worker + 1]; first += some) {
            int count = Math.min(some, bounds[worker + 1] - first);
            Matrix gathered = scratch.gather(task.matrix(), candidates, first, count);
            multiply(gathered, 0, count, x, rows, out, first, candidates.length, scratch);
        }
        if (task.bias() != null) {
            for (int row = 0; row < rows; row++) {
                for (int column = bounds[worker]; column < bounds[worker + 1]; column++) {
                    out[row * candidates.length + column] += task.bias()[candidates[column]];
                }
            }
        }
    }

    private void rope(Op.Rope op, ScheduledOp task, int worker) {
        RopeAngles angles = step.angles[task.angles()];
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int pairs = angles.pairs();
        int apart = op.layout() == RopeLayout.HALVES ? pairs : 1;
        int between = op.layout() == RopeLayout.HALVES ? 1 : 2;
        int[] bounds = Schedule.split(width, op.headDimension(), step.workers.count());
        for (int row = 0; row < step.rows(op.output()); row++) {
            for (int head = row * width + bounds[worker]; head < row * width + bounds[worker + 1]; head += op.headDimension()) {
                for (int i = 0; i < pairs; i++) {
                    float sine = angles.sines[row * pairs + i];
                    float cosine = angles.cosines[row * pairs + i];
                    float a = input[head + i * between];
                    float b = input[head + i * between + apart];
                    out[head + i * between] = a * cosine - b * sine;
                    out[head + i * between + apart] = a * sine + b * cosine;
                }
                System.arraycopy(input, head + 2 * pairs, out, head + 2 * pairs, op.headDimension() - 2 * pairs);
            }
        }
    }

    private void select(Op.SelectRows op, int worker) {
        boolean panels = step.inPanels(op.input());
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int lanes = step.kernels.lanes();
        int[] bounds = Schedule.columns(width, step.workers.count());
        for (int i = 0; i < step.rows(op.output()); i++) {
            int row = step.batch.outputRows()[i];
            int at = panels ? row / lanes * width * lanes + row % lanes : row * width;
            int stride = panels ? lanes : 1;
            for (int column = bounds[worker]; column < bounds[worker + 1]; column++) {
                out[i * width + column] = input[at + column * stride];
            }
        }
    }

    private void argMax(Op.ArgMax op, int worker) {
        int[] bounds = Schedule.columns(1, step.workers.count());
        if (bounds[worker] == bounds[worker + 1]) {
            return;
        }
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        for (int row = 0; row < step.rows(op.output()); row++) {
            out[row] = argMax(input, row * op.input().width(), 1, op.input().width());
        }
    }

    /** The lowest index of the largest of {@code count} elements {@code stride} apart. */
    static int argMax(float[] input, int at, int stride, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (input[at + i * stride] > input[at + best * stride]) {
                best = i;
            }
        }
        return best;
    }
}
