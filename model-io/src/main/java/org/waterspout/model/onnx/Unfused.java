package org.waterspout.model.onnx;

import static org.waterspout.model.onnx.OnnxGraph.input;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Takes apart what onnxruntime's optimizer put together, so that an optimized graph looks like the export it was made from. Meaning of the
 * operations: onnxruntime's ContribOperators.md. Attention, whose weights are joined, stays; every operation that is not ONNX's own gets
 * its domain before its name.
 */
final class Unfused {

    static final String ATTENTION = "com.microsoft.Attention";
    static final String SPLIT_ATTENTION = "com.microsoft.MultiHeadAttention";

    private static final String DOMAIN = "com.microsoft";

    /** Of the operations that hold a norm, where the node does not say. */
    private static final float EPSILON = 1e-12f;

    private final List<NodeProto> nodes = new ArrayList<>();

    private Unfused() {
    }

    /** All nodes of a graph, in its order. */
    static List<NodeProto> of(List<NodeProto> fused) {
        Unfused result = new Unfused();
        fused.forEach(result::add);
        return result.nodes;
    }

    private void add(NodeProto node) {
        if (Set.of("", "ai.onnx").contains(node.getDomain())) {
            nodes.add(node);
            return;
        }
        String kind = node.getDomain().equals(DOMAIN) && node.getOutputCount() > 0 ? node.getOpType() : "";
        switch (kind) {
            case "SkipLayerNormalization" -> skipNorm(node);
            case "EmbedLayerNormalization" -> embeddings(node);
            case "BiasGelu" -> gelu(node, input(node, 0), input(node, 1), "none");
            case "Gelu" -> gelu(node, input(node, 0), "", "none");
            case "FastGelu" -> gelu(node, input(node, 0), input(node, 1), "tanh");
            case "BiasSoftmax" -> make("Softmax", output(node), make("Add", output(node) + "/biased", input(node, 0), input(node, 1)));
            case "FusedMatMul", "TransposeMatMul" -> product(node);
            case "FusedGemm" -> gemm(node);
            default -> nodes.add(node.toBuilder().setOpType(node.getDomain() + "." + node.getOpType()).build());
        }
    }

    private static String output(NodeProto node) {
        return node.getOutput(0);
    }

    private String make(String kind, String output, String... inputs) {
        nodes.add(NodeProto.newBuilder().setOpType(kind).addOutput(output).addAllInput(List.of(inputs)).build());
        return output;
    }

    private void norm(NodeProto node, String value, String gain, String bias) {
        float epsilon = OnnxGraph.attribute(node, "epsilon").map(AttributeProto::getF).orElse(EPSILON);
        nodes.add(NodeProto.newBuilder().setOpType("LayerNormalization").addOutput(output(node)).addInput(value).addInput(gain)
                .addInput(bias).addAttribute(AttributeProto.newBuilder().setName("epsilon").setF(epsilon)).build());
    }

    /** norm(input + skip + bias); the fourth output is the sum. */
    private void skipNorm(NodeProto node) {
        String named = node.getOutputCount() > 3 ? node.getOutput(3) : "";
        String sum = named.isEmpty() ? output(node) + "/sum" : named;
        boolean biased = !input(node, 4).isEmpty();
        String plain = make("Add", biased ? output(node) + "/unbiased" : sum, input(node, 0), input(node, 1));
        if (biased) {
            make("Add", sum, plain, input(node, 4));
        }
        norm(node, sum, input(node, 2), input(node, 3));
    }

    /**
     * Inputs: tokens, types, tables of tokens, positions and types, gain, bias, mask, positions. Outputs: the norm, what is made of the
     * mask, the sum.
     */
    private void embeddings(NodeProto node) {
        String name = output(node);
        String positions = input(node, 8).isEmpty() ? make("Range", name + "/positions") : input(node, 8);
        String sum = make("Add", name + "/untyped", make("Gather", name + "/tokens", input(node, 2), input(node, 0)),
                make("Gather", name + "/placed", input(node, 3), positions));
        if (!input(node, 4).isEmpty()) {
            sum = make("Add", name + "/typed", sum, make("Gather", name + "/types", input(node, 4), input(node, 1)));
        }
        if (node.getOutputCount() > 1 && !node.getOutput(1).isEmpty()) {
            make("ReduceSum", node.getOutput(1), input(node, 7));
        }
        if (node.getOutputCount() > 2 && !node.getOutput(2).isEmpty()) {
            make("Identity", node.getOutput(2), sum);
        }
        norm(node, sum, input(node, 5), input(node, 6));
    }

    private void gelu(NodeProto node, String value, String bias, String approximate) {
        String biased = bias.isEmpty() ? value : make("Add", output(node) + "/biased", value, bias);
        nodes.add(NodeProto.newBuilder().setOpType("Gelu").addOutput(output(node)).addInput(biased).addAttribute(AttributeProto.newBuilder()
                .setName("approximate").setS(ByteString.copyFromUtf8(approximate))).build());
    }

    private static boolean says(NodeProto node, String flag) {
        return OnnxGraph.attribute(node, flag).map(value -> value.getI() != 0).orElse(false);
    }

    private void product(NodeProto node) {
        String left = says(node, "transA") || says(node, "transBatchA") ? make("Transpose", output(node) + "/left", input(node, 0))
                : input(node, 0);
        String right = says(node, "transB") || says(node, "transBatchB") ? make("Transpose", output(node) + "/right", input(node, 1))
                : input(node, 1);
        float factor = OnnxGraph.attribute(node, "alpha").map(AttributeProto::getF).orElse(1f);
        if (factor == 1) {
            make("MatMul", output(node), left, right);
            return;
        }
        String number = output(node) + "/factor";
        nodes.add(NodeProto.newBuilder().setOpType("Constant").addOutput(number).addAttribute(AttributeProto.newBuilder().setName("value")
                .setT(TensorProto.newBuilder().setDataType(TensorProto.DataType.FLOAT_VALUE).addFloatData(factor))).build());
        make("Mul", output(node), make("MatMul", output(node) + "/product", left, right), number);
    }

    private void gemm(NodeProto node) {
        String sum = output(node) + "/sum";
        nodes.add(node.toBuilder().clearDomain().setOpType("Gemm").clearOutput().addOutput(sum).build());
        make(OnnxGraph.attribute(node, "activation").map(kind -> kind.getS().toStringUtf8()).orElse("Identity"), output(node), sum);
    }
}
