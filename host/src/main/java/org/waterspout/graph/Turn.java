package org.waterspout.graph;

import org.waterspout.model.architecture.RopeLayout;

/** How an operation turns each head of a value by the angles of its row's position. */
public record Turn(RopeTable table, RopeLayout layout, int headDimension) {
}
