package org.waterspout.backend.tornado.buffers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;

/**
 * What outlives a step: the keys and values of a graph's causal attention, all of one width in two arrays, [caches, blocks, positions of a
 * block, width], in 32 bits or 16 ({@link CacheBlocks}); and in 32 those of cross-attention caches, [cross-attention caches, sources,
 * sourceLength, width], and recurrent states, [layers, 2 * sequences, width], twice as many as sequences, so that a step writes none that
 * it reads ({@code AncestorTable}).
 */
public final class Caches {

    /** @param layers numbers of caches, or of cross-attention caches, in the order of their place in the arrays */
    public record Pair(List<Integer> layers, DeviceBuffer keys, DeviceBuffer values) {

        public int indexOf(int layer) {
            return layers.indexOf(layer);
        }
    }

    /** @param layers numbers of states in the order of their place in the array */
    public record States(List<Integer> layers, DeviceBuffer buffer) {

        public int indexOf(int layer) {
            return layers.indexOf(layer);
        }
    }

    private final Map<Integer, Pair> caches = new TreeMap<>();
    private final Map<Integer, Pair> crossCaches = new TreeMap<>();
    private final Map<Integer, States> states = new TreeMap<>();

    public Caches(Graph graph, PlanOptions options, CacheBlocks blocks) {
        Map<Integer, List<Integer>> attentions = new TreeMap<>();
        Map<Integer, List<Integer>> crossLayers = new TreeMap<>();
        Map<Integer, List<Integer>> recurrences = new TreeMap<>();
        Stream.concat(graph.kept(), graph.encoder().stream().flatMap(Graph::kept)).forEach(kept -> {
            switch (kept) {
                case Kept.KeysAndValues(int layer, int kvHeads, int headDimension) -> add(attentions, kvHeads * headDimension, layer);
                case Kept.SourceKeysAndValues(int cache, int width) -> add(crossLayers, width, cache);
                case Kept.State(int layer, int width) -> add(recurrences, width, layer);
            }
        });
        boolean halves = halves(options.cacheType());
        attentions.forEach((width, layers) -> caches.put(width,
                pair("", layers, count(layers, blocks.count(), blocks.length(), width), halves, width)));
        crossLayers.forEach((width, layers) -> crossCaches.put(width,
                pair("cross-attention cache ", layers, count(layers, options.maxSources(), options.sourceLength(), width), false, width)));
        recurrences.forEach((width, layers) -> states.put(width, new States(layers,
                new DeviceBuffer("states of width " + width, count(layers, 2 * options.maxSequences(), 1, width), Life.PLAN))));
    }

    private static void add(Map<Integer, List<Integer>> layers, int width, int layer) {
        List<Integer> numbers = layers.computeIfAbsent(width, _ -> new ArrayList<>());
        if (!numbers.contains(layer)) {
            numbers.add(layer);
        }
    }

    private static boolean halves(CacheType type) {
        return switch (type) {
            case F32 -> false;
            case F16 -> true;
            case Q8_0 -> throw new IllegalArgumentException("no kernels for caches of type " + type);
        };
    }

    private static long count(List<Integer> layers, int sequences, int positions, int width) {
        return Math.multiplyExact(Math.multiplyExact((long) layers.size() * sequences, (long) positions), (long) width);
    }

    private static Pair pair(String name, List<Integer> layers, long count, boolean halves, int width) {
        return new Pair(layers, buffer(name + "keys of width " + width, count, halves),
                buffer(name + "values of width " + width, count, halves));
    }

    private static DeviceBuffer buffer(String name, long count, boolean halves) {
        return halves ? DeviceBuffer.halves(name, count) : new DeviceBuffer(name, count, Life.PLAN);
    }

    /** Those of causal attention by their width. */
    public Map<Integer, Pair> ofAttention() {
        return caches;
    }

    /** Of causal attention. */
    public Pair of(int width) {
        return caches.get(width);
    }

    public Pair memory(int width) {
        return crossCaches.get(width);
    }

    /** Whether {@code buffer} is part of a memory. */
    public boolean isCrossCache(DeviceBuffer buffer) {
        return crossCaches.values().stream().anyMatch(pair -> pair.keys() == buffer || pair.values() == buffer);
    }

    public States states(int width) {
        return states.get(width);
    }

    public List<DeviceBuffer> buffers() {
        List<DeviceBuffer> buffers = new ArrayList<>();
        Stream.concat(caches.values().stream(), crossCaches.values().stream()).forEach(pair -> {
            buffers.add(pair.keys());
            buffers.add(pair.values());
        });
        states.values().forEach(one -> buffers.add(one.buffer()));
        return buffers;
    }
}
