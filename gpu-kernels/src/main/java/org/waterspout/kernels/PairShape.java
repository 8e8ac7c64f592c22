package org.waterspout.kernels;

/**
 * Constants of an element-by-element kernel with two inputs.
 *
 * @param width       numbers in a row
 * @param leftStride  numbers from one row of the left input to the next
 * @param leftOffset  first number of row 0 in the left input
 * @param rightStride numbers from one row of the right input to the next
 * @param rightOffset first number of row 0 in the right input
 */
public record PairShape(int width, int leftStride, int leftOffset, int rightStride, int rightOffset) {
}
