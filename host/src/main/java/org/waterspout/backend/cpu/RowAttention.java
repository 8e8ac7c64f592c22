package org.waterspout.backend.cpu;

import java.util.Arrays;
import org.waterspout.backend.Batch;
import org.waterspout.graph.Op;

/** Attention of a few rows, [rows, width], to caches and cross-attention caches: each worker computes its own heads. */
final class RowAttention {

    private final CpuStep step;

    RowAttention(CpuStep step) {
        this.step = step;
    }

    /**
     * Every worker appends the keys and values that its own heads read, so none has to wait; two that share a head write the same
     * numbers.
     */
    void run(Op.Attention op, int worker, Scratch scratch) {
        int[] bounds = Schedule.split(op.query().width(), op.headDimension(), step.workers.count());
        int fromHead = bounds[worker] / op.headDimension();
        int toHead = bounds[worker + 1] / op.headDimension();
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
                step.caches.cache().append(op.layer(), batch.sequences()[row], batch.positions()[row], head, key, value,
                        row * op.key().width() + head * op.headDimension(), 1);
            }
        }
        for (int row = 0; row < batch.rows(); row++) {
            for (int head = fromHead; head < toHead; head++) {
                int at = row * op.query().width() + head * op.headDimension();
                attend(Target.of(op, step, row, head), step, query, at, out, at, 1, scratch);
            }
        }
    }

    void run(Op.CrossAttention op, int worker, Scratch scratch) {
        int[] bounds = Schedule.split(op.query().width(), op.headDimension(), step.workers.count());
        float[] query = step.data(op.query(), worker);
        float[] out = step.data(op.output(), worker);
        for (int row = 0; row < step.batch.rows(); row++) {
            for (int head = bounds[worker] / op.headDimension(); head < bounds[worker + 1] / op.headDimension(); head++) {
                int at = row * op.query().width() + head * op.headDimension();
                attend(Target.of(op, step, row, head), step, query, at, out, at, 1, scratch);
            }
        }
    }

    /** Each worker writes some rows. */
    void storeCrossCache(Op.StoreCrossCache op, int worker) {
        int[] bounds = Schedule.split(step.batch.rows(), 1, step.workers.count());
        KeyValueCache sources = step.caches.sources();
        int heads = sources.layer(op.cache()).kvHeads();
        int width = sources.layer(op.cache()).headDimension();
        for (int row = bounds[worker]; row < bounds[worker + 1]; row++) {
            for (int head = 0; head < heads; head++) {
                sources.append(op.cache(), step.batch.sequences()[row], step.batch.positions()[row], head, step.data(op.key(), worker),
                        step.data(op.value(), worker), row * op.key().width() + head * width, 1);
            }
        }
    }

    /**
     * What one head of one row attends to: positions {@code from} to {@code to} of a sequence in a cache.
     *
     * @param bias   of the head by distance, as {@link Biases} has it; null where there is none
     * @param biasAt where the bias of position 0 lies; that of position t lies t before it
     */
    record Target(KeyValueCache cache, int layer, int sequence, int kvHead, int from, int to, float scale, float softCap, float[] bias,
            int biasAt) {

        static Target of(Op.Attention op, CpuStep step, int row, int head) {
            int position = step.batch.positions()[row];
            int from = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
            float[] bias = op.bias().isEmpty() ? null : step.biases.of(op.bias().get())[head];
            return new Target(step.caches.cache(), op.layer(), step.batch.sequences()[row], head / (op.heads() / op.kvHeads()), from,
                    position + 1, op.scale(), op.softCap(), bias, step.biases.at(position));
        }

        static Target of(Op.CrossAttention op, CpuStep step, int row, int head) {
            KeyValueCache sources = step.caches.sources();
            int source = step.batch.source(row);
            return new Target(sources, op.cache(), source, head, 0, sources.length(source), op.scale(), 0, null, 0);
        }
    }

    /** One head of one row: element d of the query lies at {@code queryAt + d * stride}, of the output likewise. */
    static void attend(Target target, CpuStep step, float[] query, int queryAt, float[] out, int outAt, int stride, Scratch scratch) {
        CpuKernels kernels = step.kernels;
        KeyValueCache.Layer shape = target.cache().layer(target.layer());
        int width = shape.headDimension();
        int padded = shape.paddedWidth();
        float scale = target.scale();
        if (stride == 1) { // a loop of its own, of which the compiler makes vectors, as of that for the output
            for (int d = 0; d < width; d++) {
                scratch.query[d] = query[queryAt + d] * scale;
            }
        } else {
            for (int d = 0; d < width; d++) {
                scratch.query[d] = query[queryAt + d * stride] * scale;
            }
        }
        float[] sum = scratch.sum;
        Arrays.fill(sum, 0, padded, 0);
        float largest = Float.NEGATIVE_INFINITY;
        float total = 0;
        float[] scores = scratch.scores;
        for (int block = target.from() / CpuKernels.BLOCK; block <= (target.to() - 1) / CpuKernels.BLOCK; block++) {
            int start = block * CpuKernels.BLOCK;
            int from = Math.max(0, target.from() - start);
            int to = Math.min(CpuKernels.BLOCK, target.to() - start);
            kernels.scores(scratch.query, 0, target.cache().keys(target.layer(), target.sequence(), block),
                    target.kvHead() * CpuKernels.BLOCK * width, width, scores);
            if (target.softCap() != 0) {
                kernels.softCap(target.softCap(), scores, scores, 0, CpuKernels.BLOCK);
            }
            if (target.bias() != null) {
                for (int t = from; t < to; t++) {
                    scores[t] += target.bias()[target.biasAt() - start - t];
                }
            }
            float now = largest;
            for (int t = from; t < to; t++) {
                now = scores[t] > now ? scores[t] : now; // takes less time than Math.max; NaN comes out of the exponentials
            }
            if (now > largest) {
                float factor = (float) Math.exp(largest - now);
                total *= factor;
                kernels.scale(factor, sum, 0, sum, 0, padded);
                largest = now;
            }
            total += kernels.exponentials(scores, from, to, largest);
            kernels.weigh(scores, from, to, target.cache().values(target.layer(), target.sequence(), block),
                    target.kvHead() * CpuKernels.BLOCK * padded, padded, sum, 0);
        }
        if (stride == 1) {
            for (int d = 0; d < width; d++) {
                out[outAt + d] = sum[d] / total;
            }
        } else {
            for (int d = 0; d < width; d++) {
                out[outAt + d * stride] = sum[d] / total;
            }
        }
    }
}
