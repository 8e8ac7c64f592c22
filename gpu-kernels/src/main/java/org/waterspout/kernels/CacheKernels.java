package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Writing keys and values into their caches, of floats or of halves. An item writes one element; no local memory; one family for every
 * device. Caches of either kind are written by kernels of their own: TornadoVM does not come to an end with a task that could write one
 * array by two names, which a stand-in for keys and values would be.
 */
public final class CacheKernels {

    private CacheKernels() {
    }

    /**
     * keys[number, place[r]] = key[r], and likewise values. key, value: float [rows, stride]; keys, values: float [caches,
     * cacheRows, width]. Items: rows * 2 * width, a row's keys before its values. Exact.
     */
    public static void append(KernelContext context, IntArray step, FloatArray key, FloatArray value, FloatArray keys,
            FloatArray values, CacheShape shape) {
        int item = context.globalIdx;
        int width = shape.width();
        if (item < step.get(StepLayout.ROWS) * 2 * width) {
            int row = item / (2 * width);
            int column = item % width;
            int target = target(step, row, width, shape.cacheRows(), shape.slot()) + column;
            if (item % (2 * width) < width) {
                keys.set(target, key.get(row * shape.keyStride() + shape.keyOffset() + column));
            } else {
                values.set(target, value.get(row * shape.valueStride() + shape.valueOffset() + column));
            }
        }
    }

    /** As append, into keys, values: half of the same shape, each the nearest to the number ({@link KeptNumbers#half}). */
    public static void appendHalves(KernelContext context, IntArray step, FloatArray key, FloatArray value, ShortArray keys,
            ShortArray values, CacheShape shape) {
        int item = context.globalIdx;
        int width = shape.width();
        if (item < step.get(StepLayout.ROWS) * 2 * width) {
            int row = item / (2 * width);
            int column = item % width;
            int target = target(step, row, width, shape.cacheRows(), shape.slot()) + column;
            if (item % (2 * width) < width) {
                keys.set(target, KeptNumbers.half(key.get(row * shape.keyStride() + shape.keyOffset() + column)));
            } else {
                values.set(target, KeptNumbers.half(value.get(row * shape.valueStride() + shape.valueOffset() + column)));
            }
        }
    }

    /**
     * Turns queries and keys as {@link RopeKernels#rope} does, writes the queries to rotated and keys and values to the caches, in one
     * launch. query, key, value: float [rows, stride]; angles: as for rope; rotated: float [rows, queryWidth];
     * keys, values: float [caches, cacheRows, width]. Items: rows * (queryWidth + 2 * width), a row's query, then its key, then its
     * value. Error limit: 3e-7 of the largest input.
     */
    public static void rotateAndAppend(KernelContext context, IntArray step, FloatArray query, FloatArray key, FloatArray value,
            FloatArray angles, FloatArray rotated, FloatArray keys, FloatArray values, RotateShape shape) {
        int item = context.globalIdx;
        int queryWidth = shape.queryWidth();
        int width = shape.width();
        int all = queryWidth + 2 * width;
        if (item < step.get(StepLayout.ROWS) * all) {
            int row = item / all;
            int column = item % all;
            int target = target(step, row, width, shape.cacheRows(), shape.cacheSlot());
            if (column < queryWidth) {
                rotated.set(row * queryWidth + column, turnedQuery(step, query, angles, row, column, shape));
            }
            if (column >= queryWidth && column < queryWidth + width) {
                keys.set(target + column - queryWidth, turnedKey(step, key, angles, row, column - queryWidth, shape));
            }
            if (column >= queryWidth + width) {
                int valueColumn = column - queryWidth - width;
                values.set(target + valueColumn, value.get(row * shape.valueStride() + shape.valueOffset() + valueColumn));
            }
        }
    }

    /**
     * As rotateAndAppend, into keys, values: half of the same shape, each the nearest to the number ({@link KeptNumbers#half}). Error
     * limit: 3e-7 of the largest input, before it is rounded.
     */
    public static void rotateAndAppendHalves(KernelContext context, IntArray step, FloatArray query, FloatArray key, FloatArray value,
            FloatArray angles, FloatArray rotated, ShortArray keys, ShortArray values, RotateShape shape) {
        int item = context.globalIdx;
        int queryWidth = shape.queryWidth();
        int width = shape.width();
        int all = queryWidth + 2 * width;
        if (item < step.get(StepLayout.ROWS) * all) {
            int row = item / all;
            int column = item % all;
            int target = target(step, row, width, shape.cacheRows(), shape.cacheSlot());
            if (column < queryWidth) {
                rotated.set(row * queryWidth + column, turnedQuery(step, query, angles, row, column, shape));
            }
            if (column >= queryWidth && column < queryWidth + width) {
                keys.set(target + column - queryWidth,
                        KeptNumbers.half(turnedKey(step, key, angles, row, column - queryWidth, shape)));
            }
            if (column >= queryWidth + width) {
                int valueColumn = column - queryWidth - width;
                values.set(target + valueColumn,
                        KeptNumbers.half(value.get(row * shape.valueStride() + shape.valueOffset() + valueColumn)));
            }
        }
    }

    /**
     * keys[c, to[i], ...] = keys[c, from[i], ...] of every cache c and pair i of blocks, and likewise values. blocks: int [pairs, 2], from
     * and to; keys, values: float [caches, blocks, length, width]. No block is both written and read. Items: pairs * caches * length *
     * width, an element of a key and of a value each. Exact.
     */
    public static void copyBlocks(KernelContext context, IntArray step, IntArray blocks, FloatArray keys, FloatArray values,
            BlockShape shape) {
        int item = context.globalIdx;
        int of = shape.length() * shape.width();
        if (item < step.get(StepLayout.ROWS) * shape.caches() * of) {
            int pair = item / (shape.caches() * of);
            int cache = item / of % shape.caches() * shape.cacheRows() * shape.width();
            int from = cache + blocks.get(2 * pair) * of + item % of;
            int to = cache + blocks.get(2 * pair + 1) * of + item % of;
            keys.set(to, keys.get(from));
            values.set(to, values.get(from));
        }
    }

    /** As copyBlocks, keys, values: half. */
    public static void copyHalves(KernelContext context, IntArray step, IntArray blocks, ShortArray keys, ShortArray values,
            BlockShape shape) {
        int item = context.globalIdx;
        int of = shape.length() * shape.width();
        if (item < step.get(StepLayout.ROWS) * shape.caches() * of) {
            int pair = item / (shape.caches() * of);
            int cache = item / of % shape.caches() * shape.cacheRows() * shape.width();
            int from = cache + blocks.get(2 * pair) * of + item % of;
            int to = cache + blocks.get(2 * pair + 1) * of + item % of;
            keys.set(to, keys.get(from));
            values.set(to, values.get(from));
        }
    }

    private static float turnedQuery(IntArray step, FloatArray query, FloatArray angles, int row, int column, RotateShape shape) {
        int from = row * shape.queryStride() + shape.queryOffset() + column;
        return RopeKernels.turn(step, query, angles, row, from, column % shape.headDimension(), shape.pairs(), shape.interleaved(),
                shape.positions(), shape.tableSlot());
    }

    private static float turnedKey(IntArray step, FloatArray key, FloatArray angles, int row, int column, RotateShape shape) {
        int from = row * shape.keyStride() + shape.keyOffset() + column;
        return RopeKernels.turn(step, key, angles, row, from, column % shape.headDimension(), shape.pairs(), shape.interleaved(),
                shape.positions(), shape.tableSlot());
    }

    /** First number of the cached row of step row {@code row}. */
    private static int target(IntArray step, int row, int width, int cacheRows, int slot) {
        int place = step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.PLACE);
        return (step.get(StepLayout.SLOTS + slot) * cacheRows + place) * width;
    }
}
