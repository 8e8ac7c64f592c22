package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Which positions a row attends to, and where their keys and values lie. Branches depend on compile-time constants only. */
final class AttendedPositions {

    private AttendedPositions() {
    }

    /** The row of keys and values that is position 0; where positions are placed, of block 0. */
    static int begin(IntArray step, AttentionShape shape, int row) {
        int ints = StepLayout.HEADER + row * StepLayout.ROW;
        int result = row - step.get(ints + StepLayout.POSITION);
        if (shape.kind() == AttentionShape.CACHE) {
            int sequence = shape.placed() > 0 ? 0 : step.get(ints + StepLayout.SEQUENCE);
            result = step.get(StepLayout.SLOTS + shape.slot()) * shape.cacheRows() + sequence * shape.positions();
        }
        if (shape.kind() == AttentionShape.MEMORY) {
            result = step.get(StepLayout.SLOTS + shape.slot()) * shape.cacheRows()
                    + step.get(ints + StepLayout.SOURCE) * shape.positions();
        }
        return result;
    }

    /** How many rows position {@code t} of {@code sequence} lies behind where it would lie in block 0; 0 where it is not placed. */
    static int moved(FloatArray places, AttentionShape shape, int sequence, int t) {
        int result = 0;
        if (shape.placed() > 0) {
            result = (int) places.get(sequence * shape.positions() + t) * shape.placed();
        }
        return result;
    }

    /** The first position that a row attends to: at a distance below the window, where there is one. */
    static int first(IntArray step, AttentionShape shape, int row) {
        int result = 0;
        if (shape.kind() != AttentionShape.MEMORY) {
            int position = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.POSITION);
            int window = step.get(StepLayout.SLOTS + shape.slot() + 1);
            result = window > 0 && position >= window ? position - window + 1 : 0;
        }
        return result;
    }

    /** Behind the last position that a row attends to. */
    static int end(IntArray step, AttentionShape shape, int row) {
        int ints = StepLayout.HEADER + row * StepLayout.ROW;
        int result = step.get(ints + StepLayout.POSITION) + 1;
        if (shape.kind() == AttentionShape.STEP) {
            int window = step.get(StepLayout.SLOTS + shape.slot() + 1);
            int length = step.get(ints + StepLayout.LENGTH);
            int reached = step.get(ints + StepLayout.POSITION) + window;
            result = window > 0 && reached < length ? reached : length;
        }
        if (shape.kind() == AttentionShape.MEMORY) {
            result = step.get(ints + StepLayout.SOURCE_LENGTH);
        }
        return result;
    }

    /** Where the bias of position 0 lies, for a row at {@code position}; 0 where there are no biases. */
    static int bias(IntArray step, AttentionShape shape, int head, int position) {
        int result = 0;
        if (shape.biased() == 1) {
            int table = step.get(StepLayout.SLOTS + shape.slot() + 2) * shape.heads() + head;
            result = table * (2 * shape.reach() - 1) + shape.reach() - 1 - position;
        }
        return result;
    }
}
