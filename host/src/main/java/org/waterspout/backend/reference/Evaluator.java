package org.waterspout.backend.reference;

import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.waterspout.backend.Batch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/**
 * Each operation of {@link Op} by its formula. Inputs and outputs are floats, everything between them is double. A value's number
 * of rows is its array's length over its width.
 */
final class Evaluator {

    private final KeyValueCache[] caches;

    Evaluator(int cacheLayers, int sequences, int positions) {
        caches = new KeyValueCache[cacheLayers];
        for (int layer = 0; layer < cacheLayers; layer++) {
            caches[layer] = new KeyValueCache(sequences, positions);
        }
    }

    Map<Value, float[]> evaluate(Op op, Batch batch, Map<Value, float[]> inputs) {
        return switch (op) {
            case Op.Embed embed -> Map.of(embed.output(), embed(embed, batch));
            case Op.AddPosition add -> Map.of(add.output(), addPosition(add, batch, inputs.get(add.input())));
            case Op.Norm norm -> Map.of(norm.output(), norm(norm, inputs.get(norm.input())));
            case Op.MatMul matMul -> Map.of(matMul.output(), matMul(matMul, inputs.get(matMul.input())));
            case Op.Rope rope -> Map.of(rope.output(), rope(rope, batch, inputs.get(rope.input())));
            case Op.Attention attention -> Map.of(attention.output(), attention(attention, batch, inputs));
            case Op.Add add -> Map.of(add.output(), add(inputs.get(add.left()), inputs.get(add.right())));
            case Op.Multiply multiply ->
                Map.of(multiply.output(), multiply(inputs.get(multiply.left()), inputs.get(multiply.right())));
            case Op.Activate activate ->
                Map.of(activate.output(), each(inputs.get(activate.input()), Activations.of(activate.function())));
            case Op.Scale scale -> Map.of(scale.output(), each(inputs.get(scale.input()), x -> x * scale.factor()));
            case Op.SoftCap softCap ->
                Map.of(softCap.output(), each(inputs.get(softCap.input()), x -> softCap.cap() * Math.tanh(x / softCap.cap())));
            case Op.SelectRows select -> Map.of(select.output(), selectRows(select, batch, inputs.get(select.input())));
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

    private static double dot(float[] a, int startOfA, float[] b, int startOfB, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (double) a[startOfA + i] * b[startOfB + i];
        }
        return sum;
    }

    private static float[] rope(Op.Rope op, Batch batch, float[] input) {
        int width = op.output().width();
        double[] frequencies = op.table().frequencies();
        int pairs = frequencies.length;
        float[] output = input.clone();
        for (int row = 0; row < batch.rows(); row++) {
            for (int pair = 0; pair < pairs; pair++) {
                double angle = batch.positions()[row] * frequencies[pair];
                double cosine = Math.cos(angle) * op.table().magnitude();
                double sine = Math.sin(angle) * op.table().magnitude();
                for (int head = 0; head < width; head += op.headWidth()) {
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
        KeyValueCache cache = caches[op.layer()];
        float[] query = inputs.get(op.query());
        for (int row = 0; row < batch.rows(); row++) {
            cache.append(batch.sequences()[row], batch.positions()[row], inputs.get(op.key()), inputs.get(op.value()), row,
                    op.key().width());
        }
        float[] output = new float[query.length];
        for (int row = 0; row < batch.rows(); row++) {
            for (int head = 0; head < op.heads(); head++) {
                attend(op, cache, batch.sequences()[row], batch.positions()[row], query, row, head, output);
            }
        }
        return output;
    }

    /** One head of one row; query and output are [rows, heads, headWidth]. */
    private static void attend(Op.Attention op, KeyValueCache cache, int sequence, int position, float[] query, int row, int head,
            float[] output) {
        int width = op.headWidth();
        int start = (row * op.heads() + head) * width;
        int kvStart = head / (op.heads() / op.kvHeads()) * width;
        int from = op.window() == 0 ? 0 : Math.max(0, position - op.window() + 1);
        double[] scores = new double[position - from + 1];
        double largest = Double.NEGATIVE_INFINITY;
        for (int t = from; t <= position; t++) {
            double score = op.scale() * dot(query, start, cache.key(sequence, t), kvStart, width);
            scores[t - from] = op.softCap() == 0 ? score : op.softCap() * Math.tanh(score / op.softCap());
            largest = Math.max(largest, scores[t - from]);
        }
        double total = 0;
        double[] sums = new double[width];
        for (int t = from; t <= position; t++) {
            double weight = Math.exp(scores[t - from] - largest);
            float[] value = cache.value(sequence, t);
            total += weight;
            for (int i = 0; i < width; i++) {
                sums[i] += weight * value[kvStart + i];
            }
        }
        for (int i = 0; i < width; i++) {
            output[start + i] = (float) (sums[i] / total);
        }
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
