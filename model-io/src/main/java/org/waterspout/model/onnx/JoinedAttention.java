package org.waterspout.model.onnx;

import static org.waterspout.model.onnx.OnnxGraph.input;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.model.Tensor;
import org.waterspout.model.Transposed;
import org.waterspout.model.onnx.Patterns.Linear;

/**
 * Attention that onnxruntime's optimizer made one operation of: with the three projections (Attention: input, weights [in, 3 out], bias
 * [3 out], mask, past, what is added to the scores) or without (MultiHeadAttention: queries, keys, values, bias [3 out], mask, what is
 * added to the scores).
 *
 * @param scale   of the scores; NaN for the usual 1/sqrt(width of a head)
 * @param tensors weights [out, in] and biases [out] by name, such as attn_q.weight
 */
record JoinedAttention(int heads, double scale, Map<String, Tensor> tensors) {

    private static final List<String> PARTS = List.of("attn_q", "attn_k", "attn_v");

    /**
     * @param layer what flows into the layer
     * @param arena of the weights, which are copied
     * @throws org.waterspout.error.UnsupportedModelException if it computes anything else than attention in both directions over
     *                                                        {@code layer}
     */
    static JoinedAttention of(OnnxGraph graph, Patterns patterns, NodeProto node, String layer, Arena arena) {
        boolean split = node.getOpType().equals(Unfused.SPLIT_ATTENTION);
        for (int added : split ? new int[] {5, 6, 7} : new int[] {4, 5, 6}) {
            if (!input(node, added).isEmpty()) {
                throw graph.refused("its attention takes " + input(node, added) + ", which is neither a layer's input nor a mask");
            }
        }
        if (integer(node, "unidirectional") != 0 || integer(node, "do_rotary") != 0) {
            throw graph.refused("its attention looks back only, or has rotary positions");
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (split) {
            for (int i = 0; i < PARTS.size(); i++) {
                String name = PARTS.get(i);
                Linear linear = patterns.linear(patterns.unshaped(input(node, i))).filter(found -> is(patterns, found.input(), layer))
                        .orElseThrow(() -> graph.refused("queries, keys and values are not three products of a layer's input"));
                Tensor matrix = graph.matrix(linear.matrix(), name + ".weight");
                tensors.put(name + ".weight", linear.transposed() ? matrix : Transposed.of(matrix, arena));
                linear.bias().ifPresent(bias -> tensors.put(name + ".bias", graph.weight(bias, name + ".bias")));
            }
        } else if (is(patterns, input(node, 0), layer) && graph.isWeight(input(node, 1))) {
            Tensor matrix = Transposed.of(graph.weight(input(node, 1), "attn_qkv.weight"), arena);
            third(graph, matrix.rows());
            for (int i = 0; i < PARTS.size(); i++) {
                put(tensors, PARTS.get(i) + ".weight", matrix.rows(i * matrix.rows() / 3, (i + 1) * matrix.rows() / 3));
            }
        } else {
            throw graph.refused("its attention is not over a layer's input");
        }
        String bias = input(node, split ? 3 : 2);
        if (!bias.isEmpty()) {
            biases(graph, graph.weight(bias, "attn_qkv.bias"), tensors);
        }
        double scale = OnnxGraph.attribute(node, "scale").map(AttributeProto::getF).filter(number -> number != 0).orElse(Float.NaN);
        return new JoinedAttention(heads(graph, node, tensors), scale, tensors);
    }

    private static boolean is(Patterns patterns, String value, String layer) {
        return patterns.unshaped(value).equals(patterns.unshaped(layer));
    }

    private static long integer(NodeProto node, String name) {
        return OnnxGraph.attribute(node, name).map(AttributeProto::getI).orElse(0L);
    }

    private static int heads(OnnxGraph graph, NodeProto node, Map<String, Tensor> tensors) {
        long heads = integer(node, "num_heads");
        int width = tensors.get("attn_q.weight").rows();
        boolean alike = PARTS.stream().allMatch(name -> tensors.get(name + ".weight").rows() == width);
        Optional<AttributeProto> sizes = OnnxGraph.attribute(node, "qkv_hidden_sizes");
        if (!alike || heads < 1 || width % heads != 0 || sizes.isPresent()
                && sizes.get().getIntsList().stream().anyMatch(size -> size != width)) {
            throw graph.refused("its attention has " + heads + " heads, with " + width
                    + " queries, but not as many keys and values, or heads of no equal width");
        }
        return (int) heads;
    }

    private static int third(OnnxGraph graph, int rows) {
        if (rows % 3 != 0) {
            throw graph.refused("its queries, keys and values are " + rows + " together, no three times anything");
        }
        return rows / 3;
    }

    private static void biases(OnnxGraph graph, Tensor joined, Map<String, Tensor> tensors) {
        int width = third(graph, Math.toIntExact(joined.count()));
        long bytes = joined.type().bytes(width);
        for (int i = 0; i < PARTS.size(); i++) {
            String name = PARTS.get(i) + ".bias";
            MemorySegment part = joined.data().asSlice(i * bytes, bytes);
            boolean zero = part.mismatch(MemorySegment.ofArray(new byte[Math.toIntExact(bytes)])) == -1;
            if (tensors.containsKey(name) && !zero) {
                throw graph.refused("its queries, keys or values have two biases");
            }
            if (!tensors.containsKey(name)) {
                put(tensors, name, new Tensor(name, joined.type(), List.of(width), part));
            }
        }
    }

    private static void put(Map<String, Tensor> tensors, String name, Tensor part) {
        tensors.put(name, new Tensor(name, part.type(), part.shape(), part.data()));
    }
}
