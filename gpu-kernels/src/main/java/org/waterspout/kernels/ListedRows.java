package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The rows of a weight that a product is asked for: all of it, or with shape.listed() 1 those of a list, [1 + rows]: their number, then
 * the rows. The output then has as many columns as the list has rows.
 */
final class ListedRows {

    private ListedRows() {
    }

    /** How many rows. */
    static int count(IntArray candidates, MatMulShape shape) {
        int result = shape.rows();
        if (shape.listed() == 1) {
            result = candidates.get(0);
        }
        return result;
    }

    /** Number {@code i} of them. */
    static int row(IntArray candidates, MatMulShape shape, int i) {
        int result = i;
        if (shape.listed() == 1) {
            result = candidates.get(1 + i);
        }
        return result;
    }
}
