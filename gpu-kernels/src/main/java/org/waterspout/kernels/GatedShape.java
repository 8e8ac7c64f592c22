package org.waterspout.kernels;

/**
 * The constants of a gated feed-forward's first half.
 *
 * @param columns  numbers in a row of the input
 * @param rows     numbers in a row of the output; the stacked weight has 2 * rows rows a layer, the gate's first
 * @param block    numbers that share a scale in quantized weights, 16 or 32
 * @param offset   1 when blocks of bytes have an offset beside their scale, else 0
 * @param bias     1 when biases are added, else 0
 * @param function one of {@link Activations}
 */
public record GatedShape(int columns, int rows, int block, int offset, int bias, int function) {
}
