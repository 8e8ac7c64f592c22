package org.waterspout.graph;

import org.waterspout.model.Tensor;

/**
 * A tensor in its part: "attention.q" of layer 3. Weights of one role have one shape in all layers, so that a backend can
 * stack them and run one compiled layer for all.
 *
 * @param role   what it is for, the same in every layer and every model family
 * @param layer  layer number from 0, or {@link #NO_LAYER}
 * @param tensor [rows, columns], or [columns] for a vector; a product gives {@code rows} outputs from {@code columns} inputs
 */
public record Weight(String role, int layer, Tensor tensor) {

    public static final int NO_LAYER = -1;

    public int rows() {
        return tensor.rows();
    }

    public int columns() {
        return tensor.columns();
    }

    @Override
    public String toString() {
        return role + (layer == NO_LAYER ? "" : "." + layer) + tensor.shape() + tensor.type();
    }
}
