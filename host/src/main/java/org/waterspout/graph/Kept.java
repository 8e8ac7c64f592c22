package org.waterspout.graph;

/** What an operation keeps for later operations or steps. */
public sealed interface Kept {

    /** Keys and values of each position of a sequence, of {@code kvHeads} heads each, in cache number {@code layer}. */
    record KeysAndValues(int layer, int kvHeads, int headDimension) implements Kept {
    }

    /** Keys and values of each position of a source, [positions, width] each, in cross-attention cache number {@code cache}. */
    record SourceKeysAndValues(int cache, int width) implements Kept {
    }

    /** {@code width} numbers of a sequence, in state number {@code layer}. A sequence that has them cannot go back but to its beginning. */
    record State(int layer, int width) implements Kept {
    }
}
