package org.waterspout.tests;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.tests.OpCase.Tolerance;

/** Cases of each kind of {@link Op.Fused}; outputs of several parts are joined by a sum, so that each is seen. */
final class FusedCases {

    private static final List<WeightType> TYPES = List.of(WeightType.F32, WeightType.F16, WeightType.Q8_0, WeightType.Q4_0,
            WeightType.Q4_1, WeightType.Q4_K, WeightType.Q6_K);

    private FusedCases() {
    }

    static List<OpCase> all() {
        List<OpCase> cases = new ArrayList<>();
        for (WeightType type : TYPES) {
            for (boolean norm : new boolean[] {false, true}) {
                for (int products : new int[] {2, 3}) {
                    cases.add(products(type, norm, products, NormKind.RMS, products == 3));
                }
                cases.add(gated(type, norm, Activation.SILU));
            }
            cases.add(add(type, false));
            cases.add(add(type, true));
        }
        cases.add(products(WeightType.F32, true, 1, NormKind.LAYER, true));
        cases.add(products(WeightType.Q8_0, true, 3, NormKind.LAYER, true));
        for (Activation activation : List.of(Activation.GELU_TANH, Activation.GELU_ERF, Activation.RELU)) {
            cases.add(gated(WeightType.F32, true, activation));
            cases.add(gated(WeightType.Q8_0, false, activation));
        }
        return cases;
    }

    private static int columns(WeightType type) {
        return Math.max(96, type.blockLength());
    }

    private static Op norm(OpCaseBuilder b, NormKind kind, int layer, Value input, Value output) {
        return new Op.Norm(kind, input, b.vector("norm.gain", layer, input.width()),
                b.bias(kind == NormKind.LAYER, "norm.bias", layer, input.width()), 1e-5f, output);
    }

    private static OpCase products(WeightType type, boolean norm, int count, NormKind kind, boolean bias) {
        int width = columns(type);
        FusionKind fusion = norm ? FusionKind.NORM_MATMULS : FusionKind.MATMULS;
        OpCaseBuilder b = new OpCaseBuilder("Fused " + fusion + " " + (norm ? kind + " " : "") + type + " " + count + " of "
                + "45x" + width + (bias ? " bias" : ""));
        Value input = b.input(width);
        List<Op> parts = new ArrayList<>();
        Value read = input;
        if (norm) {
            read = b.value(width);
            parts.add(norm(b, kind, 0, input, read));
        }
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Value output = b.value(45);
            parts.add(new Op.MatMul(read, b.matrix("product." + i, 0, type, 45, width), b.bias(bias, "bias." + i, 0, 45), output));
            outputs.add(output);
        }
        List<Op> ops = new ArrayList<>(List.of(new Op.Fused(fusion, parts, List.of(input), outputs)));
        Value result = outputs.getFirst();
        for (int i = 1; i < count; i++) {
            Value weighted = b.value(45);
            Value sum = b.value(45);
            ops.add(new Op.Scale(outputs.get(i), i + 1.5f, weighted)); // exchanged outputs give another sum
            ops.add(new Op.Add(result, weighted, sum));
            result = sum;
        }
        b.layer(ops.toArray(Op[]::new));
        return b.build("Fused " + fusion, result, Tolerance.PRODUCTS);
    }

    private static OpCase gated(WeightType type, boolean norm, Activation activation) {
        int width = columns(type);
        int inner = 77;
        FusionKind fusion = norm ? FusionKind.NORM_GATED : FusionKind.GATED;
        OpCaseBuilder b = new OpCaseBuilder("Fused " + fusion + " " + activation + " " + type + " " + inner + "x" + width);
        Value input = b.input(width);
        List<Op> parts = new ArrayList<>();
        Value read = input;
        if (norm) {
            read = b.value(width);
            parts.add(norm(b, NormKind.RMS, 0, input, read));
        }
        Value gate = b.value(inner);
        Value up = b.value(inner);
        Value activated = b.value(inner);
        Value output = b.value(inner);
        parts.add(new Op.MatMul(read, b.matrix("ffn.gate", 0, type, inner, width), b.bias(false, "", 0, inner), gate));
        parts.add(new Op.MatMul(read, b.matrix("ffn.up", 0, type, inner, width), b.bias(false, "", 0, inner), up));
        parts.add(new Op.Activate(activation, gate, activated));
        parts.add(new Op.Multiply(activated, up, output));
        b.layer(new Op.Fused(fusion, parts, List.of(input), List.of(output)));
        return b.build("Fused " + fusion, output, Tolerance.PRODUCTS);
    }

    private static OpCase add(WeightType type, boolean bias) {
        int width = columns(type);
        OpCaseBuilder b = new OpCaseBuilder("Fused MATMUL_ADD " + type + " 51x" + width + (bias ? " bias" : ""));
        Value input = b.input(width);
        Value residual = b.input(51);
        Value product = b.value(51);
        Value sum = b.value(51);
        b.layer(new Op.Fused(FusionKind.MATMUL_ADD,
                List.of(new Op.MatMul(input, b.matrix("product", 0, type, 51, width), b.bias(bias, "bias", 0, 51), product),
                        new Op.Add(residual, product, sum)),
                List.of(input, residual), List.of(sum)));
        return b.build("Fused MATMUL_ADD", sum, Tolerance.PRODUCTS);
    }
}
