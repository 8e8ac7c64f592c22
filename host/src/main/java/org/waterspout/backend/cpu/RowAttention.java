package org.waterspout.backend.cpu;

import java.util.Arrays;
import org.waterspout.backend.Batch;
import org.waterspout.backend.cpu.cache.CacheArray;
import org.waterspout.backend.cpu.cache.KeyValueCache;
import org.waterspout.backend.cpu.kernels.CpuKernels;
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
            for (int head = fromHead; head < toHead;) {
                int behind = Math.min(toHead, (head / group + 1) * group);
                int at = row * op.query().width() + head * op.headDimension();
                attend(Target.of(op, step, row, head, behind - head), step, query, at, out, at, 1, scratch);
                head = behind;
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
     * What some heads of one row, which read the same keys and values, attend to: positions {@code from} to {@code to} of a sequence in a
     * cache.
     *
     * @param bias   of each head by distance, as {@link Biases} has it; null where there is none
     * @param biasAt where the bias of position 0 lies; that of position t lies t before it
     */
    record Target(KeyValueCache cache, int layer, int sequence, int head, int heads, int kvHead, int from, int to, float scale,
            float softCap, float[][] bias, int biasAt) {

        static Target of(Op.Attention op, CpuStep step, int row, int head, int heads) {
            int position = step.batch.positions()[row];
            int from = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
            float[][] bias = op.bias().isEmpty() ? null : step.biases.of(op.bias().get());
            return new Target(step.caches.cache(), op.layer(), step.batch.sequences()[row], head, heads,
                    head / (op.heads() / op.kvHeads()), from, position + 1, op.scale(), op.softCap(), bias, step.biases.at(position));
        }

        static Target of(Op.CrossAttention op, CpuStep step, int row, int head) {
            KeyValueCache sources = step.caches.sources();
            int source = step.batch.source(row);
            return new Target(sources, op.cache(), source, head, 1, head, 0, sources.length(source), op.scale(), 0, null, 0);
        }
    }

    /**
     * Some heads of one row: element d of the first one's query lies at {@code queryAt + d * stride}, the others' behind it, and outputs
     * likewise. What a head gives does not depend on the others; keys and values are decoded once for all of them.
     */
    static void attend(Target target, CpuStep step, float[] query, int queryAt, float[] out, int outAt, int stride, Scratch scratch) {
        KeyValueCache.Layer shape = target.cache().layer(target.layer());
        int width = shape.headDimension();
        int padded = shape.paddedWidth();
        float scale = target.scale();
        for (int i = 0; i < target.heads(); i++) {
            if (stride == 1) { // a loop of its own, of which the compiler makes vectors, as of that for the output
                for (int d = 0; d < width; d++) {
                    scratch.query[i * padded + d] = query[queryAt + i * width + d] * scale;
                }
            } else {
                for (int d = 0; d < width; d++) {
                    scratch.query[i * padded + d] = query[queryAt + (i * width + d) * stride] * scale;
                }
            }
        }
        Arrays.fill(scratch.sum, 0, target.heads() * padded, 0);
        Arrays.fill(scratch.largest, 0, target.heads(), Float.NEGATIVE_INFINITY);
        Arrays.fill(scratch.total, 0, target.heads(), 0);
        for (int block = target.from() / CpuKernels.BLOCK; block <= (target.to() - 1) / CpuKernels.BLOCK; block++) {
            CacheArray keys = target.cache().keys(target.layer(), target.sequence(), block);
            CacheArray values = target.cache().values(target.layer(), target.sequence(), block);
            int positions = Math.min(CpuKernels.BLOCK, target.to() - block * CpuKernels.BLOCK);
            float[] blockKeys = keys.read(target.kvHead(), positions, scratch.keys, step.kernels);
            float[] blockValues = values.read(target.kvHead(), positions, scratch.values, step.kernels);
            for (int i = 0; i < target.heads(); i++) {
                attendBlock(target, i, step.kernels, block * CpuKernels.BLOCK, blockKeys, keys.readFrom(target.kvHead()), blockValues,
                        values.readFrom(target.kvHead()), shape, scratch);
            }
        }
        for (int i = 0; i < target.heads(); i++) {
            float total = scratch.total[i];
            if (stride == 1) {
                for (int d = 0; d < width; d++) {
                    out[outAt + i * width + d] = scratch.sum[i * padded + d] / total;
                }
            } else {
                for (int d = 0; d < width; d++) {
                    out[outAt + (i * width + d) * stride] = scratch.sum[i * padded + d] / total;
                }
            }
        }
    }

    /** Online softmax: head {@code i} of the target over the block from position {@code start} on. */
    private static void attendBlock(Target target, int i, CpuKernels kernels, int start, float[] keys, int keysAt, float[] values,
            int valuesAt, KeyValueCache.Layer shape, Scratch scratch) {
        int padded = shape.paddedWidth();
        int from = Math.max(0, target.from() - start);
        int to = Math.min(CpuKernels.BLOCK, target.to() - start);
        float[] scores = scratch.scores;
        kernels.scores(scratch.query, i * padded, keys, keysAt, shape.headDimension(), from, to, scores);
        if (target.softCap() != 0) {
            int lanes = kernels.lanes();
            kernels.softCap(target.softCap(), scores, scores, from / lanes * lanes, Math.ceilDiv(to, lanes) * lanes);
        }
        if (target.bias() != null) {
            float[] bias = target.bias()[target.head() + i];
            for (int t = from; t < to; t++) {
                scores[t] += bias[target.biasAt() - start - t];
            }
        }
        float largest = scratch.largest[i];
        float now = largest;
        for (int t = from; t < to; t++) {
            now = scores[t] > now ? scores[t] : now; // takes less time than Math.max; NaN comes out of the exponentials
        }
        if (now > largest) {
            float factor = (float) Math.exp(largest - now);
            scratch.total[i] *= factor;
            kernels.scale(factor, scratch.sum, i * padded, scratch.sum, i * padded, padded);
            scratch.largest[i] = now;
        }
        scratch.total[i] += kernels.exponentials(scores, from, to, scratch.largest[i]);
        kernels.weigh(scores, from, to, values, valuesAt, padded, scratch.sum, i * padded);
    }
}
