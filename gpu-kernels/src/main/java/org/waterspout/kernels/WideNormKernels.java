package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Norms for devices of type CPU. A row of width numbers is cut into groups of groupWidth (one, or one a head); each is normalised on its
 * own by one item. No local memory. input: float [rows, inputStride]; gain and bias: float [layers, groupWidth]; output: float
 * [rows, width]. Error limit: 2e-6 of the largest output. {@link GroupNormKernels} is its twin.
 */
public final class WideNormKernels {

    private WideNormKernels() {
    }

    /** out = x / sqrt(mean(x^2) + epsilon) * gain. */
    public static void rms(KernelContext context, IntArray step, FloatArray input, FloatArray gain, FloatArray output, NormShape shape) {
        int item = context.globalIdx;
        int count = shape.groupWidth();
        int groups = shape.width() / count;
        if (item < step.get(StepLayout.ROWS) * groups) {
            int from = item / groups * shape.inputStride() + shape.inputOffset() + item % groups * count + step.get(StepLayout.ZERO);
            int gains = step.get(StepLayout.LAYER) * count;
            int vectors = count / 8 * 8;
            Float8 squares = FloatLanes.zero();
            for (int j = 0; j < vectors; j += 8) {
                Float8 x = FloatLanes.floats(input, from + j);
                squares = FloatLanes.multiplyAdd(squares, x, x);
            }
            float sum = FloatLanes.sum(squares);
            for (int j = vectors; j < count; j++) {
                sum += input.get(from + j) * input.get(from + j);
            }
            float factor = 1f / TornadoMath.sqrt(sum / count + shape.epsilon());
            for (int j = 0; j < count; j++) {
                output.set(item * count + j, input.get(from + j) * factor * gain.get(gains + j));
            }
        }
    }

    /**
     * out = (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias, the variance in a second pass, so that large means do not drown it.
     */
    public static void layer(KernelContext context, IntArray step, FloatArray input, FloatArray gain, FloatArray bias, FloatArray output,
            NormShape shape) {
        int item = context.globalIdx;
        int count = shape.groupWidth();
        int groups = shape.width() / count;
        if (item < step.get(StepLayout.ROWS) * groups) {
            int from = item / groups * shape.inputStride() + shape.inputOffset() + item % groups * count + step.get(StepLayout.ZERO);
            int gains = step.get(StepLayout.LAYER) * count;
            int vectors = count / 8 * 8;
            Float8 sums = FloatLanes.zero();
            for (int j = 0; j < vectors; j += 8) {
                sums = Float8.add(sums, FloatLanes.floats(input, from + j));
            }
            float sum = FloatLanes.sum(sums);
            for (int j = vectors; j < count; j++) {
                sum += input.get(from + j);
            }
            float mean = sum / count;
            float squares = 0f;
            for (int j = 0; j < count; j++) {
                float distance = input.get(from + j) - mean;
                squares += distance * distance;
            }
            float factor = 1f / TornadoMath.sqrt(squares / count + shape.epsilon());
            for (int j = 0; j < count; j++) {
                output.set(item * count + j, (input.get(from + j) - mean) * factor * gain.get(gains + j) + bias.get(gains + j));
            }
        }
    }
}
