package org.waterspout.graph;

import java.util.Optional;

/**
 * How an operation attends.
 *
 * @param query         [rows, heads * headDimension]
 * @param heads         of the query
 * @param kvHeads       of keys and values
 * @param headDimension of query, keys and values
 * @param bias          by distance, where there is one
 * @param keys          whose keys and values it attends to
 */
public record Attends(Value query, int heads, int kvHeads, int headDimension, Optional<RelativeBias> bias, Keys keys) {

    /** Where keys and values lie. */
    public sealed interface Keys {

        /** In the step alone; a backend that puts them into a cache takes number {@code layer}. */
        record OfStep(int layer, Value key, Value value) implements Keys {
        }

        /** Behind those of steps before, in cache number {@code layer}; the step's own are appended first. */
        record OfSequence(int layer, Value key, Value value) implements Keys {
        }

        /** In cross-attention cache number {@code cache}. */
        record OfSource(int cache) implements Keys {
        }
    }

    /** Whether it reads keys and values as the cache keeps them, which may be in fewer bits. */
    public boolean readsCache() {
        return keys instanceof Keys.OfSequence;
    }

    /** The cross-attention cache that it reads. */
    public Optional<Integer> source() {
        return keys instanceof Keys.OfSource(int cache) ? Optional.of(cache) : Optional.empty();
    }
}
