package org.waterspout.tests;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.tests.OpCase.Tolerance;

/** The one list of operation cases: run as tests on every backend, as benchmarks, and as rows of the support table. */
final class OpCases {

    private OpCases() {
    }

    static List<OpCase> all() {
        List<OpCase> cases = new ArrayList<>();
        tables(cases);
        norms(cases);
        products(cases);
        elements(cases);
        choices(cases);
        cases.addAll(PositionCases.all());
        cases.addAll(EncoderCases.all());
        cases.addAll(TranslatorCases.all());
        cases.addAll(FusedCases.all());
        return cases;
    }

    /** A layer that changes nothing, for graphs whose operation stands before or after the layers. */
    static Value unchanged(OpCaseBuilder builder, Value input) {
        Value output = builder.value(input.width());
        builder.layer(new Op.Scale(input, 1, output));
        return output;
    }

    private static void tables(List<OpCase> cases) {
        for (WeightType type : WeightType.values()) {
            for (int blocks : type.blockLength() == 1 ? new int[] {13, 64} : new int[] {1, 3}) {
                int width = blocks * type.blockLength();
                OpCaseBuilder b = new OpCaseBuilder("Embed " + type + " 23x" + width);
                Value embedded = b.value(width);
                b.before(new Op.Embed(b.table("embedding", type, OpCaseBuilder.TOKENS, width), 1.75f, embedded));
                cases.add(b.build("Embed", unchanged(b, embedded), Tolerance.ROUNDING));
            }
        }
        for (WeightType type : List.of(WeightType.F32, WeightType.F16)) {
            OpCaseBuilder b = new OpCaseBuilder("AddPosition " + type + " 16x37");
            Value input = b.input(37);
            Value placed = b.value(37);
            b.before(new Op.AddPosition(input, b.table("position", type, 16, 37), placed));
            cases.add(b.build("AddPosition", unchanged(b, placed), Tolerance.ROUNDING));
        }
    }

    private static void norms(List<OpCase> cases) {
        for (NormKind kind : NormKind.values()) {
            int[][] shapes = {{1, 1}, {13, 13}, {64, 64}, {577, 577}, {4 * 16, 16}, {3 * 40, 40}, {5 * 128, 128}};
            for (int[] shape : shapes) {
                for (boolean bias : kind == NormKind.LAYER ? new boolean[] {false, true} : new boolean[] {false}) {
                    cases.add(norm(kind, shape[0], shape[1], bias, 1, 1e-5f));
                }
            }
            cases.add(norm(kind, 65, 65, false, 1e-4, 1e-5f)); // epsilon decides
            cases.add(norm(kind, 65, 65, false, 1e4, 1e-6f));
        }
    }

    private static OpCase norm(NormKind kind, int width, int group, boolean bias, double size, float epsilon) {
        OpCaseBuilder b = new OpCaseBuilder("Norm " + kind + " " + width + " by " + group + (bias ? " bias" : "") + " size " + size);
        Value input = b.input(width, size);
        Value output = b.value(width);
        b.layer(new Op.Norm(kind, input, b.vector("norm.gain", 0, group), b.bias(bias, "norm.bias", 0, group), epsilon, output));
        return b.build("Norm", output, Tolerance.SUMS);
    }

    private static void products(List<OpCase> cases) {
        for (WeightType type : WeightType.values()) {
            int[][] shapes = switch (type.blockLength()) {
                case 1 -> new int[][] {{1, 1}, {7, 13}, {48, 64}, {33, 100}, {130, 96}};
                case 32 -> new int[][] {{1, 32}, {7, 96}, {48, 64}, {33, 160}, {130, 288}, {64, 576}};
                default -> new int[][] {{1, 256}, {7, 256}, {48, 512}, {33, 768}};
            };
            for (int[] shape : shapes) {
                cases.add(product(type, shape[0], shape[1], false));
            }
            cases.add(product(type, 19, Math.max(64, type.blockLength()), true));
            cases.add(chain(type));
            cases.add(logits(type));
        }
        OpCaseBuilder b = new OpCaseBuilder("MatMul Q8_0 9x64 least quants");
        Value input = b.input(64);
        Value output = b.value(9);
        b.layer(new Op.MatMul(input, new Weight("product", 0, RandomTensors.minQuants("product", 9, 64, 0.001f)),
                b.bias(false, "", 0, 9), output));
        cases.add(b.build("MatMul", output, Tolerance.PRODUCTS));
    }

    private static OpCase product(WeightType type, int rows, int columns, boolean bias) {
        OpCaseBuilder b = new OpCaseBuilder("MatMul " + type + " " + rows + "x" + columns + (bias ? " bias" : ""));
        Value input = b.input(columns);
        Value output = b.value(rows);
        b.layer(new Op.MatMul(input, b.matrix("product", 0, type, rows, columns), b.bias(bias, "product.bias", 0, rows), output));
        // one weight: its rounded sum may come out near 0, so it is held to the sum's rounding and not to its size: 2.8e-5 was seen
        return b.build("MatMul", output, rows == 1 ? 8.5e-5 : Tolerance.PRODUCTS);
    }

    /** Three layers of one form that differ in their weights, each adding to what the one in front wrote. */
    private static OpCase chain(WeightType type) {
        int width = Math.max(64, type.blockLength());
        OpCaseBuilder b = new OpCaseBuilder("MatMul " + type + " " + width + "x" + width + " three layers");
        Value value = b.input(width);
        for (int layer = 0; layer < 3; layer++) {
            Value product = b.value(width);
            Value sum = b.value(width);
            b.layer(new Op.MatMul(value, b.matrix("product", layer, type, width, width), b.bias(true, "product.bias", layer, width),
                    product), new Op.Add(value, product, sum));
            value = sum;
        }
        return b.build("MatMul", value, Tolerance.PRODUCTS);
    }

    /** A product after the layers, of the rows whose output is asked for. */
    private static OpCase logits(WeightType type) {
        int width = Math.max(64, type.blockLength());
        OpCaseBuilder b = new OpCaseBuilder("MatMul " + type + " 300x" + width + " of selected rows");
        Value last = unchanged(b, b.input(width));
        Value selected = b.value(width);
        Value logits = b.value(300);
        b.after(new Op.SelectRows(last, selected));
        b.after(new Op.MatMul(selected, new Weight("output", Weight.NO_LAYER, b.matrix("output", 0, type, 300, width).tensor()),
                b.bias(false, "", 0, 300), logits));
        return b.build("MatMul", logits, Tolerance.PRODUCTS);
    }

    private static void elements(List<OpCase> cases) {
        for (int width : new int[] {1, 13, 64, 577}) {
            OpCaseBuilder add = new OpCaseBuilder("Add " + width);
            Value sum = add.value(width);
            add.layer(new Op.Add(add.input(width), add.input(width), sum));
            cases.add(add.build("Add", sum, Tolerance.ROUNDING));
            OpCaseBuilder multiply = new OpCaseBuilder("Multiply " + width);
            Value product = multiply.value(width);
            multiply.layer(new Op.Multiply(multiply.input(width), multiply.input(width), product));
            cases.add(multiply.build("Multiply", product, Tolerance.ROUNDING));
            OpCaseBuilder scale = new OpCaseBuilder("Scale " + width);
            Value scaled = scale.value(width);
            scale.layer(new Op.Scale(scale.input(width), -0.37f, scaled));
            cases.add(scale.build("Scale", scaled, Tolerance.ROUNDING));
            for (Activation function : Activation.values()) {
                for (double size : new double[] {1, 40}) {
                    OpCaseBuilder activate = new OpCaseBuilder("Activate " + function + " " + width + " size " + size);
                    Value activated = activate.value(width);
                    activate.layer(new Op.Activate(function, activate.input(width, size), activated));
                    // a width of 1 measures a value by itself, however near 0 it is: 1.6e-3 was seen
                    cases.add(activate.build("Activate", activated, width == 1 ? 4.6e-3 : Tolerance.SUMS));
                }
            }
        }
        for (double size : new double[] {1, 300}) {
            OpCaseBuilder b = new OpCaseBuilder("SoftCap 30 of 77 size " + size);
            Value last = unchanged(b, b.input(77, size));
            Value capped = b.value(77);
            b.after(new Op.SoftCap(last, 30, capped));
            cases.add(b.build("SoftCap", capped, Tolerance.SUMS));
        }
    }

    private static void choices(List<OpCase> cases) {
        for (int width : new int[] {1, 37, 64}) {
            OpCaseBuilder b = new OpCaseBuilder("SelectRows " + width);
            Value last = unchanged(b, b.input(width));
            Value selected = b.value(width);
            b.after(new Op.SelectRows(last, selected));
            cases.add(b.build("SelectRows", selected, Tolerance.EXACT));
        }
        for (int width : new int[] {1, 5, 300, 4099}) {
            OpCaseBuilder b = new OpCaseBuilder("ArgMax " + width);
            Value last = unchanged(b, b.input(width));
            Value best = b.value(1);
            b.after(new Op.ArgMax(last, best));
            cases.add(b.build("ArgMax", best, Tolerance.EXACT));
        }
        OpCaseBuilder ties = new OpCaseBuilder("ArgMax 97 with ties");
        float[] numbers = new float[OpCaseBuilder.TOKENS * 97];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = -1 - i * 37 % 3; // every third number is the largest; row by row another one is the first
        }
        Value last = unchanged(ties, ties.input(RandomTensors.of("ties", List.of(OpCaseBuilder.TOKENS, 97), numbers)));
        Value best = ties.value(1);
        ties.after(new Op.ArgMax(last, best));
        cases.add(ties.build("ArgMax", best, Tolerance.EXACT));
    }
}
