package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Op.Mask;
import org.waterspout.graph.RelativeBias;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;

/**
 * An encoder-decoder with every operation that those bring: attention in both directions with a window and a bias, token types, memories, a
 * decoder of one layer that attends and one that recurs, and a shortlist. Alone, the encoder gives means.
 */
final class SmallTranslator {

    static final int VOCABULARY = 203;
    static final int WIDTH = 96;
    private static final int HEADS = 4;
    private static final int HEAD_WIDTH = 24;

    private final StoredWeights random;
    private final List<Value> values = new ArrayList<>();

    private SmallTranslator(int seed) {
        random = new StoredWeights(seed, false);
    }

    /** The encoder-decoder. */
    static Graph graph() {
        return new SmallTranslator(29).decoder();
    }

    /** The mean of each sequence behind the encoder's layers. */
    static Graph means() {
        return new SmallTranslator(31).encoder(true);
    }

    private Graph encoder(boolean alone) {
        Value embedded = value(WIDTH);
        Value typed = value(WIDTH);
        List<Op> before = List.of(new Op.Embed(matrix("embedding", WeightType.I8_32, VOCABULARY, WIDTH), 1.5f, embedded),
                new Op.AddType(embedded, matrix("types", WeightType.F32, 3, WIDTH), typed));
        List<List<Op>> layers = new ArrayList<>();
        Value stream = typed;
        for (int layer = 0; layer < 2; layer++) {
            List<Op> ops = new ArrayList<>();
            Value attended = attention(ops, stream, 0, Mask.BIDIRECTIONAL, layer == 0 ? 0 : 9, layer == 0);
            Value normed = sumAndNorm(ops, stream, attended);
            stream = sumAndNorm(ops, normed, feedForward(ops, normed, Activation.GELU_ERF));
            layers.add(ops);
        }
        if (alone) {
            Value mean = value(WIDTH);
            return new Graph("small encoder", before, layers, List.of(new Op.MeanRows(stream, mean)), values, mean, 1);
        }
        List<List<Op>> memory = new ArrayList<>();
        for (int layer = 0; layer < 2; layer++) {
            List<Op> ops = new ArrayList<>();
            ops.add(new Op.StoreCrossCache(layer, product(ops, stream, WIDTH, WeightType.Q8_0),
                    product(ops, stream, WIDTH, WeightType.F16)));
            memory.add(ops);
        }
        return new Graph("small encoder", before, layers, List.of(), memory, values, stream, 1, Optional.empty());
    }

    private Graph decoder() {
        Graph encoder = new SmallTranslator(30).encoder(false);
        Value embedded = value(WIDTH);
        Weight table = matrix("embedding", WeightType.I8_32, VOCABULARY, WIDTH);
        List<Op> before = List.of(new Op.Embed(table, 2, embedded));
        List<List<Op>> layers = new ArrayList<>();
        Value stream = embedded;
        for (int layer = 0; layer < 2; layer++) {
            List<Op> ops = new ArrayList<>();
            Value mixed = layer == 0 ? attention(ops, stream, 0, Mask.CAUSAL, 0, true) : recurrence(ops, stream, layer);
            Value normed = sumAndNorm(ops, stream, mixed);
            Value crossed = value(WIDTH);
            ops.add(new Op.CrossAttention(layer, product(ops, normed, WIDTH, WeightType.I8_32), HEADS, HEAD_WIDTH, 0.2f, crossed));
            normed = sumAndNorm(ops, normed, crossed);
            stream = sumAndNorm(ops, normed, feedForward(ops, normed, Activation.RELU));
            layers.add(ops);
        }
        Value selected = value(WIDTH);
        Value logits = value(VOCABULARY);
        List<Op> after = List.of(new Op.SelectRows(stream, selected),
                new Op.Shortlist(selected, new Weight("output", Weight.NO_LAYER, table.tensor()),
                Optional.of(vector("output bias", VOCABULARY)), logits));
        return new Graph("small translator", before, layers, after, List.of(), values, logits, 1, Optional.of(encoder));
    }

    private Value attention(List<Op> ops, Value stream, int cache, Mask mask, int window, boolean biased) {
        Value q = product(ops, stream, WIDTH, WeightType.F32);
        Value k = product(ops, stream, WIDTH / 2, WeightType.F32);
        Value v = product(ops, stream, WIDTH / 2, WeightType.I8_32);
        Value attended = value(WIDTH);
        Optional<RelativeBias> bias = biased ? Optional.of(new RelativeBias(matrix("distances", WeightType.F32, 8, HEADS), 30, mask))
                : Optional.empty();
        ops.add(new Op.Attention(cache, q, k, v, HEADS, HEADS / 2, HEAD_WIDTH, 0.2f, mask, window, 0, bias, attended));
        return product(ops, attended, WIDTH, WeightType.I8_32);
    }

    private Value recurrence(List<Op> ops, Value stream, int layer) {
        Value state = value(WIDTH);
        ops.add(new Op.Recurrence(layer, product(ops, stream, WIDTH, WeightType.F32), product(ops, stream, WIDTH, WeightType.F32), state));
        return state;
    }

    private Value feedForward(List<Op> ops, Value stream, Activation function) {
        Value inner = product(ops, stream, 160, WeightType.F32);
        Value active = value(160);
        ops.add(new Op.Activate(function, inner, active));
        return product(ops, active, WIDTH, WeightType.F32);
    }

    private Value sumAndNorm(List<Op> ops, Value left, Value right) {
        Value sum = value(WIDTH);
        Value normed = value(WIDTH);
        ops.add(new Op.Add(left, right, sum));
        ops.add(new Op.Norm(NormKind.LAYER, sum, vector("gain", WIDTH), Optional.of(vector("bias", WIDTH)), 1e-5f, normed));
        return normed;
    }

    private Value product(List<Op> ops, Value input, int width, WeightType type) {
        Value output = value(width);
        ops.add(new Op.MatMul(input, matrix("product", type, width, input.width()), Optional.of(vector("bias", width)), output));
        return output;
    }

    private Value value(int width) {
        Value value = new Value(values.size(), "v" + values.size(), width);
        values.add(value);
        return value;
    }

    private Weight matrix(String role, WeightType type, int rows, int columns) {
        return new Weight(role + values.size(), 0, random.tensor(role, type, rows, columns));
    }

    private Weight vector(String role, int width) {
        Tensor row = random.tensor(role, WeightType.F32, 1, width);
        return new Weight(role + values.size(), 0, new Tensor(role, WeightType.F32, List.of(width), row.data()));
    }
}
