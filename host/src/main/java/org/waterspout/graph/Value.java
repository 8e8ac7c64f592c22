package org.waterspout.graph;

/**
 * An activation: [rows, width] of floats, a row for each token of the step.
 *
 * @param id    unique in its graph; graphs number their values from 0
 * @param name  for people: "layer 3 attention norm"
 * @param width floats in a row
 */
public record Value(int id, String name, int width) {

    public Value {
        if (width <= 0) {
            throw new IllegalArgumentException("value " + name + " has width " + width);
        }
    }

    @Override
    public String toString() {
        return "%" + id + "[" + width + "]";
    }
}
