package org.waterspout.backend.cpu;

import java.util.Arrays;
import org.waterspout.backend.Batch;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.graph.Op;
import org.waterspout.model.architecture.RopeLayout;
import org.waterspout.graph.Value;

/**
 * Runs operations on many rows in panels, [panels][width][lanes]. A barrier lies between any two operations. Products and attention
 * are handed out piece by piece, so that a worker which is held up does not hold up the others; every piece is computed the same
 * way whoever takes it.
 */
final class PanelExecutor {

    private final Step step;
    private final int lanes;

    PanelExecutor(Step step) {
        this.step = step;
        this.lanes = step.kernels.lanes();
    }

    void run(Task task, int worker, Scratch scratch) {
        switch (task.op()) {
            case Op.Embed op -> embed(op, task, worker, scratch);
            case Op.AddPosition op -> addPosition(op, task, worker, scratch);
            case Op.Norm op -> norm(op, task, worker);
            case Op.MatMul op -> product(op, task, worker, scratch);
            case Op.Rope op -> rope(op, task, worker);
            case Op.Attention op -> attention(op, task, worker, scratch);
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
    private void embed(Op.Embed op, Task task, int worker, Scratch scratch) {
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            if (row < step.batch.rows()) {
                int token = step.batch.tokens()[row];
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

    private void addPosition(Op.AddPosition op, Task task, int worker, Scratch scratch) {
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = op.output().width();
        int[] bounds = share(step.panels(op.output()) * lanes);
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            int position = step.batch.positions()[Math.min(row, step.batch.rows() - 1)];
            step.kernels.decode(task.matrix(), position, position + 1, scratch.line, 0);
            int at = row / lanes * width * lanes + row % lanes;
            for (int column = 0; column < width; column++) {
                out[at + column * lanes] = input[at + column * lanes] + scratch.line[column];
            }
        }
    }

    private void norm(Op.Norm op, Task task, int worker) {
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

    private void product(Op.MatMul op, Task task, int worker, Scratch scratch) {
        Matrix weights = task.matrix();
        float[] x = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int width = weights.rows();
        int panels = step.panels(op.output());
        int tileRows = Scratch.tileRows(weights.columns());
        int tiles = (width + tileRows - 1) / tileRows;
        for (int tile = step.next.getAndIncrement(task.number()); tile < tiles; tile = step.next.getAndIncrement(task.number())) {
            int row = tile * tileRows;
            int count = Math.min(tileRows, width - row);
            for (int panel = 0; panel < panels; panel++) {
                int at = (panel * width + row) * lanes;
                if (task.bias() == null) {
                    Arrays.fill(out, at, at + count * lanes, 0);
                } else {
                    for (int i = 0; i < count; i++) {
                        Arrays.fill(out, at + i * lanes, at + (i + 1) * lanes, task.bias()[row + i]);
                    }
                }
            }
            step.kernels.decode(weights, row, row + count, scratch.tile, 0);
            step.kernels.multiplyPanels(scratch.tile, count, weights.columns(), x, panels, out, row, width);
        }
    }

    private void rope(Op.Rope op, Task task, int worker) {
        Angles angles = step.angles[task.angles()];
        float[] input = step.data(op.input(), worker);
        float[] out = step.data(op.output(), worker);
        int pairs = angles.pairs();
        int heads = op.output().width() / op.headWidth();
        int apart = (op.layout() == RopeLayout.HALVES ? pairs : 1) * lanes;
        int between = (op.layout() == RopeLayout.HALVES ? 1 : 2) * lanes;
        int[] bounds = share(step.panels(op.output()) * heads);
        for (int item = bounds[worker]; item < bounds[worker + 1]; item++) {
            int head = item * op.headWidth() * lanes;
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
            System.arraycopy(input, head + rest, out, head + rest, op.headWidth() * lanes - rest);
        }
    }

    private void attention(Op.Attention op, Task task, int worker, Scratch scratch) {
        append(op, worker);
        step.workers.barrier();
        int panels = step.panels(op.output());
        int items = panels * op.heads();
        for (int item = step.next.getAndIncrement(task.number()); item < items; item = step.next.getAndIncrement(task.number())) {
            int panel = panels - 1 - item / op.heads(); // the last ones see the most positions: they go first
            int head = item % op.heads();
            int rows = Math.min(lanes, step.batch.rows() - panel * lanes);
            if (oneSequence(panel * lanes, rows)) {
                attend(op, panel, head, rows, worker, scratch);
            } else {
                for (int lane = 0; lane < rows; lane++) {
                    int row = panel * lanes + lane;
                    int at = (panel * op.query().width() + head * op.headWidth()) * lanes + lane;
                    RowExecutor.attend(op, step, step.batch.sequences()[row], step.batch.positions()[row], head,
                            step.data(op.query(), worker), at, lanes, step.data(op.output(), worker), at, lanes, scratch);
                }
            }
        }
    }

    private void append(Op.Attention op, int worker) {
        Batch batch = step.batch;
        float[] key = step.data(op.key(), worker);
        float[] value = step.data(op.value(), worker);
        int[] bounds = share(batch.rows());
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            for (int head = 0; head < op.kvHeads(); head++) {
                int at = (row / lanes * op.key().width() + head * op.headWidth()) * lanes + row % lanes;
                step.cache.append(op.layer(), batch.sequences()[row], batch.positions()[row], head, key, value, at, lanes);
            }
        }
    }

    private boolean oneSequence(int fromRow, int rows) {
        for (int row = fromRow + 1; row < fromRow + rows; row++) {
            if (step.batch.sequences()[row] != step.batch.sequences()[fromRow]
                    || step.batch.positions()[row] != step.batch.positions()[row - 1] + 1) {
                return false;
            }
        }
        return true;
    }

    /** One head of a panel whose rows are neighbours in one sequence. */
    private void attend(Op.Attention op, int panel, int head, int rows, int worker, Scratch scratch) {
        Kernels kernels = step.kernels;
        KeyValueCache.Layer shape = step.cache.layer(op.layer());
        int sequence = step.batch.sequences()[panel * lanes];
        int position = step.batch.positions()[panel * lanes];
        int kvHead = head / (op.heads() / op.kvHeads());
        int width = shape.headWidth();
        int padded = shape.paddedWidth();
        int at = (panel * op.query().width() + head * width) * lanes;
        kernels.scale(op.scale(), step.data(op.query(), worker), at, scratch.query, 0, width * lanes);
        float[] scores = scratch.scores;
        Arrays.fill(scratch.sum, 0, padded * lanes, 0);
        Arrays.fill(scratch.largest, -Float.MAX_VALUE); // finite, so that a lane without positions in a block has no NaN
        Arrays.fill(scratch.total, 0);
        int last = position + rows - 1;
        int first = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
        for (int block = first / Kernels.BLOCK; block <= last / Kernels.BLOCK; block++) {
            kernels.panelScores(scratch.query, 0, step.cache.keys(op.layer(), sequence, block), kvHead * Kernels.BLOCK * width, width, scores);
            if (op.softCap() != 0) {
                kernels.softCap(op.softCap(), scores, scores, 0, Kernels.BLOCK * lanes);
            }
            hide(scores, block * Kernels.BLOCK, position, last, op.window());
            kernels.panelSoftmax(scores, scratch.largest, scratch.total, scratch.sum, padded);
            kernels.panelWeigh(scores, step.cache.values(op.layer(), sequence, block), kvHead * Kernels.BLOCK * padded, padded, scratch.sum);
        }
        float[] out = step.data(op.output(), worker);
        for (int d = 0; d < width; d++) {
            for (int lane = 0; lane < lanes; lane++) {
                out[at + d * lanes + lane] = scratch.sum[d * lanes + lane] / scratch.total[lane];
            }
        }
    }

    /** Minus infinity for positions that a lane does not see: later than its own, or out of its window. */
    private void hide(float[] scores, int start, int position, int last, int window) {
        for (int t = 0; t < Kernels.BLOCK; t++) {
            int seenFrom = start + t - position; // lanes from here on are not earlier than this position
            int seenTo = window == 0 ? lanes : seenFrom + window;
            for (int lane = 0; lane < lanes; lane++) {
                boolean beyond = lane > last - position; // lanes without a row see what the last row sees
                if (!beyond && (lane < seenFrom || lane >= seenTo) || beyond && start + t > last) {
                    scores[t * lanes + lane] = Float.NEGATIVE_INFINITY;
                }
            }
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
