package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The index of a row's largest number, for devices of type CPU. {@link GroupArgMaxKernels} is its twin. */
public final class WideArgMaxKernels {

    private WideArgMaxKernels() {
    }

    /**
     * out[r] = the lowest index of the largest element of input[r], as a float. input: float [rows, inputStride]; output: float [rows].
     * An item reads a row; no local memory; exact.
     */
    public static void argMax(KernelContext context, IntArray step, FloatArray input, FloatArray output, ViewShape shape) {
        int row = context.globalIdx;
        if (row < step.get(StepLayout.ROWS)) {
            int from = row * shape.inputStride() + shape.inputOffset();
            float largest = input.get(from);
            int index = 0;
            for (int j = 1; j < shape.width(); j++) {
                float value = input.get(from + j);
                index = value > largest ? j : index;
                largest = value > largest ? value : largest;
            }
            output.set(row, index);
        }
    }
}
