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
import org.waterspout.kernels.KeptNumbers;

/**
 * What outlives a step: the keys and values of a graph's causal attention, all of one width in two arrays, [caches, blocks, positions of a
 * block, width], in 32 bits, in 16, or in 8 with scales ({@link CacheBlocks}, {@link Row}); and in 32 those of cross-attention caches,
 * [cross-attention caches, sources, sourceLength, width], and recurrent states, [layers, 2 * sequences, width], twice as many as sequences,
 * so that a step writes none that it reads ({@code AncestorTable}).
 */
public final class Caches {

    /**
     * What a row of keys or of values takes. Layers of one width have as much room as those of them that need most: heads of other
     * dimensions have other numbers of scales.
     *
     * @param type    how it is kept
     * @param numbers floats, halves, or pairs of quants
     * @param scales  of quants, else 0
     */
    public record Row(CacheType type, int numbers, int scales) {

        static Row of(CacheType type, int heads, int headDimension) {
            return type == CacheType.Q8_0
                    ? new Row(type, heads * KeptNumbers.pairs(headDimension), heads * KeptNumbers.groups(headDimension))
                    : new Row(type, heads * headDimension, 0);
        }

        Row orMore(Row other) {
            return new Row(type, Math.max(numbers, other.numbers), Math.max(scales, other.scales));
        }

        /** Bytes of it. */
        long bytes() {
            return (long) (type == CacheType.F32 ? Float.BYTES : Short.BYTES) * numbers + (long) Float.BYTES * scales;
        }

        /** @param rows of all layers */
        private DeviceBuffer buffer(String name, long rows) {
            long count = Math.multiplyExact(rows, (long) numbers);
            return switch (type) {
                case F32 -> new DeviceBuffer(name, count, Life.PLAN);
                case F16 -> DeviceBuffer.halves(name, count);
                case Q8_0 -> DeviceBuffer.quants(name, count, Math.multiplyExact(rows, (long) scales));
            };
        }
    }

    /** @param layers numbers of caches, or of cross-attention caches, in the order of their place in the arrays */
    public record Pair(List<Integer> layers, Row row, DeviceBuffer keys, DeviceBuffer values) {

        static Pair of(String name, List<Integer> layers, Row row, long rows, int width) {
            return new Pair(layers, row, row.buffer(name + "keys of width " + width, rows),
                    row.buffer(name + "values of width " + width, rows));
        }

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
        Map<Integer, Row> rows = rows(graph, options.cacheType());
        attentions.forEach((width, layers) -> caches.put(width,
                Pair.of("", layers, rows.get(width), count(layers, blocks.count(), blocks.length(), 1), width)));
        crossLayers.forEach((width, layers) -> crossCaches.put(width, Pair.of("cross-attention cache ", layers,
                Row.of(CacheType.F32, 1, width), count(layers, options.maxSources(), options.sourceLength(), 1), width)));
        recurrences.forEach((width, layers) -> states.put(width, new States(layers,
                new DeviceBuffer("states of width " + width, count(layers, 2 * options.maxSequences(), 1, width), Life.PLAN))));
    }

    private static void add(Map<Integer, List<Integer>> layers, int width, int layer) {
        List<Integer> numbers = layers.computeIfAbsent(width, _ -> new ArrayList<>());
        if (!numbers.contains(layer)) {
            numbers.add(layer);
        }
    }

    /** By the width of keys. */
    private static Map<Integer, Row> rows(Graph graph, CacheType type) {
        Map<Integer, Row> rows = new TreeMap<>();
        Stream.concat(graph.kept(), graph.encoder().stream().flatMap(Graph::kept)).forEach(kept -> {
            if (kept instanceof Kept.KeysAndValues(int _, int kvHeads, int headDimension)) {
                rows.merge(kvHeads * headDimension, Row.of(type, kvHeads, headDimension), Row::orMore);
            }
        });
        return rows;
    }

    /** Bytes of one position's keys and values in all layers of causal attention. */
    static long positionBytes(Graph graph, CacheType type) {
        Map<Integer, Row> rows = rows(graph, type);
        Map<Integer, Integer> widths = new TreeMap<>();
        graph.kept().forEach(kept -> {
            if (kept instanceof Kept.KeysAndValues(int layer, int kvHeads, int headDimension)) {
                widths.put(layer, kvHeads * headDimension);
            }
        });
        return widths.values().stream().mapToLong(width -> 2 * rows.get(width).bytes()).sum();
    }

    private static long count(List<Integer> layers, int sequences, int positions, int width) {
        return Math.multiplyExact(Math.multiplyExact((long) layers.size() * sequences, (long) positions), (long) width);
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
            for (DeviceBuffer buffer : List.of(pair.keys(), pair.values())) {
                buffers.add(buffer);
                buffer.scales().ifPresent(buffers::add);
            }
        });
        states.values().forEach(one -> buffers.add(one.buffer()));
        return buffers;
    }
}
