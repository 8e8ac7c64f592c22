package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Rotary positions. */
public final class RopeKernels {

    private RopeKernels() {
    }

    /**
     * With pair (a, b) of a head and the cosine c and sine s of its angle at the row's position: a' = a c - b s, b' = b c + a s.
     * input: float [rows, inputStride]; angles: float [tables, sets, positions, pairs, 2], or [rows, tables, pairs, 2] with 1 for
     * positions, cosine and sine (made on the host in double, because a float cannot hold position times frequency well enough); output:
     * float [rows, width]. An item makes one element; no local memory; one family for every device. Error limit: 3e-7 of the largest input.
     */
    public static void rope(KernelContext context, IntArray step, FloatArray input, FloatArray angles, FloatArray output,
            RopeShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int row = item / shape.width();
            int column = item % shape.width();
            int from = row * shape.inputStride() + shape.inputOffset() + column;
            output.set(item, turn(step, input, angles, row, from, column % shape.headDimension(), shape.pairs(),
                    shape.interleaved(), shape.positions(), shape.slot()));
        }
    }

    /** Element {@code within} of a head of row {@code row}, which lies at {@code from} in the input, after the rotation. */
    static float turn(IntArray step, FloatArray input, FloatArray angles, int row, int from, int within, int pairs, int interleaved,
            int positions, int slot) {
        float value = input.get(from);
        if (within < 2 * pairs) {
            int pair = interleaved == 1 ? within / 2 : within % pairs;
            int distance = interleaved == 1 ? 1 : pairs;
            int second = interleaved == 1 ? within % 2 : within / pairs;
            int table = step.get(StepLayout.SLOTS + slot);
            int position = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.TURN);
            int angle = 2 * ((table * positions + position) * pairs + pair);
            float other = input.get(from + distance - 2 * second * distance);
            float sine = (2 * second - 1) * angles.get(angle + 1);
            value = value * angles.get(angle) + other * sine;
        }
        return value;
    }
}
