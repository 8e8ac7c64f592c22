package org.waterspout.graph;

/** How an operation reads a weight. */
public enum WeightUse {
    /** Single rows of it, by number. */
    TABLE,
    /** Every row, multiplied with a row of values. */
    PRODUCT,
    /** All its numbers one by one, as floats: gains, biases, biases of distances. */
    VECTOR
}
