package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Norms for GPUs: formulas and arrays of {@link WideNormKernels}. A work-group of {@link StepLayout#GROUP} items owns one group of
 * neighbours of one row; each item sums every 64th number and a tree in local memory (64 floats) adds the sums. The grid has rows * (width
 * / groupWidth) groups. Error limit: 2e-6 of the largest output.
 */
public final class GroupNormKernels {

    private GroupNormKernels() {
    }

    /** out = x / sqrt(mean(x^2) + epsilon) * gain. */
    public static void rms(KernelContext context, IntArray step, FloatArray input, FloatArray gain, FloatArray output, NormShape shape) {
        float[] sums = context.allocateFloatLocalArray(StepLayout.GROUP);
        int lane = context.localIdx;
        int count = shape.groupWidth();
        int groups = shape.width() / count;
        int group = context.groupIdx;
        int from = group / groups * shape.inputStride() + shape.inputOffset() + group % groups * count;
        int gains = step.get(StepLayout.LAYER) * count;
        float squares = 0f;
        for (int j = lane; j < count; j += StepLayout.GROUP) {
            squares += input.get(from + j) * input.get(from + j);
        }
        sums[lane] = squares;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
            }
        }
        context.localBarrier();
        float factor = 1f / TornadoMath.sqrt(sums[0] / count + shape.epsilon());
        for (int j = lane; j < count; j += StepLayout.GROUP) {
            output.set(group * count + j, input.get(from + j) * factor * gain.get(gains + j));
        }
    }

    /** out = (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias. */
    public static void layer(KernelContext context, IntArray step, FloatArray input, FloatArray gain, FloatArray bias, FloatArray output,
            NormShape shape) {
        float[] sums = context.allocateFloatLocalArray(2 * StepLayout.GROUP);
        int lane = context.localIdx;
        int count = shape.groupWidth();
        int groups = shape.width() / count;
        int group = context.groupIdx;
        int from = group / groups * shape.inputStride() + shape.inputOffset() + group % groups * count;
        int gains = step.get(StepLayout.LAYER) * count;
        float sum = 0f;
        for (int j = lane; j < count; j += StepLayout.GROUP) {
            sum += input.get(from + j);
        }
        sums[lane] = sum;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[lane] += sums[lane + half];
            }
        }
        context.localBarrier();
        float mean = sums[0] / count;
        float square = 0f;
        for (int j = lane; j < count; j += StepLayout.GROUP) {
            float distance = input.get(from + j) - mean;
            square += distance * distance;
        }
        sums[StepLayout.GROUP + lane] = square;
        for (int half = StepLayout.GROUP / 2; half > 0; half /= 2) {
            context.localBarrier();
            if (lane < half) {
                sums[StepLayout.GROUP + lane] += sums[StepLayout.GROUP + lane + half];
            }
        }
        context.localBarrier();
        float factor = 1f / TornadoMath.sqrt(sums[StepLayout.GROUP] / count + shape.epsilon());
        for (int j = lane; j < count; j += StepLayout.GROUP) {
            output.set(group * count + j, (input.get(from + j) - mean) * factor * gain.get(gains + j) + bias.get(gains + j));
        }
    }
}
