package org.waterspout.model.onnx;

import static org.waterspout.model.onnx.OnnxGraph.input;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.model.onnx.Patterns.Linear;

/** Finds what stands behind an encoder: nothing, a pooler, or the head of a classifier. */
final class HeadFinder {

    private static final Map<String, String> ACTIVATIONS = Map.of("Tanh", "tanh", "Relu", "relu");

    private final OnnxGraph graph;
    private final Patterns patterns;
    private final String last;
    private final Set<String> inside;

    private Optional<Linear> dense = Optional.empty();
    private Optional<Linear> output = Optional.empty();
    private String activation = "";
    private String task = "";

    /** @param last the output of the encoder's last norm */
    HeadFinder(OnnxGraph graph, Patterns patterns, String last) {
        this.graph = graph;
        this.patterns = patterns;
        this.last = last;
        this.inside = graph.before(last, Set.of());
    }

    /** Looks at every output of the graph; one that weights flow into, past the encoder, without its being known is refused. */
    void find() {
        graph.outputs().forEach(this::look);
        if (task.equals("tokens") || task.equals("span")) {
            dense = Optional.empty(); // a pooler, which these have not
        }
    }

    /** Of the first token's row. */
    Optional<Linear> dense() {
        return dense;
    }

    /** Behind the dense layer, or of every row. */
    Optional<Linear> output() {
        return output;
    }

    /** Of the dense layer; empty without one. */
    String activation() {
        return activation;
    }

    /** sequence, tokens or span; empty where there is no head. */
    String task() {
        return task;
    }

    private void look(String name) {
        String value = patterns.unshaped(name);
        if (inside.contains(value) || value.equals(last) || graph.before(value, Set.of(last)).stream().noneMatch(graph::isWeight)) {
            return; // a layer's output, or what no weight flows into behind the encoder, such as the mean of the last
        }
        Optional<NodeProto> split = graph.maker(value, "Split");
        Optional<Linear> linear = patterns.linear(split.map(node -> patterns.unshaped(input(node, 0))).orElse(value));
        String from = linear.map(found -> patterns.unshaped(found.input())).orElse("");
        if (pooled(value)) {
            return;
        }
        if (from.equals(last)) {
            head(split.isPresent() ? "span" : "tokens", linear.get());
        } else if (split.isEmpty() && linear.isPresent() && (isFirst(from) || pooled(from))) {
            head("sequence", linear.get());
        } else {
            throw graph.refused("its output " + name
                    + " is made by weights behind the encoder that are neither a pooler nor a known classifier");
        }
    }

    private void head(String kind, Linear linear) {
        if (!task.isEmpty() && !(task.equals(kind) && output.get().equals(linear))) {
            throw graph.refused("it has two classifiers");
        }
        task = kind;
        output = Optional.of(linear);
    }

    /** Whether a value is the first token's row through a dense layer and an activation, which are then kept. */
    private boolean pooled(String value) {
        Optional<NodeProto> active = graph.maker(value, ACTIVATIONS.keySet().toArray(String[]::new));
        Optional<Linear> linear = active.flatMap(node -> patterns.linear(patterns.unshaped(input(node, 0))))
                .filter(found -> isFirst(found.input()));
        linear.ifPresent(found -> {
            dense = linear;
            activation = ACTIVATIONS.get(active.get().getOpType());
        });
        return linear.isPresent();
    }

    private boolean isFirst(String value) {
        return graph.maker(patterns.unshaped(value), "Gather", "Slice").filter(pick -> patterns.unshaped(input(pick, 0)).equals(last))
                .filter(pick -> pick.getOpType().equals("Slice") ? startsAtZero(pick) : graph.scalar(input(pick, 1)).orElse(-1) == 0)
                .isPresent();
    }

    private boolean startsAtZero(NodeProto slice) {
        List<Long> starts = new ArrayList<>(graph.integers(input(slice, 1)).orElse(List.of()));
        OnnxGraph.attribute(slice, "starts").ifPresent(older -> starts.addAll(older.getIntsList()));
        return !starts.isEmpty() && new HashSet<>(starts).equals(Set.of(0L));
    }
}
