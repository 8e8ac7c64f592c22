package org.waterspout.backend.reference;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Op;
import org.waterspout.graph.RelativeBias;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.architecture.NormKind;

/**
 * Each operation of {@link Op} by its formula. Inputs and outputs are floats, everything between them is double. A value's number
 * of rows is its array's length over its width.
 */
final class Evaluator {

    private final CacheType cacheType;
    private final ReferenceCache[] caches;
    private final ReferenceCache[] crossCaches;
    /** [layer][sequence], each [width]. */
    private final float[][][] states;

    /**
     * @param cacheType   how keys and values of causal attention are kept; attention in both directions keeps none, and those of sources
     *                    are 32-bit floats
     * @param cacheLayers caches of keys and values
     * @param layers      recurrent states
     * @param crossCaches    what {@link Op.StoreCrossCache} writes and {@link Op.CrossAttention} reads, one a decoder layer
     */
    Evaluator(CacheType cacheType, int cacheLayers, int layers, int sequences, int positions, ReferenceCache[] crossCaches) {
        this.cacheType = cacheType;
        caches = caches(cacheLayers, sequences, positions);
        this.crossCaches = crossCaches;
        states = new float[layers][sequences][];
    }

    static ReferenceCache[] caches(int count, int sequences, int positions) {
        ReferenceCache[] caches = new ReferenceCache[count];
        Arrays.setAll(caches, any -> new ReferenceCache(sequences, positions));
        return caches;
    }

    /** Sequence i goes on where {@code parents[i]} stood. */
    void reorder(int[] parents) {
        for (ReferenceCache cache : caches) {
            cache.reorder(parents);
        }
        for (float[][] state : states) {
            float[][] old = state.clone();
            for (int i = 0; i < parents.length; i++) {
                state[i] = old[parents[i]];
            }
        }
    }

    Map<Value, float[]> evaluate(Op op, Batch batch, Map<Value, float[]> inputs) {
        return switch (op) {
            case Op.Embed embed -> Map.of(embed.output(), embed(embed, batch));
            case Op.AddPosition add -> Map.of(add.output(), addPosition(add, batch, inputs.get(add.input())));
            case Op.AddType add -> Map.of(add.output(), addType(add, batch, inputs.get(add.input())));
            case Op.InputEmbeddings given -> Map.of(given.output(), batch.inputEmbeddings().clone());
            case Op.Norm norm -> Map.of(norm.output(), norm(norm, inputs.get(norm.input())));
            case Op.MatMul matMul -> Map.of(matMul.output(), matMul(matMul, inputs.get(matMul.input())));
            case Op.Rope rope -> Map.of(rope.output(), rope(rope, batch, inputs.get(rope.input())));
            case Op.Attention attention -> Map.of(attention.output(), attention(attention, batch, inputs));
            case Op.StoreCrossCache store -> storeCrossCache(store, batch, inputs);
            case Op.CrossAttention cross -> Map.of(cross.output(), crossAttention(cross, batch, inputs.get(cross.query())));
            case Op.Recurrence recurrence -> Map.of(recurrence.output(), recurrence(recurrence, batch, inputs));
            case Op.Add add -> Map.of(add.output(), add(inputs.get(add.left()), inputs.get(add.right())));
            case Op.Multiply multiply ->
                Map.of(multiply.output(), multiply(inputs.get(multiply.left()), inputs.get(multiply.right())));
            case Op.Activate activate ->
                Map.of(activate.output(), each(inputs.get(activate.input()), ExactActivations.of(activate.function())));
            case Op.Scale scale -> Map.of(scale.output(), each(inputs.get(scale.input()), x -> x * scale.factor()));
            case Op.SoftCap softCap ->
                Map.of(softCap.output(), each(inputs.get(softCap.input()), x -> softCap.cap() * Math.tanh(x / softCap.cap())));
            case Op.SelectRows select -> Map.of(select.output(), selectRows(select, batch, inputs.get(select.input())));
            case Op.MeanRows mean -> Map.of(mean.output(), meanRows(mean, batch, inputs.get(mean.input())));
            case Op.Shortlist shortlist -> Map.of(shortlist.output(), shortlist(shortlist, batch, inputs.get(shortlist.input())));
            case Op.ArgMax argMax -> Map.of(argMax.output(), argMax(argMax, inputs.get(argMax.input())));
            case Op.Fused fused -> fused(fused, batch, inputs);
        };
    }

    private static float[] embed(Op.Embed op, Batch batch) {
        int width = op.output().width();
        float[] output = new float[batch.rows() * width];
        float[] entry = new float[width];
        for (int row = 0; row < batch.rows(); row++) {
            int token = batch.tokens()[row];
            if (token == Batch.NO_TOKEN) {
                continue;
            }
            if (token < 0 || token >= op.table().rows()) {
                throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + op.table().rows()
                        + ": use the tokenizer of this model");
            }
            op.table().tensor().decodeRow(token, entry);
            for (int i = 0; i < width; i++) {
                output[row * width + i] = (float) ((double) entry[i] * op.scale());
            }
        }
        return output;
    }

    private static float[] addPosition(Op.AddPosition op, Batch batch, float[] input) {
        int width = op.output().width();
        float[] output = new float[input.length];
        float[] entry = new float[width];
        for (int row = 0; row < batch.rows(); row++) {
            op.table().tensor().decodeRow(batch.positions()[row], entry);
            for (int i = 0; i < width; i++) {
                output[row * width + i] = input[row * width + i] + entry[i];
            }
        }
        return output;
    }

    private static float[] addType(Op.AddType op, Batch batch, float[] input) {
        int width = op.output().width();
        float[] output = new float[input.length];
        float[] entry = new float[width];
        for (int row = 0; row < batch.rows(); row++) {
            int type = batch.type(row);
            if (type < 0 || type >= op.table().rows()) {
                throw new InvalidRequestException("token type " + type + " is outside the model's " + op.table().rows());
            }
            op.table().tensor().decodeRow(type, entry);
            for (int i = 0; i < width; i++) {
                output[row * width + i] = input[row * width + i] + entry[i];
            }
        }
        return output;
    }

    private static float[] norm(Op.Norm op, float[] input) {
        int group = op.gain().columns();
        float[] gain = vector(op.gain());
        float[] bias = op.bias().map(Evaluator::vector).orElseGet(() -> new float[group]);
        float[] output = new float[input.length];
        for (int start = 0; start < input.length; start += group) {
            double mean = op.kind() == NormKind.LAYER ? mean(input, start, group) : 0;
            double squares = 0;
            for (int i = 0; i < group; i++) {
                double centred = input[start + i] - mean;
                squares += centred * centred;
            }
            double inverse = 1 / Math.sqrt(squares / group + op.epsilon());
            for (int i = 0; i < group; i++) {
                output[start + i] = (float) ((input[start + i] - mean) * inverse * gain[i] + bias[i]);
            }
        }
        return output;
    }

    private static float[] vector(Weight weight) {
        return weight.tensor().decode();
    }

    private static double mean(float[] input, int start, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += input[start + i];
        }
        return sum / count;
    }

    private static float[] matMul(Op.MatMul op, float[] input) {
        int columns = op.weight().columns();
        int width = op.output().width();
        int rows = input.length / columns;
        float[] output = new float[rows * width];
        float[] weight = new float[columns];
        float[] bias = op.bias().map(Evaluator::vector).orElseGet(() -> new float[width]);
        for (int i = 0; i < width; i++) {
            op.weight().tensor().decodeRow(i, weight);
            for (int row = 0; row < rows; row++) {
                output[row * width + i] = (float) (dot(input, row * columns, weight, 0, columns) + bias[i]);
            }
        }
        return output;
    }

    private static float[] shortlist(Op.Shortlist op, Batch batch, float[] input) {
        float[] all = matMul(new Op.MatMul(op.input(), op.weight(), op.bias(), op.output()), input);
        int width = op.output().width();
        float[] output = all.clone();
        for (int row = 0; row < all.length / width; row++) {
            for (int i = 0; i < batch.candidates().length; i++) {
                output[row * width + i] = all[row * width + batch.candidates()[i]];
            }
        }
        return output;
    }

    private static double dot(float[] a, int startOfA, float[] b, int startOfB, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (double) a[startOfA + i] * b[startOfB + i];
        }
        return sum;
    }

    private static float[] rope(Op.Rope op, Batch batch, float[] input) {
        int width = op.output().width();
        int[] lengths = batch.turnedLengths();
        int pairs = op.table().rotatedWidth() / 2;
        float[] output = input.clone();
        for (int row = 0; row < batch.rows(); row++) {
            double[] frequencies = op.table().frequencies(lengths[row]);
            for (int pair = 0; pair < pairs; pair++) {
                double angle = batch.positions()[row] * frequencies[pair];
                double cosine = Math.cos(angle) * op.table().magnitude();
                double sine = Math.sin(angle) * op.table().magnitude();
                for (int head = 0; head < width; head += op.headDimension()) {
                    int first = row * width + head + switch (op.layout()) {
                        case INTERLEAVED -> 2 * pair;
                        case HALVES -> pair;
                    };
                    int second = first + switch (op.layout()) {
                        case INTERLEAVED -> 1;
                        case HALVES -> pairs;
                    };
                    output[first] = (float) (input[first] * cosine - input[second] * sine);
                    output[second] = (float) (input[first] * sine + input[second] * cosine);
                }
            }
        }
        return output;
    }

    private float[] attention(Op.Attention op, Batch batch, Map<Value, float[]> inputs) {
        ReferenceCache cache = caches[op.layer()];
        float[] query = inputs.get(op.query());
        if (op.mask() == Op.Mask.BIDIRECTIONAL) {
            batch.requireWhole();
        }
        for (int row = 0; row < batch.rows(); row++) {
            cache.append(op.mask() == Op.Mask.CAUSAL ? cacheType : CacheType.F32, batch.sequences()[row], batch.positions()[row],
                    inputs.get(op.key()), inputs.get(op.value()), row, op.kvHeads(), op.headDimension());
        }
        float[] output = new float[query.length];
        for (int row = 0; row < batch.rows(); row++) {
            int sequence = batch.sequences()[row];
            int position = batch.positions()[row];
            int from = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
            int to = switch (op.mask()) {
                case CAUSAL -> position + 1;
                case BIDIRECTIONAL -> op.window() == 0 ? cache.length(sequence) : Math.min(cache.length(sequence), position + op.window());
            };
            for (int head = 0; head < op.heads(); head++) {
                int bias = head;
                Scores scores = (score, t) -> {
                    double capped = op.softCap() == 0 ? score : op.softCap() * Math.tanh(score / op.softCap());
                    return capped + (op.bias().isEmpty() ? 0 : bias(op.bias().get(), bias, t - position));
                };
                attend(new Head(query, (row * op.heads() + head) * op.headDimension(), op.headDimension(), op.scale(), cache, sequence,
                        head / (op.heads() / op.kvHeads()) * op.headDimension(), from, to), scores, output);
            }
        }
        return output;
    }

    private static float bias(RelativeBias bias, int head, int distance) {
        float[] entry = new float[bias.table().columns()];
        bias.table().tensor().decodeRow(bias.bucket(distance), entry);
        return entry[head];
    }

    private Map<Value, float[]> storeCrossCache(Op.StoreCrossCache op, Batch batch, Map<Value, float[]> inputs) {
        for (int row = 0; row < batch.rows(); row++) {
            crossCaches[op.cache()].append(CacheType.F32, batch.sequences()[row], batch.positions()[row], inputs.get(op.key()),
                    inputs.get(op.value()), row, 1, op.key().width());
        }
        return Map.of();
    }

    private float[] crossAttention(Op.CrossAttention op, Batch batch, float[] query) {
        ReferenceCache cache = crossCaches[op.cache()];
        float[] output = new float[query.length];
        for (int row = 0; row < batch.rows(); row++) {
            int source = batch.source(row);
            if (cache.length(source) == 0) {
                throw new InvalidRequestException("source " + source + " was never encoded: encode it before the first step");
            }
            for (int head = 0; head < op.heads(); head++) {
                attend(new Head(query, (row * op.heads() + head) * op.headDimension(), op.headDimension(), op.scale(), cache, source,
                        head * op.headDimension(), 0, cache.length(source)), (score, _) -> score, output);
            }
        }
        return output;
    }

    /** What becomes of scale * q . k[t]. */
    private interface Scores {
        double of(double score, int t);
    }

    /**
     * One head of one row.
     *
     * @param query [.., heads, width], this head's from {@code at} on; the output likewise
     * @param kvAt  where its key-value head begins in a row of the cache
     * @param from  first position it attends to; {@code to} is behind the last
     */
    private record Head(float[] query, int at, int width, float scale, ReferenceCache cache, int sequence, int kvAt, int from, int to) {
    }

    private static void attend(Head head, Scores change, float[] output) {
        double[] scores = new double[head.to() - head.from()];
        double largest = Double.NEGATIVE_INFINITY;
        for (int t = head.from(); t < head.to(); t++) {
            double product = dot(head.query(), head.at(), head.cache().key(head.sequence(), t), head.kvAt(), head.width());
            scores[t - head.from()] = change.of(head.scale() * product, t);
            largest = Math.max(largest, scores[t - head.from()]);
        }
        double total = 0;
        double[] sums = new double[head.width()];
        for (int t = head.from(); t < head.to(); t++) {
            double weight = Math.exp(scores[t - head.from()] - largest);
            float[] value = head.cache().value(head.sequence(), t);
            total += weight;
            for (int i = 0; i < head.width(); i++) {
                sums[i] += weight * value[head.kvAt() + i];
            }
        }
        for (int i = 0; i < head.width(); i++) {
            output[head.at() + i] = (float) (sums[i] / total);
        }
    }

    private float[] recurrence(Op.Recurrence op, Batch batch, Map<Value, float[]> inputs) {
        int width = op.output().width();
        float[] candidate = inputs.get(op.candidate());
        float[] forget = inputs.get(op.forget());
        float[] output = new float[candidate.length];
        for (int row = 0; row < batch.rows(); row++) {
            int sequence = batch.sequences()[row];
            float[] old = batch.positions()[row] == 0 ? new float[width] : states[op.layer()][sequence];
            float[] state = new float[width];
            for (int i = 0; i < width; i++) {
                double keep = 1 / (1 + Math.exp(-forget[row * width + i]));
                state[i] = (float) (keep * old[i] + (1 - keep) * candidate[row * width + i]);
            }
            states[op.layer()][sequence] = state;
            System.arraycopy(state, 0, output, row * width, width);
        }
        return output;
    }

    private static float[] add(float[] left, float[] right) {
        float[] output = new float[left.length];
        for (int i = 0; i < output.length; i++) {
            output[i] = left[i] + right[i];
        }
        return output;
    }

    private static float[] multiply(float[] left, float[] right) {
        float[] output = new float[left.length];
        for (int i = 0; i < output.length; i++) {
            output[i] = left[i] * right[i];
        }
        return output;
    }

    private static float[] each(float[] input, DoubleUnaryOperator function) {
        float[] output = new float[input.length];
        for (int i = 0; i < output.length; i++) {
            output[i] = (float) function.applyAsDouble(input[i]);
        }
        return output;
    }

    private static float[] selectRows(Op.SelectRows op, Batch batch, float[] input) {
        int width = op.output().width();
        int[] rows = batch.outputRows();
        float[] output = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(input, rows[i] * width, output, i * width, width);
        }
        return output;
    }

    private static float[] meanRows(Op.MeanRows op, Batch batch, float[] input) {
        int width = op.output().width();
        int[] ends = batch.outputRows();
        float[] output = new float[ends.length * width];
        for (int i = 0; i < ends.length; i++) {
            int from = i == 0 ? 0 : ends[i - 1] + 1;
            for (int column = 0; column < width; column++) {
                double sum = 0;
                for (int row = from; row <= ends[i]; row++) {
                    sum += input[row * width + column];
                }
                output[i * width + column] = (float) (sum / (ends[i] + 1 - from));
            }
        }
        return output;
    }

    private static float[] argMax(Op.ArgMax op, float[] input) {
        int width = op.input().width();
        float[] output = new float[input.length / width];
        for (int row = 0; row < output.length; row++) {
            int best = 0;
            for (int i = 1; i < width; i++) {
                if (input[row * width + i] > input[row * width + best]) {
                    best = i;
                }
            }
            output[row] = best;
        }
        return output;
    }

    private Map<Value, float[]> fused(Op.Fused op, Batch batch, Map<Value, float[]> inputs) {
        Map<Value, float[]> known = new HashMap<>(inputs);
        op.parts().forEach(part -> known.putAll(evaluate(part, batch, known)));
        known.keySet().retainAll(op.outputs());
        return known;
    }
}
