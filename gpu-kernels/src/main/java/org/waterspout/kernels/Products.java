package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What every matrix product does with a sum. */
final class Products {

    private Products() {
    }

    /**
     * out[row, i] = product + bias + residual, of which the shape says what there is.
     *
     * @param row of the step
     * @param i   of the weight, or of the list of {@link ListedRows}
     */
    static void store(IntArray step, FloatArray residual, FloatArray bias, IntArray candidates, FloatArray output, MatMulShape shape,
            int row, int i, float product) {
        float sum = product;
        if (shape.bias() == 1) {
            sum += bias.get(step.get(StepLayout.LAYER) * shape.rows() + ListedRows.row(candidates, shape, i));
        }
        if (shape.residual() == 1) {
            sum += residual.get(row * shape.rows() + i);
        }
        output.set(row * ListedRows.count(candidates, shape) + i, sum);
    }
}
