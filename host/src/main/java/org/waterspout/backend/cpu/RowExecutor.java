package org.waterspout.backend.cpu;

import java.util.Arrays;
import org.waterspout.backend.Batch;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.graph.Op;
import org.waterspout.model.architecture.RopeLayout;
import org.waterspout.graph.Value;

/** Runs operations on a few rows, [rows, width]: each worker computes its share of the columns. */
final class RowExecutor {

    /** Bytes of weights that stay in the second-level cache. */
    private static final int CACHED = 128 * 1024;

    private final Step step;

    RowExecutor(Step step) {
        this.step = step;
    }

    void run(Task task, int worker, Scratch scratch) {
        switch (task.op()) {
            case Op.Embed op -> embed(op, task, worker);
            case Op.AddPosition op -> addPosition(op, task, worker, scratch);
            case Op.Norm op -> norm(op, task, worker);
            case Op.MatMul op -> product(op, task, worker, scratch);
            case Op.Rope op -> rope(op, task, worker);
            case Op.Attention op -> attention(op, worker, scratch);
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
            case Op.AddType _, Op.Given _, Op.Remember _, Op.CrossAttention _, Op.Recurrence _, Op.MeanRows _, Op.Shortlist _ -> throw new IllegalStateException("not built yet");
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

    private void embed(Op.Embed op, Task task, int worker) {
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        for (int row = 0; row < step.rows(op.output()); row++) {
            int token = step.batch.tokens()[row];
            step.kernels.decode(task.matrix(), token, token + 1, out, row * width);
            if (op.scale() != 1) {
                step.kernels.scale(op.scale(), out, row * width, out, row * width, width);
            }
        }
    }

    private void addPosition(Op.AddPosition op, Task task, int worker, Scratch scratch) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = Schedule.columns(width, step.workers.count());
        for (int row = 0; row < step.rows(op.output()); row++) {
            int position = step.batch.positions()[row];
            step.kernels.decode(task.matrix(), position, position + 1, scratch.line, 0);
            for (int column = bounds[worker]; column < bounds[worker + 1]; column++) {
                out[row * width + column] = input[row * width + column] + scratch.line[column];
            }
        }
    }

    private void norm(Op.Norm op, Task task, int worker) {
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

    static float[] biasOrZero(Task task) {
        return task.bias() == null ? new float[task.gain().length] : task.bias();
    }

    private void product(Op.MatMul op, Task task, int worker, Scratch scratch) {
        Matrix weights = task.matrix();
        float[] x = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = weights.rows();
        int rows = step.rows(op.output());
        int[] bounds = Schedule.columns(width, step.workers.count());
        int from = bounds[worker];
        int to = bounds[worker + 1];
        if (rows == 1) {
            step.kernels.multiply(weights, from, to, x, out, 0, scratch.line);
        } else if (rows <= step.kernels.singleRows(weights.type())) {
            eachRow(weights, from, to, x, rows, out, scratch);
        } else {
            int tileRows = Scratch.tileRows(weights.columns());
            for (int row = from; row < to; row += tileRows) {
                int count = Math.min(tileRows, to - row);
                step.kernels.decode(weights, row, row + count, scratch.tile, 0);
                step.kernels.multiplyRows(scratch.tile, count, weights.columns(), x, rows, out, row, width);
            }
        }
        if (task.bias() != null) {
            for (int row = 0; row < rows; row++) {
                for (int column = from; column < to; column++) {
                    out[row * width + column] += task.bias()[column];
                }
            }
        }
    }

    /** One row after the other, on so few weights at a time that only the first reads them from memory. */
    private void eachRow(Matrix weights, int from, int to, float[] x, int rows, float[] out, Scratch scratch) {
        int columns = weights.columns();
        int some = Math.max(4, (int) (CACHED / weights.rowBytes()));
        for (int first = from; first < to; first += some) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(x, row * columns, scratch.tile, 0, columns);
                step.kernels.multiply(weights, first, Math.min(first + some, to), scratch.tile, out, row * weights.rows(), scratch.line);
            }
        }
    }

    private void rope(Op.Rope op, Task task, int worker) {
        Angles angles = step.angles[task.angles()];
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int pairs = angles.pairs();
        int apart = op.layout() == RopeLayout.HALVES ? pairs : 1;
        int between = op.layout() == RopeLayout.HALVES ? 1 : 2;
        int[] bounds = Schedule.split(width, op.headWidth(), step.workers.count());
        for (int row = 0; row < step.rows(op.output()); row++) {
            for (int head = row * width + bounds[worker]; head < row * width + bounds[worker + 1]; head += op.headWidth()) {
                for (int i = 0; i < pairs; i++) {
                    float sine = angles.sines[row * pairs + i];
                    float cosine = angles.cosines[row * pairs + i];
                    float a = input[head + i * between];
                    float b = input[head + i * between + apart];
                    out[head + i * between] = a * cosine - b * sine;
                    out[head + i * between + apart] = a * sine + b * cosine;
                }
                System.arraycopy(input, head + 2 * pairs, out, head + 2 * pairs, op.headWidth() - 2 * pairs);
            }
        }
    }

    /**
     * Every worker appends the keys and values that its own heads read, so none has to wait; two that share a head write the same
     * numbers.
     */
    private void attention(Op.Attention op, int worker, Scratch scratch) {
        int[] bounds = Schedule.split(op.query().width(), op.headWidth(), step.workers.count());
        int fromHead = bounds[worker] / op.headWidth();
        int toHead = bounds[worker + 1] / op.headWidth();
        if (fromHead == toHead) {
            return;
        }
        int group = op.heads() / op.kvHeads();
        Batch batch = step.batch;
        float[] key = step.data(op.key(), worker);
        float[] value = step.data(op.value(), worker);
        float[] query = step.data(op.query(), worker);
        float[] out = step.data(op.output(), worker);
        for (int row = 0; row < batch.rows(); row++) {
            for (int head = fromHead / group; head <= (toHead - 1) / group; head++) {
                step.cache.append(op.layer(), batch.sequences()[row], batch.positions()[row], head, key, value,
                        row * op.key().width() + head * op.headWidth(), 1);
            }
        }
        for (int row = 0; row < batch.rows(); row++) {
            for (int head = fromHead; head < toHead; head++) {
                int at = row * op.query().width() + head * op.headWidth();
                attend(op, step, batch.sequences()[row], batch.positions()[row], head, query, at, 1, out, at, 1, scratch);
            }
        }
    }

    /** One head of one row: element d of the query lies at {@code queryAt + d * queryStride}, of the output likewise. */
    static void attend(Op.Attention op, Step step, int sequence, int position, int head, float[] query, int queryAt, int queryStride,
            float[] out, int outAt, int outStride, Scratch scratch) {
        Kernels kernels = step.kernels;
        KeyValueCache.Layer shape = step.cache.layer(op.layer());
        int kvHead = head / (op.heads() / op.kvHeads());
        int width = shape.headWidth();
        int padded = shape.paddedWidth();
        for (int d = 0; d < width; d++) {
            scratch.query[d] = query[queryAt + d * queryStride] * op.scale();
        }
        float[] sum = scratch.sum;
        Arrays.fill(sum, 0, padded, 0);
        float largest = Float.NEGATIVE_INFINITY;
        float total = 0;
        int first = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
        float[] scores = scratch.scores;
        for (int block = first / Kernels.BLOCK; block <= position / Kernels.BLOCK; block++) {
            int from = Math.max(0, first - block * Kernels.BLOCK);
            int to = Math.min(Kernels.BLOCK, position + 1 - block * Kernels.BLOCK);
            kernels.scores(scratch.query, 0, step.cache.keys(op.layer(), sequence, block), kvHead * Kernels.BLOCK * width, width, scores);
            if (op.softCap() != 0) {
                kernels.softCap(op.softCap(), scores, scores, 0, Kernels.BLOCK);
            }
            float now = largest;
            for (int t = from; t < to; t++) {
                now = Math.max(now, scores[t]);
            }
            if (now > largest) {
                float factor = (float) Math.exp(largest - now);
                total *= factor;
                kernels.scale(factor, sum, 0, sum, 0, padded);
                largest = now;
            }
            total += kernels.exponentials(scores, from, to, largest);
            kernels.weigh(scores, from, to, step.cache.values(op.layer(), sequence, block), kvHead * Kernels.BLOCK * padded, padded,
                    sum, 0);
        }
        for (int d = 0; d < width; d++) {
            out[outAt + d * outStride] = sum[d] / total;
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
