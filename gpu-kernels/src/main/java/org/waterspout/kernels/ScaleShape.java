package org.waterspout.kernels;

/**
 * Constants of an element-by-element kernel with one input and a choice.
 *
 * @param width       numbers in a row
 * @param inputStride numbers from one row of the input to the next
 * @param inputOffset first number of row 0 in the input
 * @param factor      factor of scale, cap of softCap
 */
public record ScaleShape(int width, int inputStride, int inputOffset, float factor) {
}
