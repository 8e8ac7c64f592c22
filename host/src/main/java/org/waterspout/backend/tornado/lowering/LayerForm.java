package org.waterspout.backend.tornado.lowering;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;

/**
 * What two layers must share to run as one compiled layer, as text: operations, shapes, scalars and wiring; not the weights'
 * contents and types, the numbers of caches, cross-attention caches and states, the window, the rotary table and the table of biases, which
 * travel in buffers.
 */
final class LayerForm {

    private final Function<Value, Optional<String>> outside;
    private final Map<Value, String> own = new HashMap<>();

    private LayerForm(Function<Value, Optional<String>> outside) {
        this.outside = outside;
    }

    /**
     * @param outside names values from outside the layer: "carried 0"; empty for the layer's own
     * @param outputs the layer's values that the next one reads
     */
    static String of(List<Op> layer, Function<Value, Optional<String>> outside, List<Value> outputs) {
        LayerForm form = new LayerForm(outside);
        StringBuilder text = new StringBuilder();
        layer.forEach(op -> text.append(form.describe(op)).append('\n'));
        outputs.forEach(value -> text.append("to ").append(form.name(value)).append('\n'));
        return text.toString();
    }

    private String describe(Op op) {
        String form = switch (op) {
            case Op.Embed embed -> "embed " + shape(embed.table()) + embed.scale();
            case Op.AddPosition position -> "position " + shape(position.table());
            case Op.Norm norm -> "norm " + norm.kind() + shape(norm.gain()) + norm.bias().isPresent() + norm.epsilon();
            case Op.MatMul product -> "product " + shape(product.weight()) + product.bias().isPresent();
            case Op.Rope rope -> "rope " + rope.layout() + rope.headDimension() + " " + rope.table().rotatedWidth();
            case Op.Attention a -> "attention " + List.of(a.heads(), a.kvHeads(), a.headDimension(), a.scale(), a.mask(), a.softCap(),
                    a.bias().isPresent());
            case Op.Add _ -> "add";
            case Op.Multiply _ -> "multiply";
            case Op.Activate activate -> "activate " + activate.function();
            case Op.Scale scale -> "scale " + scale.factor();
            case Op.SoftCap cap -> "cap " + cap.cap();
            case Op.SelectRows _ -> "select";
            case Op.ArgMax _ -> "argmax";
            case Op.AddType type -> "type " + shape(type.table());
            case Op.InputEmbeddings _ -> "given";
            case Op.StoreCrossCache _ -> "store cross cache";
            case Op.CrossAttention a -> "cross attention " + List.of(a.heads(), a.headDimension(), a.scale());
            case Op.Recurrence _ -> "recurrence";
            case Op.MeanRows _ -> "mean";
            case Op.Shortlist product -> "shortlist " + shape(product.weight()) + product.bias().isPresent();
            case Op.Fused fused -> "fused " + fused.kind() + fused.parts().stream().map(this::describe).toList();
        };
        StringBuilder text = new StringBuilder(form).append(" of");
        op.inputs().forEach(value -> text.append(' ').append(name(value)));
        text.append(" makes");
        op.outputs().forEach(value -> text.append(' ').append(name(value)));
        return text.toString();
    }

    private static List<Integer> shape(Weight weight) {
        return List.of(weight.rows(), weight.columns());
    }

    /** Own values are numbered in the order in which they are met. */
    private String name(Value value) {
        return outside.apply(value).orElseGet(() -> own.computeIfAbsent(value, v -> "own " + own.size()))
                + "[" + value.width() + "]";
    }
}
