package org.waterspout.kernels;

/**
 * An embedding's constants.
 *
 * @param width numbers in a row of the table
 * @param block    numbers that share a scale in quantized weights, 16 or 32
 * @param offset   1 when blocks of bytes have an offset beside their scale, else 0
 * @param scale factor on every number
 */
public record EmbedShape(int width, int block, int offset, float scale) {
}
