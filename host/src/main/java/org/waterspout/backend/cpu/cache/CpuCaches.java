package org.waterspout.backend.cpu.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;

/**
 * What outlives a step of one graph.
 *
 * @param cache   keys and values of its attention
 * @param sources keys and values that an encoder leaves for its decoder, which is the one whose program reads them
 * @param states  recurrent states
 */
public record CpuCaches(KeyValueCache cache, KeyValueCache sources, States states) {

    public static CpuCaches of(Graph graph, PlanOptions options, int lanes) {
        List<KeyValueCache.Layer> layers = cacheLayers(graph, options.cacheType(), lanes);
        // what is kept of ended sequences takes no more than all sequences may have; an encoder-decoder's whole caches were found to fit
        long max = graph.encoder().isPresent() ? 0 : options.cacheBytes() > 0 ? options.cacheBytes()
                : KeyValueCache.bytes(layers, options.maxSequences(), options.contextLength());
        return new CpuCaches(new KeyValueCache(layers, options.maxSequences(), max),
                new KeyValueCache(sourceLayers(graph, lanes), options.maxSources()),
                new States(graph, options.maxSequences()));
    }

    /** Those of the encoder beside a decoder, which fills the decoder's sources. */
    public static CpuCaches ofEncoder(Graph encoder, PlanOptions options, int lanes, CpuCaches decoder) {
        return new CpuCaches(new KeyValueCache(cacheLayers(encoder, options.cacheType(), lanes), options.maxSources()), decoder.sources,
                new States(encoder, options.maxSources()));
    }

    /** Attention in both directions keeps nothing: its layers need no cache. */
    private static List<KeyValueCache.Layer> cacheLayers(Graph graph, CacheType type, int lanes) {
        KeyValueCache.Layer[] layers = new KeyValueCache.Layer[graph.cacheLayers()];
        Arrays.fill(layers, KeyValueCache.Layer.NONE);
        graph.kept().forEach(kept -> {
            if (kept instanceof Kept.KeysAndValues(int layer, int kvHeads, int headDimension)) {
                layers[layer] = KeyValueCache.Layer.of(type, kvHeads, headDimension, lanes);
            }
        });
        return List.of(layers);
    }

    /** A source is read by every step of its target and is no longer than a text: it stays in 32 bits. */
    private static List<KeyValueCache.Layer> sourceLayers(Graph graph, int lanes) {
        List<KeyValueCache.Layer> layers = new ArrayList<>();
        graph.attends().forEach(attends -> attends.source().ifPresent(cache -> {
            while (layers.size() <= cache) {
                layers.add(KeyValueCache.Layer.NONE);
            }
            layers.set(cache, KeyValueCache.Layer.of(CacheType.F32, attends.kvHeads(), attends.headDimension(), lanes));
        }));
        return layers;
    }

    /** Bytes when every position of every sequence and source is in use. */
    public static long bytes(Graph graph, PlanOptions options, int lanes) {
        return cacheBytes(graph, options, lanes)
                + stateBytes(graph, options);
    }

    /** Bytes without which nothing can be computed: the states, and one sequence's and one source's first positions. */
    public static long minBytes(Graph graph, PlanOptions options, int lanes) {
        PlanOptions min = new PlanOptions(1, 1, 1, false).withSources(Math.min(1, options.maxSources()), 1)
                .withCacheType(options.cacheType());
        return cacheBytes(graph, min, lanes) + stateBytes(graph, options);
    }

    private static long cacheBytes(Graph graph, PlanOptions options, int lanes) {
        return KeyValueCache.bytes(cacheLayers(graph, options.cacheType(), lanes), options.maxSequences(), options.contextLength())
                + KeyValueCache.bytes(sourceLayers(graph, lanes), options.maxSources(), options.sourceLength())
                + graph.encoder().map(encoder -> KeyValueCache.bytes(cacheLayers(encoder, options.cacheType(), lanes), options.maxSources(),
                        options.sourceLength())).orElse(0L);
    }

    private static long stateBytes(Graph graph, PlanOptions options) {
        return States.bytes(graph, options.maxSequences())
                + graph.encoder().map(encoder -> States.bytes(encoder, options.maxSources())).orElse(0L);
    }
}
