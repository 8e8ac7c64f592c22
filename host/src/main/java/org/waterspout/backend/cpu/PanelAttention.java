package org.waterspout.backend.cpu;

import java.util.Arrays;
import org.waterspout.backend.Batch;
import org.waterspout.backend.cpu.cache.CacheArray;
import org.waterspout.backend.cpu.cache.KeyValueCache;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.graph.Op;

/**
 * Attention of many rows in panels, [panels][width][lanes]. Work is handed out by panel of queries and head.
 *
 * <p>In both directions, keys and values are read where their products have left them: a panel of queries attends to all panels that its
 * sequences touch, and scores between rows of different sequences are hidden. Nothing is gathered and nothing is kept.
 */
final class PanelAttention {

    private final CpuStep step;
    private final int lanes;

    PanelAttention(CpuStep step) {
        this.step = step;
        this.lanes = step.kernels.lanes();
    }

    void run(Op.Attention op, ScheduledOp task, int worker, Scratch scratch) {
        if (op.mask() == Op.Mask.CAUSAL) {
            append(op, worker);
            step.workers.barrier();
        }
        int panels = step.panels(op.output());
        int items = panels * op.heads();
        for (int item = step.next.getAndIncrement(task.number()); item < items; item = step.next.getAndIncrement(task.number())) {
            int panel = panels - 1 - item / op.heads(); // causal, the last ones see the most positions: they go first
            int head = item % op.heads();
            switch (op.mask()) {
                case CAUSAL -> causal(op, panel, head, worker, scratch);
                case BIDIRECTIONAL -> full(op, panel, head, worker, scratch);
            }
        }
    }

    void run(Op.CrossAttention op, ScheduledOp task, int worker, Scratch scratch) {
        int items = step.batch.rows() * op.heads();
        for (int item = step.next.getAndIncrement(task.number()); item < items; item = step.next.getAndIncrement(task.number())) {
            int row = item / op.heads();
            int head = item % op.heads();
            int at = (row / lanes * op.query().width() + head * op.headDimension()) * lanes + row % lanes;
            RowAttention.attend(RowAttention.Target.of(op, step, row, head), step, step.data(op.query(), worker), at,
                    step.data(op.output(), worker), at, lanes, scratch);
        }
    }

    void storeCrossCache(Op.StoreCrossCache op, int worker) {
        KeyValueCache.Layer shape = step.caches.sources().layer(op.cache());
        append(step.caches.sources(), op.cache(), shape.kvHeads(), shape.headDimension(), step.data(op.key(), worker),
                step.data(op.value(), worker), worker);
    }

    private void append(Op.Attention op, int worker) {
        append(step.caches.cache(), op.layer(), op.kvHeads(), op.headDimension(), step.data(op.key(), worker),
                step.data(op.value(), worker), worker);
    }

    private void append(KeyValueCache cache, int layer, int heads, int headDimension, float[] key, float[] value, int worker) {
        Batch batch = step.batch;
        int[] bounds = Schedule.split(batch.rows(), 1, step.workers.count());
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            for (int head = 0; head < heads; head++) {
                int at = (row / lanes * heads + head) * headDimension * lanes + row % lanes;
                cache.append(layer, batch.sequences()[row], batch.positions()[row], head, key, value, at, lanes);
            }
        }
    }

    private void causal(Op.Attention op, int panel, int head, int worker, Scratch scratch) {
        int rows = Math.min(lanes, step.batch.rows() - panel * lanes);
        int until = 0;
        for (int from = 0; from < rows; from = until) {
            until = endOfSequence(panel * lanes, from, rows);
            // the sums of a prompt have one order, whoever its neighbours are
            if (until - from == rows || step.batch.phase() == Batch.Phase.PROMPT) {
                causalOfOne(op, panel, head, from, until, worker, scratch);
            } else {
                byRow(op, panel, head, from, until, worker, scratch);
            }
        }
    }

    private void byRow(Op.Attention op, int panel, int head, int from, int until, int worker, Scratch scratch) {
        for (int lane = from; lane < until; lane++) {
            int at = (panel * op.query().width() + head * op.headDimension()) * lanes + lane;
            RowAttention.attend(RowAttention.Target.of(op, step, panel * lanes + lane, head, 1), step, step.data(op.query(), worker), at,
                    step.data(op.output(), worker), at, lanes, scratch);
        }
    }

    /** The first lane behind {@code from} whose row is not the next of its sequence. */
    private int endOfSequence(int firstRow, int from, int rows) {
        Batch batch = step.batch;
        int lane = from + 1;
        while (lane < rows && batch.sequences()[firstRow + lane] == batch.sequences()[firstRow + from]
                && batch.positions()[firstRow + lane] == batch.positions()[firstRow + lane - 1] + 1) {
            lane++;
        }
        return lane;
    }

    /** One head of those rows of a panel, lanes {@code from} to {@code until}, that are neighbours in one sequence. */
    private void causalOfOne(Op.Attention op, int panel, int head, int from, int until, int worker, Scratch scratch) {
        CpuKernels kernels = step.kernels;
        KeyValueCache cache = step.caches.cache();
        KeyValueCache.Layer shape = cache.layer(op.layer());
        int sequence = step.batch.sequences()[panel * lanes + from];
        int position = step.batch.positions()[panel * lanes + from] - from; // of lane 0, if it were of this sequence: may be negative
        int kvHead = head / (op.heads() / op.kvHeads());
        int width = shape.headDimension();
        int padded = shape.paddedWidth();
        int at = start(op, panel, head, padded, worker, scratch);
        float[] scores = scratch.scores;
        int last = position + until - 1;
        int first = op.window() == 0 ? 0 : Math.max(0, position + from - op.window() + 1);
        for (int block = first / CpuKernels.BLOCK; block <= last / CpuKernels.BLOCK; block++) {
            CacheArray keys = cache.keys(op.layer(), sequence, block);
            CacheArray values = cache.values(op.layer(), sequence, block);
            kernels.panelScores(scratch.query, 0, keys.read(kvHead, CpuKernels.BLOCK, scratch.keys, kernels), keys.readFrom(kvHead), width,
                    CpuKernels.BLOCK, scores, 0);
            change(op, head, position - block * CpuKernels.BLOCK, CpuKernels.BLOCK, scores);
            hide(scores, block * CpuKernels.BLOCK, position, last, op.window());
            kernels.panelSoftmax(scores, CpuKernels.BLOCK, scratch.largest, scratch.total, scratch.sum, padded);
            kernels.panelWeigh(scores, values.read(kvHead, CpuKernels.BLOCK, scratch.values, kernels), values.readFrom(kvHead), padded,
                    scratch.sum);
        }
        finish(op, at, from, until, worker, scratch);
    }

    /** Scales the queries and clears the sums; returns where the head lies. */
    private int start(Op.Attention op, int panel, int head, int sums, int worker, Scratch scratch) {
        int at = (panel * op.query().width() + head * op.headDimension()) * lanes;
        step.kernels.scale(op.scale(), step.data(op.query(), worker), at, scratch.query, 0, op.headDimension() * lanes);
        Arrays.fill(scratch.sum, 0, sums * lanes, 0);
        Arrays.fill(scratch.largest, -Float.MAX_VALUE); // finite, so that a lane without positions in a block has no NaN
        Arrays.fill(scratch.total, 0);
        return at;
    }

    /** Caps scores [keys][lanes] and adds what is due by distance; row 0 lies {@code behind} positions behind the first key. */
    private void change(Op.Attention op, int head, int behind, int keys, float[] scores) {
        if (op.softCap() != 0) {
            step.kernels.softCap(op.softCap(), scores, scores, 0, keys * lanes);
        }
        if (op.bias().isPresent()) {
            float[] bias = step.biases.of(op.bias().get())[head];
            for (int t = 0; t < keys; t++) {
                int at = step.biases.at(behind - t);
                for (int lane = 0; lane < lanes; lane++) {
                    scores[t * lanes + lane] += bias[at + lane];
                }
            }
        }
    }

    private void finish(Op.Attention op, int at, int from, int until, int worker, Scratch scratch) {
        float[] out = step.data(op.output(), worker);
        for (int d = 0; d < op.headDimension(); d++) {
            for (int lane = from; lane < until; lane++) {
                out[at + d * lanes + lane] = scratch.sum[d * lanes + lane] / scratch.total[lane];
            }
        }
    }

    /** Minus infinity for positions that a lane does not see: later than its own, or out of its window. */
    private void hide(float[] scores, int start, int position, int last, int window) {
        for (int t = 0; t < CpuKernels.BLOCK; t++) {
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

    /** One head of a panel of queries from any number of sequences, some panels of keys at a time. */
    private void full(Op.Attention op, int panel, int head, int worker, Scratch scratch) {
        CpuKernels kernels = step.kernels;
        int width = op.headDimension();
        int kvHead = head / (op.heads() / op.kvHeads());
        float[] keys = step.data(op.key(), worker);
        float[] values = step.data(op.value(), worker);
        int row = panel * lanes;
        int last = Math.min(row + lanes, step.batch.rows()) - 1;
        int from = op.window() == 0 ? step.firsts[row] : Math.max(step.firsts[row], row - op.window() + 1);
        int to = op.window() == 0 ? step.ends[last] : Math.min(step.ends[last], last + op.window());
        int at = start(op, panel, head, width, worker, scratch);
        float[] scores = scratch.scores;
        int behindLast = (to - 1) / lanes + 1;
        for (int start = from / lanes; start < behindLast; start += Scratch.KEYS / lanes) {
            int end = Math.min(start + Scratch.KEYS / lanes, behindLast);
            for (int some = start; some < end; some++) {
                kernels.panelScores(scratch.query, 0, keys, (some * op.kvHeads() + kvHead) * width * lanes, width, lanes, scores,
                        (some - start) * lanes * lanes);
            }
            change(op, head, row - start * lanes, (end - start) * lanes, scores);
            hide(scores, start * lanes, end * lanes, row, last, from, to, op.window());
            kernels.panelSoftmax(scores, (end - start) * lanes, scratch.largest, scratch.total, scratch.sum, width);
            for (int some = start; some < end; some++) {
                int first = Math.max(0, from - some * lanes);
                int count = Math.min(lanes, to - some * lanes);
                kernels.panelWeighColumns(scores, (some - start) * lanes * lanes, first, count, values,
                        (some * op.kvHeads() + kvHead) * width * lanes, width, scratch.sum);
            }
        }
        finish(op, at, 0, lanes, worker, scratch);
    }

    /**
     * Minus infinity between keys and queries of different sequences, or out of each other's window. Lanes without a row see what the last
     * row sees.
     *
     * @param scores keys {@code start} to {@code end} by lanes; {@code row} is the first query, {@code last} the last one
     * @param from   keys before it, and from {@code to} on, are seen by none
     */
    private void hide(float[] scores, int start, int end, int row, int last, int from, int to, int window) {
        if (window == 0 && step.firsts[row] == step.firsts[last] && start >= from && end <= to) {
            return;
        }
        for (int key = start; key < end; key++) {
            int seenFrom = lanes;
            int seenTo = lanes;
            if (key >= from && key < to) {
                seenFrom = Math.max(step.firsts[key], window == 0 ? 0 : key - window + 1) - row;
                seenTo = (window == 0 ? step.ends[key] : Math.min(step.ends[key], key + window)) - row;
                seenTo = seenTo > last - row ? lanes : seenTo;
            }
            int at = (key - start) * lanes;
            for (int lane = 0; lane < Math.min(seenFrom, lanes); lane++) {
                scores[at + lane] = Float.NEGATIVE_INFINITY;
            }
            for (int lane = Math.max(seenTo, 0); lane < lanes; lane++) {
                scores[at + lane] = Float.NEGATIVE_INFINITY;
            }
        }
    }
}
