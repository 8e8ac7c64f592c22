package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Writing keys and values into their caches. */
public final class CacheKernels {

    private CacheKernels() {
    }

    /**
     * cache[number, sequence[r], position[r]] = input[r]. input: float [rows, inputStride]; cache: float [caches, sequences,
     * contextLength, width]. An item writes one element; no local memory; one family for every device; exact.
     */
    public static void append(KernelContext context, IntArray step, FloatArray input, FloatArray cache, CacheShape shape) {
        int item = context.globalIdx;
        if (item < step.get(Step.ROWS) * shape.width()) {
            int row = item / shape.width();
            int column = item % shape.width();
            int ints = Step.HEADER + row * Step.ROW;
            int sequence = step.get(Step.SLOTS + shape.slot()) * shape.sequences() + step.get(ints + Step.SEQUENCE);
            int target = (sequence * shape.contextLength() + step.get(ints + Step.POSITION)) * shape.width() + column;
            cache.set(target, input.get(row * shape.inputStride() + shape.inputOffset() + column));
        }
    }
}
