package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The index of a row's largest number, for GPUs. {@link WideArgMaxKernels} is its twin. */
public final class GroupArgMaxKernels {

    private GroupArgMaxKernels() {
    }

    /**
     * Formula and arrays of {@link WideArgMaxKernels#argMax}. A work-group of {@link StepLayout#GROUP} items owns a row; each item looks at
     * every 64th number, a tree in local memory (64 floats, 64 ints) finds the largest, the lower index where two are equal. The grid has
     * rows groups.
     */
    public static void argMax(KernelContext context, IntArray step, FloatArray input, FloatArray output, ViewShape shape) {
        float[] values = context.allocateFloatLocalArray(StepLayout.GROUP);
        int[] indexes = context.allocateIntLocalArray(StepLayout.GROUP);
        int lane = context.localIdx;
        int row = context.groupIdx;
        int from = row * shape.inputStride() + shape.inputOffset();
        int index = lane < shape.width() ? lane : 0;
        float largest = input.get(from + index);
        for (int j = lane + StepLayout.GROUP; j < shape.width(); j += StepLayout.GROUP) {
            float value = input.get(from + j);
            index = value > largest ? j : index;
            largest = value > largest ? value : largest;
        }
        values[lane] = largest;
        indexes[lane] = index;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                float other = values[lane + half];
                if (other > values[lane] || (other == values[lane] && indexes[lane + half] < indexes[lane])) {
                    values[lane] = other;
                    indexes[lane] = indexes[lane + half];
                }
            }
        }
        if (lane == 0) {
            output.set(row, indexes[0]);
        }
    }
}
