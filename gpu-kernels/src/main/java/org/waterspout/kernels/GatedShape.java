package org.waterspout.kernels;

/**
 * The constants of a gated feed-forward's first half.
 *
 * @param columns  numbers in a row of the input
 * @param rows     numbers in a row of the output; the stacked weight has 2 * rows rows a layer, the gate's first
 * @param bias     1 when biases are added, else 0
 * @param function one of {@link Activations}
 */
public record GatedShape(int columns, int rows, int bias, int function) {
}
