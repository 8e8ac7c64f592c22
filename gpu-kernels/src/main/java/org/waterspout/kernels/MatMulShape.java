package org.waterspout.kernels;

/**
 * A product's constants.
 *
 * @param columns  numbers in a row of the weight, and in a row of the input
 * @param rows     rows of the weight in one layer, and numbers in a row of the output
 * @param bias     1 when a bias is added, else 0
 * @param residual 1 when a residual is added, else 0
 */
public record MatMulShape(int columns, int rows, int bias, int residual) {
}
