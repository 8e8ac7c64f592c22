package org.waterspout.kernels;

/**
 * A rotation's constants.
 *
 * @param width         numbers in a row
 * @param headDimension     numbers in a head
 * @param pairs         rotated pairs of each head; the numbers after the first 2 * pairs pass unchanged
 * @param interleaved   1 when pair i is elements 2i and 2i + 1, 0 when it is i and i + pairs
 * @param inputStride   numbers from one row of the input to the next
 * @param inputOffset   first number of row 0 in the input
 * @param positions     positions in a table
 * @param slot          step slot with the table's number
 */
public record RopeShape(int width, int headDimension, int pairs, int interleaved, int inputStride, int inputOffset,
        int positions, int slot) {
}
