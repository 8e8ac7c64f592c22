package org.waterspout.backend;

/**
 * @param contextLength positions that each sequence's cache holds
 * @param maxSequences  sequences with a cache at one time
 * @param maxRows       most rows in a batch; no sequence with attention in both directions can be longer
 * @param observable    keep every operation's values readable for a {@link StepObserver}, at the cost of speed and memory
 * @param maxSources    of an encoder-decoder: sources whose keys and values are kept at one time; else 0
 * @param sourceLength  of an encoder-decoder: positions of a source; else 0
 */
public record PlanOptions(int contextLength, int maxSequences, int maxRows, boolean observable, int maxSources, int sourceLength) {

    public PlanOptions {
        if (contextLength <= 0 || maxSequences <= 0 || maxRows <= 0 || maxSources < 0 || sourceLength < 0) {
            throw new IllegalArgumentException("context length, sequences and rows are positive: " + contextLength + ", "
                    + maxSequences + ", " + maxRows + "; sources and their length are not negative: " + maxSources + ", " + sourceLength);
        }
    }

    /** Without sources. */
    public PlanOptions(int contextLength, int maxSequences, int maxRows, boolean observable) {
        this(contextLength, maxSequences, maxRows, observable, 0, 0);
    }

    public PlanOptions withSequences(int value) {
        return new PlanOptions(contextLength, value, maxRows, observable, maxSources, sourceLength);
    }

    /** With room for sources of an encoder-decoder. */
    public PlanOptions withSources(int sources, int length) {
        return new PlanOptions(contextLength, maxSequences, maxRows, observable, sources, length);
    }
}
