package org.waterspout.kernels;

/**
 * A norm's constants.
 *
 * @param width       numbers in a row of the output
 * @param groupWidth  neighbours that are normalised together; divides width
 * @param inputStride numbers from one row of the input to the next
 * @param inputOffset first number of row 0 in the input
 * @param epsilon     added to the mean square or variance
 */
public record NormShape(int width, int groupWidth, int inputStride, int inputOffset, float epsilon) {
}
