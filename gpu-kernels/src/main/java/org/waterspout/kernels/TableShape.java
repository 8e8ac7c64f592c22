package org.waterspout.kernels;

/**
 * Constants of adding a table's entry to each row.
 *
 * @param width       numbers in a row
 * @param inputStride numbers from one row of the input to the next
 * @param inputOffset first number of row 0 in the input
 * @param number      which int of a row in the step is the entry's number: {@link StepLayout#POSITION} or {@link StepLayout#TYPE}
 */
public record TableShape(int width, int inputStride, int inputOffset, int number) {
}
