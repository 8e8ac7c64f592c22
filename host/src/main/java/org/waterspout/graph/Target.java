package org.waterspout.graph;

/** What a graph of an encoder computes. */
public enum Target {
    /** Every row behind the last layer: [rows, width]. */
    HIDDEN,
    /** One vector a sequence, by the model's pooling: [sequences, width]. */
    VECTOR,
    /** A vector a sequence as the head's last projection reads it: [sequences, width]. */
    POOLED,
    /** What the head makes of a sequence, or of every row: [sequences or rows, labels]. */
    HEAD
}
