package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The state of a recurrent unit. One family for every device. */
public final class RecurrenceKernels {

    private RecurrenceKernels() {
    }

    /**
     * For each row r of a sequence in order: state = f * state + (1 - f) * candidate[r], f = sigmoid(forget[r]), out[r] = state, or
     * function(state) + residual[r] when shape.added() is 1; before position 0 the state is zeros. candidate, forget, residual: float
     * [rows, stride]; states: float [layers, places, width]; output: float [rows, width]. Items: rows * width, of which those of the first
     * row of each sequence work: one element through all rows of the sequence. A state is read from its place before the step and written
     * to another, which nobody reads in this step. No local memory. Error limit: 1e-6 of the largest state and candidate.
     */
    public static void advance(KernelContext context, IntArray step, FloatArray candidate, FloatArray forget, FloatArray residual,
            FloatArray states, FloatArray output, RecurrenceShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int first = item / shape.width();
            int column = item % shape.width();
            int to = step.get(StepLayout.HEADER + first * StepLayout.ROW + StepLayout.STATE_TO);
            if (to >= 0) {
                int layer = step.get(StepLayout.SLOTS + shape.slot()) * shape.places();
                int from = step.get(StepLayout.HEADER + first * StepLayout.ROW + StepLayout.STATE_FROM);
                float state = states.get((layer + from) * shape.width() + column);
                int row = first;
                while (row >= 0) {
                    int ints = StepLayout.HEADER + row * StepLayout.ROW;
                    float before = step.get(ints + StepLayout.POSITION) == 0 ? 0f : state;
                    float gate = forget.get(row * shape.forgetStride() + shape.forgetOffset() + column);
                    float keep = 1f / (1f + TornadoMath.exp(Activations.clamp(-gate)));
                    float drop = 1f / (1f + TornadoMath.exp(Activations.clamp(gate)));
                    state = keep * before + drop * candidate.get(row * shape.candidateStride() + shape.candidateOffset() + column);
                    float made = state;
                    if (shape.added() == 1) {
                        made = Activations.apply(shape.function(), state)
                                + residual.get(row * shape.residualStride() + shape.residualOffset() + column);
                    }
                    output.set(row * shape.width() + column, made);
                    row = step.get(ints + StepLayout.NEXT);
                }
                states.set((layer + to) * shape.width() + column, state);
            }
        }
    }
}
