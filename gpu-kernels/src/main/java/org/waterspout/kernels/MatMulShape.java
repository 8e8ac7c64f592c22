package org.waterspout.kernels;

/**
 * A product's constants.
 *
 * @param columns  numbers in a row of the weight, and in a row of the input
 * @param rows     rows of the weight in one layer, and numbers in a row of the output
 * @param block    numbers that share a scale in quantized weights, 16 or 32
 * @param offset   1 when blocks of bytes have an offset beside their scale, else 0
 * @param bias     1 when a bias is added, else 0
 * @param residual 1 when a residual is added, else 0
 * @param listed   1 when only the rows of a list are multiplied, as columns of the output; else 0
 */
public record MatMulShape(int columns, int rows, int block, int offset, int bias, int residual, int listed) {
}
