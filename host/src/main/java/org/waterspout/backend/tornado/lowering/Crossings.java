package org.waterspout.backend.tornado.lowering;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/**
 * The values of a graph that one part of it hands to the next. Parts are numbered: 0 is {@code before}, 1 to L the layers, L + 1
 * {@code after}. Values carried from a layer to the next keep one place on the device, so that one compiled layer serves all.
 */
final class Crossings {

    private final Graph graph;
    private final Map<Value, Integer> writer = new HashMap<>();
    private final List<List<Value>> boundaries = new ArrayList<>();
    private final Set<Value> shared = new HashSet<>();

    Crossings(Graph graph) {
        this.graph = graph;
        for (int part = 0; part <= last(); part++) {
            for (Op op : ops(part)) {
                for (Value value : op.outputs()) {
                    writer.put(value, part);
                }
            }
        }
        Map<Value, Integer> lastReader = new HashMap<>();
        for (int part = 0; part <= last(); part++) {
            for (Op op : ops(part)) {
                for (Value value : op.inputs()) {
                    lastReader.put(value, part);
                }
            }
        }
        lastReader.put(graph.output(), last());
        for (int boundary = 0; boundary < last(); boundary++) {
            boundaries.add(new ArrayList<>());
        }
        lastReader.forEach(this::cross);
        boundaries.forEach(values -> values.sort(Comparator.comparingInt(Value::id)));
    }

    private int last() {
        return graph.layers().size() + 1;
    }

    private List<Op> ops(int part) {
        return part == 0 ? graph.before() : part == last() ? graph.after() : graph.layers().get(part - 1);
    }

    private void cross(Value value, int reader) {
        int written = writer.get(value);
        if (reader == written + 1) {
            boundaries.get(written).add(value);
        } else if (reader > written && written == 0) {
            shared.add(value);
        } else if (reader > written) {
            throw new UnsupportedModelException("graph " + graph.name() + ": " + value + " of layer " + (written - 1)
                    + " is read beyond the next layer, which the tornado backend does not run: use the cpu backend");
        }
    }

    /** What part {@code part} hands to the next one, by place. */
    List<Value> from(int part) {
        return part == last() ? List.of() : boundaries.get(part);
    }

    /** Place of {@code value} among what the part that writes it hands on. */
    Optional<Integer> place(Value value) {
        int index = from(writer.get(value)).indexOf(value);
        return index < 0 ? Optional.empty() : Optional.of(index);
    }

    /** Whether {@code before} writes it and parts beyond the first layer read it. */
    boolean shared(Value value) {
        return shared.contains(value);
    }

    int writer(Value value) {
        return writer.get(value);
    }

    /** Most values at one boundary. */
    int places() {
        return boundaries.stream().mapToInt(List::size).max().orElse(0);
    }

    /** The widest value in a place. */
    int width(int place) {
        return boundaries.stream().filter(values -> values.size() > place).mapToInt(values -> values.get(place).width()).max().orElse(1);
    }

    /** The form of layer {@code layer}. */
    String form(int layer) {
        int part = layer + 1;
        return LayerForm.of(graph.layers().get(layer), value -> {
            // values between the parts of a fused operation are written by none of the layer's operations: they are its own
            if (writer.getOrDefault(value, part) == part) {
                return Optional.empty();
            }
            return Optional.of(shared.contains(value) ? "shared " + value.id() : "carried " + from(layer).indexOf(value));
        }, from(part));
    }
}
