package org.waterspout.backend.reference;

import java.util.HashMap;
import java.util.Map;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Device;
import org.waterspout.backend.MemoryUse;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Attends;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Kept;
import org.waterspout.graph.Value;

/** The definition of right: plain loops, sums in double precision, one thread. Never tuned. */
public final class ReferenceBackend implements Backend {

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Device device() {
        long memory = Runtime.getRuntime().maxMemory();
        return new Device(name(), name(), "plain loops on one thread", "CPU", memory, memory);
    }

    @Override
    public ReferencePlan prepare(Graph graph, PlanOptions options) {
        MemoryUse use = estimate(graph, options);
        options.requireCache(use.cache());
        long own = use.cache() + use.activations();
        long available = Runtime.getRuntime().maxMemory();
        if (own > available) {
            long cacheOfOnePosition = use.cache() / options.contextLength();
            long fitting = Math.max(0, (available - use.activations()) / Math.max(1, cacheOfOnePosition));
            throw new OutOfMemoryException("the reference needs " + (own >> 20) + " MB for cache and activations and may take "
                    + (available >> 20) + " MB: use a context length of at most " + fitting + ", or a larger -Xmx");
        }
        return new ReferencePlan(graph, options, use);
    }

    /** Numbers of every cache type are held in 32 bits here, rounded to what the type can hold. */
    @Override
    public MemoryUse estimate(Graph graph, PlanOptions options) {
        long mapped = graph.weights().stream().mapToLong(weight -> weight.tensor().data().byteSize()).sum();
        long cache = Float.BYTES * (cacheWidth(graph) * options.contextLength() * options.maxSequences()
                + graph.encoder().map(ReferenceBackend::cacheWidth).orElse(0L) * options.sourceLength() * options.maxSources());
        long activationWidth = graph.values().stream().mapToLong(value -> value.width()).sum()
                + graph.encoder().stream().flatMap(encoder -> encoder.values().stream()).mapToLong(value -> value.width()).sum();
        return new MemoryUse(mapped, 0, cache, Float.BYTES * activationWidth * options.maxRows());
    }

    /** Keys and values of one position in all caches; layers that attend in both directions share one. */
    private static long cacheWidth(Graph graph) {
        Map<String, Long> widths = new HashMap<>();
        graph.kept().forEach(kept -> {
            switch (kept) {
                case Kept.KeysAndValues(int layer, int kvHeads, int headDimension) ->
                        widths.put("cache " + layer, 2L * kvHeads * headDimension);
                case Kept.SourceKeysAndValues(int cache, int width) -> widths.put("cross-attention cache " + cache, 2L * width);
                case Kept.State(int layer, int width) -> widths.put("state " + layer, (long) width);
            }
        });
        graph.attends().forEach(attends -> {
            if (attends.keys() instanceof Attends.Keys.OfStep(int layer, Value key, Value _)) {
                widths.put("cache " + layer, 2L * key.width());
            }
        });
        return widths.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void close() {
        // holds nothing: weights belong to the model file, caches to the plans
    }
}
