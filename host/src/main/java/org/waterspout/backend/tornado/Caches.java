package org.waterspout.backend.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.DeviceBuffer.Life;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;

/** The key and value caches of a graph: all caches of one width in two arrays, [caches, sequences, contextLength, width]. */
final class Caches {

    /** @param layers cache numbers ({@link Op.Attention#layer}) in the order of their place in the arrays */
    record Pair(List<Integer> layers, DeviceBuffer keys, DeviceBuffer values) {

        int indexOf(int layer) {
            return layers.indexOf(layer);
        }
    }

    private final Map<Integer, Pair> byWidth = new TreeMap<>();

    Caches(Graph graph, PlanOptions options) {
        Map<Integer, List<Integer>> layers = new TreeMap<>();
        graph.ops().forEach(op -> {
            if (op instanceof Op.Attention attention) {
                List<Integer> numbers = layers.computeIfAbsent(attention.key().width(), _ -> new ArrayList<>());
                if (!numbers.contains(attention.layer())) {
                    numbers.add(attention.layer());
                }
            }
        });
        layers.forEach((width, numbers) -> {
            long floats = Math.multiplyExact(Math.multiplyExact((long) numbers.size() * options.maxSequences(),
                    (long) options.contextLength()), (long) width);
            byWidth.put(width, new Pair(numbers, new DeviceBuffer("keys of width " + width, floats, Life.PLAN),
                    new DeviceBuffer("values of width " + width, floats, Life.PLAN)));
        });
    }

    Pair of(int width) {
        return byWidth.get(width);
    }

    List<DeviceBuffer> buffers() {
        List<DeviceBuffer> buffers = new ArrayList<>();
        byWidth.values().forEach(pair -> {
            buffers.add(pair.keys());
            buffers.add(pair.values());
        });
        return buffers;
    }
}
