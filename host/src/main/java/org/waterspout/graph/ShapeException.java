package org.waterspout.graph;

/** Operands whose shapes do not fit their operation: a graph builder's mistake, or a file whose tensors contradict its metadata. */
public final class ShapeException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public ShapeException(String message) {
        super(message);
    }
}
