package org.waterspout.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/** A model with every operation in it and sizes that are no multiples of anything: 6 heads of 20 over 2 of keys and values. */
final class SmallModel {

    static final int VOCABULARY = 203;
    private static final int WIDTH = 96;
    private static final int HEADS = 6;
    private static final int KV_HEADS = 2;
    private static final int HEAD_WIDTH = 20;
    private static final int INNER = 160;

    private final StoredWeights random = new StoredWeights(17, false);
    private final List<Value> values = new ArrayList<>();
    private final int positions;
    private final boolean select;

    private SmallModel(int positions, boolean select) {
        this.positions = positions;
        this.select = select;
    }

    /** @param select whether only output rows reach the logits */
    static Graph graph(int positions, boolean select) {
        return new SmallModel(positions, select).build();
    }

    private Graph build() {
        Value embedded = value(WIDTH);
        Value placed = value(WIDTH);
        Weight table = matrix("embedding", WeightType.Q8_0, VOCABULARY, WIDTH);
        List<Op> before = List.of(new Op.Embed(table, 1.5f, embedded),
                new Op.AddPosition(embedded, matrix("positions", WeightType.F32, positions, WIDTH), placed));
        List<List<Op>> layers = new ArrayList<>();
        Value stream = placed;
        for (int layer = 0; layer < 3; layer++) {
            List<Op> ops = new ArrayList<>();
            stream = layer(ops, layer, stream);
            layers.add(ops);
        }
        List<Op> after = new ArrayList<>();
        Value last = norm(after, NormKind.LAYER, stream, WIDTH);
        if (select) {
            Value selected = value(WIDTH);
            after.add(new Op.SelectRows(last, selected));
            last = selected;
        }
        Value logits = value(VOCABULARY);
        Value capped = value(VOCABULARY);
        after.add(new Op.MatMul(last, new Weight("output", Weight.NO_LAYER, table.tensor()), Optional.empty(), logits));
        after.add(new Op.SoftCap(logits, 20, capped));
        return new Graph("small", before, layers, after, values, capped, 3);
    }

    private Value layer(List<Op> ops, int layer, Value stream) {
        Value normed = value(WIDTH);
        Value q = value(HEADS * HEAD_WIDTH);
        Value k = value(KV_HEADS * HEAD_WIDTH);
        Value v = value(KV_HEADS * HEAD_WIDTH);
        ops.add(new Op.Fused(FusionKind.NORM_MATMULS, List.of(
                new Op.Norm(NormKind.RMS, stream, vector("gain", WIDTH), Optional.empty(), 1e-5f, normed),
                product(normed, WeightType.Q4_0, true, q), product(normed, WeightType.Q8_0, false, k),
                product(normed, WeightType.F16, false, v)), List.of(stream), List.of(q, k, v)));
        Value qNormed = norm(ops, NormKind.RMS, q, HEAD_WIDTH);
        RopeTable rope = new RopeTable(new double[] {1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003}, layer == 1 ? 1.2 : 1);
        RopeLayout layout = layer == 0 ? RopeLayout.INTERLEAVED : RopeLayout.HALVES;
        Value qTurned = value(q.width());
        Value kTurned = value(k.width());
        ops.add(new Op.Rope(qNormed, rope, layout, HEAD_WIDTH, qTurned));
        ops.add(new Op.Rope(k, rope, layout, HEAD_WIDTH, kTurned));
        Value attended = value(q.width());
        ops.add(new Op.Attention(layer, qTurned, kTurned, v, HEADS, KV_HEADS, HEAD_WIDTH, 0.2f, layer == 1 ? 70 : 0, layer == 2 ? 5 : 0,
                attended));
        Value scaled = value(q.width());
        ops.add(new Op.Scale(attended, 0.5f, scaled));
        Value projected = value(WIDTH);
        ops.add(product(scaled, WeightType.F32, false, projected));
        Value middle = value(WIDTH);
        ops.add(new Op.Add(stream, projected, middle));
        Value inner = norm(ops, NormKind.RMS, middle, WIDTH);
        Value gate = value(INNER);
        Value up = value(INNER);
        Value active = value(INNER);
        Value gated = value(INNER);
        Value down = value(WIDTH);
        Value sum = value(WIDTH);
        ops.add(product(inner, WeightType.Q4_1, false, gate));
        ops.add(product(inner, WeightType.BF16, false, up));
        ops.add(new Op.Activate(Activation.values()[layer], gate, active));
        ops.add(new Op.Multiply(active, up, gated));
        ops.add(product(gated, WeightType.Q5_0, true, down));
        ops.add(new Op.Add(middle, down, sum));
        return sum;
    }

    private Value norm(List<Op> ops, NormKind kind, Value input, int group) {
        Value output = value(input.width());
        Optional<Weight> bias = kind == NormKind.LAYER ? Optional.of(vector("bias", group)) : Optional.empty();
        ops.add(new Op.Norm(kind, input, vector("gain", group), bias, 1e-5f, output));
        return output;
    }

    private Op.MatMul product(Value input, WeightType type, boolean bias, Value output) {
        return new Op.MatMul(input, matrix("product", type, output.width(), input.width()),
                bias ? Optional.of(vector("bias", output.width())) : Optional.empty(), output);
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
