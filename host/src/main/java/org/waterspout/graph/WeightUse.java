package org.waterspout.graph;

/** How an operation reads a weight. */
public enum WeightUse {
    /** Single rows of it, by number. */
    TABLE,
    /** Every row, multiplied with a row of values. */
    PRODUCT,
    /** All its numbers one by one, as floats: factors of normalised values. */
    GAIN,
    /** All its numbers one by one, as floats: added to what is computed. */
    BIAS,
    /** All its numbers one by one, as floats: biases of distances, {@link RelativeBias}. */
    DISTANCES;

    /** Whether its numbers are read as floats, whatever their type; else rows are read as they are stored. */
    public boolean asFloats() {
        return switch (this) {
            case TABLE, PRODUCT -> false;
            case GAIN, BIAS, DISTANCES -> true;
        };
    }
}
