package org.waterspout.model.onnx;

import static org.waterspout.model.onnx.OnnxGraph.input;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.waterspout.error.UnsupportedModelException;

/**
 * The parts that a transformer is made of, wherever they stand in a graph. Exporters write each in several ways; what is a sum, a scale or
 * a change of shape may stand in any order.
 */
final class Patterns {

    private static final Set<String> SHAPE_ONLY = Set.of("Reshape", "Transpose", "Cast", "Identity", "Unsqueeze", "Squeeze", "Expand",
            "Flatten", "Dropout");

    /** More than any sum of an encoder has; a graph of doublings would have 2^n. */
    private static final int MAX_TERMS = 64;

    private final OnnxGraph graph;

    Patterns(OnnxGraph graph) {
        this.graph = graph;
    }

    /** (x - mean) / sqrt(variance + epsilon) * gain + bias over the last dimension. */
    record Norm(String input, String gain, String bias, double epsilon, String output) {
    }

    /** x times a weight [in, out], or [out, in] where transposed, and perhaps a bias. */
    record Linear(String input, String matrix, boolean transposed, Optional<String> bias) {
    }

    /** As one node, or taken apart as exporters did before there was one. */
    Optional<Norm> norm(NodeProto last) {
        if (last.getOpType().equals("LayerNormalization") && last.getInputCount() >= 3) {
            double epsilon = OnnxGraph.attribute(last, "epsilon").map(value -> (double) value.getF()).orElse(1e-5);
            return weights(input(last, 1), input(last, 2))
                    ? Optional.of(new Norm(input(last, 0), input(last, 1), input(last, 2), epsilon, last.getOutput(0)))
                    : Optional.empty();
        }
        if (!last.getOpType().equals("Add")) {
            return Optional.empty();
        }
        return withWeight(last).flatMap(sum -> graph.maker(sum.other, "Mul").flatMap(this::withWeight).flatMap(product ->
                graph.maker(product.other, "Div").flatMap(quotient -> standardised(quotient).map(core ->
                        new Norm(core.input, product.weight, sum.weight, core.epsilon, last.getOutput(0))))));
    }

    private boolean weights(String... values) {
        return List.of(values).stream().allMatch(graph::isWeight);
    }

    private record Pair(String weight, String other) {
    }

    /** The inputs of a node of two, of which exactly one is a weight. */
    private Optional<Pair> withWeight(NodeProto node) {
        if (node.getInputCount() != 2 || graph.isWeight(input(node, 0)) == graph.isWeight(input(node, 1))) {
            return Optional.empty();
        }
        int weight = graph.isWeight(input(node, 0)) ? 0 : 1;
        return Optional.of(new Pair(input(node, weight), input(node, 1 - weight)));
    }

    private record Core(String input, double epsilon) {
    }

    /** Div(Sub(x, mean(x)), Sqrt(Add(mean of squares, epsilon))). */
    private Optional<Core> standardised(NodeProto quotient) {
        Optional<NodeProto> centred = graph.maker(input(quotient, 0), "Sub");
        Optional<NodeProto> inner = graph.maker(input(quotient, 1), "Sqrt").flatMap(root -> graph.maker(input(root, 0), "Add"));
        if (centred.isEmpty() || inner.isEmpty()
                || graph.maker(input(centred.get(), 1), "ReduceMean").filter(mean -> input(mean, 0).equals(input(centred.get(), 0)))
                        .isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            OptionalDouble epsilon = graph.scalar(input(inner.get(), i));
            if (epsilon.isPresent() && graph.maker(input(inner.get(), 1 - i), "ReduceMean")
                    .filter(mean -> isSquare(input(mean, 0), centred.get())).isPresent()) {
                return Optional.of(new Core(input(centred.get(), 0), epsilon.getAsDouble()));
            }
        }
        return Optional.empty();
    }

    /** Whether a value is the square of a difference; some exporters compute that a second time. */
    private boolean isSquare(String value, NodeProto difference) {
        Optional<NodeProto> square = graph.maker(value, "Pow", "Mul");
        boolean squared = square.isPresent() && (square.get().getOpType().equals("Pow")
                ? graph.scalar(input(square.get(), 1)).orElse(0) == 2 : input(square.get(), 0).equals(input(square.get(), 1)));
        return squared && graph.maker(input(square.get(), 0), "Sub")
                .filter(other -> other.getInputList().equals(difference.getInputList())).isPresent();
    }

    /** All that is added up to a value; a value among {@code stops} is not taken apart. */
    List<String> terms(String value, Set<String> stops) {
        List<String> terms = new ArrayList<>();
        List<String> open = new ArrayList<>(List.of(value));
        while (!open.isEmpty()) {
            if (terms.size() + open.size() > MAX_TERMS) {
                throw new UnsupportedModelException(graph.path() + " is no encoder that can be read: it has a sum of more than "
                        + MAX_TERMS + " terms");
            }
            String next = open.removeLast();
            Optional<NodeProto> sum = stops.contains(next) ? Optional.empty() : graph.maker(next, "Add");
            Optional<NodeProto> same = stops.contains(next) ? Optional.empty() : graph.maker(next, "Identity", "Dropout", "Cast");
            if (sum.isPresent()) {
                open.addAll(sum.get().getInputList());
            } else if (same.isPresent()) {
                open.add(input(same.get(), 0));
            } else {
                terms.add(next);
            }
        }
        return terms;
    }

    /** Past nodes that only change the shape, and those that replace what is no number after a softmax. */
    String unshaped(String value) {
        String at = value;
        while (true) {
            Optional<NodeProto> node = graph.maker(at);
            if (node.isEmpty()) {
                return at;
            }
            if (SHAPE_ONLY.contains(node.get().getOpType())) {
                at = input(node.get(), 0);
            } else if (node.get().getOpType().equals("Where") && graph.maker(input(node.get(), 0), "IsNaN").isPresent()) {
                at = input(node.get(), 2);
            } else {
                return at;
            }
        }
    }

    /** A product with a weight, without the bias that may be added to it. */
    Optional<Linear> product(String value) {
        Optional<NodeProto> gemm = graph.maker(value, "Gemm");
        if (gemm.isPresent()) {
            boolean transposed = OnnxGraph.attribute(gemm.get(), "transB").map(flag -> flag.getI() != 0).orElse(false);
            boolean plain = OnnxGraph.attribute(gemm.get(), "transA").map(flag -> flag.getI() == 0).orElse(true)
                    && OnnxGraph.attribute(gemm.get(), "alpha").map(factor -> factor.getF() == 1).orElse(true)
                    && OnnxGraph.attribute(gemm.get(), "beta").map(factor -> factor.getF() == 1).orElse(true);
            Optional<String> bias = gemm.get().getInputCount() > 2 ? Optional.of(input(gemm.get(), 2)) : Optional.empty();
            return plain && graph.isWeight(input(gemm.get(), 1))
                    ? Optional.of(new Linear(input(gemm.get(), 0), input(gemm.get(), 1), transposed, bias)) : Optional.empty();
        }
        return graph.maker(value, "MatMul").flatMap(node -> {
            Optional<NodeProto> turned = graph.maker(input(node, 1), "Transpose").filter(turn -> graph.isWeight(input(turn, 0)));
            String matrix = turned.map(turn -> input(turn, 0)).orElse(input(node, 1));
            return graph.isWeight(matrix) ? Optional.of(new Linear(input(node, 0), matrix, turned.isPresent(), Optional.empty()))
                    : Optional.empty();
        });
    }

    /** A product with a weight and what is added to it, nothing else. */
    Optional<Linear> linear(String value) {
        Optional<Linear> alone = product(value);
        if (alone.isPresent()) {
            return alone;
        }
        List<String> terms = terms(value, Set.of());
        List<Linear> products = terms.stream().map(this::product).flatMap(Optional::stream).toList();
        List<String> biases = terms.stream().filter(graph::isWeight).toList();
        boolean both = terms.size() == 2 && products.size() == 1 && biases.size() == 1 && products.getFirst().bias.isEmpty();
        return both ? Optional.of(new Linear(products.getFirst().input, products.getFirst().matrix, products.getFirst().transposed,
                Optional.of(biases.getFirst()))) : Optional.empty();
    }

    /** @param factor what it was multiplied by on the way from {@code value}; NaN where that is computed from shapes */
    record Scaled(String value, double factor) {
    }

    /** Past changes of shape and factors that are constant or come from a shape alone. */
    Scaled unscaled(String value) {
        String at = unshaped(value);
        double factor = 1;
        while (true) {
            Optional<NodeProto> node = graph.maker(at, "Mul", "Div");
            if (node.isEmpty()) {
                return new Scaled(at, factor);
            }
            boolean product = node.get().getOpType().equals("Mul");
            int kept = product && isFactor(input(node.get(), 0)) ? 1 : 0;
            String by = input(node.get(), 1 - kept);
            if (!isFactor(by)) {
                return new Scaled(at, factor);
            }
            double number = graph.scalar(by).orElse(Double.NaN);
            factor = product ? factor * number : factor / number;
            at = unshaped(input(node.get(), kept));
        }
    }

    private boolean isFactor(String value) {
        return graph.scalar(value).isPresent() || !graph.isConstant(value) && isFromShape(value);
    }

    /** Whether only the shapes of other values flow into this one. */
    private boolean isFromShape(String value) {
        Set<String> seen = new HashSet<>();
        List<String> open = new ArrayList<>(List.of(value));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (next.isEmpty() || graph.isConstant(next) || !seen.add(next)) {
                continue;
            }
            Optional<NodeProto> node = graph.maker(next);
            if (node.isEmpty()) {
                return false;
            }
            if (!node.get().getOpType().equals("Shape")) {
                open.addAll(node.get().getInputList());
            }
        }
        return true;
    }
}
