package org.waterspout.backend.cpu;

import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/**
 * A plain operation with its weights at hand.
 *
 * @param op       plain, never {@link Op.Fused}
 * @param whole    the operation of the graph that this one completes: itself, or the Fused whose last part it is; null otherwise
 * @param barrier  whether row-wise execution must wait for the other workers before it
 * @param panelBarrier the same in panels
 * @param number   its place in the schedule
 * @param matrix   the table or the product's weights; null where there are none
 * @param gain     the norm's gain; null where there is none
 * @param bias     of a norm or a product; null where there is none
 * @param angles   which {@link RopeAngles} a Rope reads
 */
record ScheduledOp(Op op, Op whole, boolean barrier, boolean panelBarrier, int number, Matrix matrix, float[] gain, float[] bias,
        int angles) {

    /** A value that has a row for each row that this operation computes. */
    Value rowsLike() {
        return op.outputs().isEmpty() ? op.inputs().getFirst() : op.outputs().getFirst();
    }
}
