package org.waterspout.kernels;

/**
 * Constants of an element-by-element kernel with one input.
 *
 * @param width       numbers in a row
 * @param inputStride numbers from one row of the input to the next
 * @param inputOffset first number of row 0 in the input
 */
public record ViewShape(int width, int inputStride, int inputOffset) {
}
