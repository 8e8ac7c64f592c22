package org.waterspout.backend;

/**
 * @param contextLength positions that each sequence's cache holds
 * @param maxSequences  sequences with a cache at one time
 * @param maxRows       most rows in a batch
 * @param observable    keep every operation's values readable for a {@link StepObserver}, at the cost of speed and memory
 */
public record PlanOptions(int contextLength, int maxSequences, int maxRows, boolean observable) {

    public PlanOptions {
        if (contextLength <= 0 || maxSequences <= 0 || maxRows <= 0) {
            throw new IllegalArgumentException("context length, sequences and rows are positive: " + contextLength + ", "
                    + maxSequences + ", " + maxRows);
        }
    }
}
