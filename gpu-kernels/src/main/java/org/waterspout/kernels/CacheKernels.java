package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Writing keys and values into their caches. An item writes one element; no local memory; one family for every device. */
public final class CacheKernels {

    private CacheKernels() {
    }

    /**
     * keys[number, sequence[r], position[r]] = key[r], and likewise values. key, value: float [rows, stride]; keys, values: float [caches,
     * sequences, contextLength, width]. Items: rows * 2 * width, a row's keys before its values. Exact.
     */
    public static void append(KernelContext context, IntArray step, FloatArray key, FloatArray value, FloatArray keys,
            FloatArray values, CacheShape shape) {
        int item = context.globalIdx;
        int width = shape.width();
        if (item < step.get(Step.ROWS) * 2 * width) {
            int row = item / (2 * width);
            int column = item % width;
            int target = target(step, shape, row) + column;
            if (item % (2 * width) < width) {
                keys.set(target, key.get(row * shape.keyStride() + shape.keyOffset() + column));
            } else {
                values.set(target, value.get(row * shape.valueStride() + shape.valueOffset() + column));
            }
        }
    }

    /**
     * Turns queries and keys as {@link RopeKernels#rope} does, writes the queries to rotated and keys and values to the caches, in one
     * launch. query, key, value: float [rows, stride]; angles: float [tables, contextLength, pairs, 2]; rotated: float [rows, queryWidth];
     * keys, values: float [caches, sequences, contextLength, width]. Items: rows * (queryWidth + 2 * width), a row's query, then its
     * key, then its value. Error limit: 3e-7 of the largest input.
     */
    public static void rotateAndAppend(KernelContext context, IntArray step, FloatArray query, FloatArray key, FloatArray value,
            FloatArray angles, FloatArray rotated, FloatArray keys, FloatArray values, RopeShape rope, CacheShape shape) {
        int item = context.globalIdx;
        int width = shape.width();
        int all = rope.width() + 2 * width;
        if (item < step.get(Step.ROWS) * all) {
            int row = item / all;
            int column = item % all;
            if (column < rope.width()) {
                int from = row * rope.inputStride() + rope.inputOffset() + column;
                rotated.set(row * rope.width() + column, RopeKernels.turn(step, query, angles, rope, row, from, column));
            }
            if (column >= rope.width() && column < rope.width() + width) {
                int keyColumn = column - rope.width();
                int from = row * shape.keyStride() + shape.keyOffset() + keyColumn;
                keys.set(target(step, shape, row) + keyColumn, RopeKernels.turn(step, key, angles, rope, row, from, keyColumn));
            }
            if (column >= rope.width() + width) {
                int valueColumn = column - rope.width() - width;
                values.set(target(step, shape, row) + valueColumn,
                        value.get(row * shape.valueStride() + shape.valueOffset() + valueColumn));
            }
        }
    }

    /** First number of the cached row of step row {@code row}. */
    private static int target(IntArray step, CacheShape shape, int row) {
        int ints = Step.HEADER + row * Step.ROW;
        int sequence = step.get(Step.SLOTS + shape.slot()) * shape.sequences() + step.get(ints + Step.SEQUENCE);
        return (sequence * shape.contextLength() + step.get(ints + Step.POSITION)) * shape.width();
    }
}
