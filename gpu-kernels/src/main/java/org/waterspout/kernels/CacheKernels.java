package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Writing keys and values into their caches, of floats, halves or quants. An item writes one element, of quants a group that shares a
 * scale; no local memory; one family for every device. Caches of each kind are written by kernels of their own: TornadoVM does not come to
 * an end with a task that could write one array by two names, which a stand-in for keys and values would be.
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
     * As append, in quants ({@link KeptNumbers}): keyScales, valueScales: float [caches, cacheRows, rowScales]; keys, values: pairs of
     * quants [caches, cacheRows, rowQuants]. Items: rows * 2 * scales of a row, each a group of numbers of a head, a row's keys before its
     * values.
     */
    public static void appendQuants(KernelContext context, IntArray step, FloatArray key, FloatArray value, FloatArray keyScales,
            FloatArray valueScales, ShortArray keys, ShortArray values, CacheShape shape) {
        int item = context.globalIdx;
        int groups = KeptNumbers.groups(shape.headDimension());
        int ofRow = shape.width() / shape.headDimension() * groups;
        if (item < step.get(StepLayout.ROWS) * 2 * ofRow) {
            int row = item / (2 * ofRow);
            int ofKey = 1 - item / ofRow % 2;
            int at = item % ofRow / groups * shape.headDimension() + item % groups * KeptNumbers.GROUP;
            int count = TornadoMath.min(KeptNumbers.GROUP, shape.headDimension() - item % groups * KeptNumbers.GROUP);
            int k = row * shape.keyStride() + shape.keyOffset() + at;
            int v = row * shape.valueStride() + shape.valueOffset() + at;
            float zero = (float) step.get(StepLayout.ZERO);
            float largest = 0f;
            float spoilt = 0f;
            for (int i = 0; i < count; i++) {
                float x = either(key, value, k + i, v + i, ofKey);
                spoilt += x * zero; // comparisons pass over NaN
                largest = larger(largest, x);
            }
            float scale = KeptNumbers.scale(largest, spoilt);
            int target = target(step, row, shape.cacheRows(), shape.slot());
            setScale(keyScales, valueScales, target * shape.rowScales() + item % ofRow, ofKey, scale);
            int pairs = target * shape.rowQuants() + item % ofRow / groups * KeptNumbers.pairs(shape.headDimension())
                    + item % groups * KeptNumbers.GROUP / 2;
            for (int i = 0; i < (count + 7) / 8 * 4; i++) {
                int low = i / 4 * 8 + i % 4;
                int high = low + 4;
                int first = 0;
                int second = 0;
                if (low < count) {
                    first = KeptNumbers.quant(either(key, value, k + low, v + low, ofKey), scale);
                }
                if (high < count) {
                    second = KeptNumbers.quant(either(key, value, k + high, v + high, ofKey), scale);
                }
                setPair(keys, values, pairs + i, ofKey, KeptNumbers.pair(first, second));
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
     * As rotateAndAppend, in quants, as appendQuants. Items: rows * (queryWidth + 2 * scales of a row), a row's query by its elements, then
     * the groups of its key and of its value. Error limit: 3e-7 of the largest input, before it is rounded.
     */
    public static void rotateAndAppendQuants(KernelContext context, IntArray step, FloatArray query, FloatArray key, FloatArray value,
            FloatArray angles, FloatArray rotated, FloatArray keyScales, FloatArray valueScales, ShortArray keys, ShortArray values,
            RotateShape shape) {
        int item = context.globalIdx;
        int queryWidth = shape.queryWidth();
        int groups = KeptNumbers.groups(shape.headDimension());
        int ofRow = shape.width() / shape.headDimension() * groups;
        int all = queryWidth + 2 * ofRow;
        int row = item / all;
        int column = item % all;
        int live = item < step.get(StepLayout.ROWS) * all ? 1 : 0;
        if (live == 1 && column < queryWidth) {
            rotated.set(row * queryWidth + column, turnedQuery(step, query, angles, row, column, shape));
        }
        if (live == 1 && column >= queryWidth) {
            int group = (column - queryWidth) % ofRow;
            int ofKey = column < queryWidth + ofRow ? 1 : 0;
            int at = group / groups * shape.headDimension() + group % groups * KeptNumbers.GROUP;
            int count = TornadoMath.min(KeptNumbers.GROUP, shape.headDimension() - group % groups * KeptNumbers.GROUP);
            float zero = (float) step.get(StepLayout.ZERO);
            float largest = 0f;
            float spoilt = 0f;
            for (int i = 0; i < count; i++) {
                float x = turned(step, key, value, angles, row, at + i, ofKey, shape);
                spoilt += x * zero; // comparisons pass over NaN
                largest = larger(largest, x);
            }
            float scale = KeptNumbers.scale(largest, spoilt);
            int target = target(step, row, shape.cacheRows(), shape.cacheSlot());
            setScale(keyScales, valueScales, target * shape.rowScales() + group, ofKey, scale);
            int pairs = target * shape.rowQuants() + group / groups * KeptNumbers.pairs(shape.headDimension())
                    + group % groups * KeptNumbers.GROUP / 2;
            for (int i = 0; i < (count + 7) / 8 * 4; i++) {
                int low = i / 4 * 8 + i % 4;
                int high = low + 4;
                int first = 0;
                int second = 0;
                if (low < count) {
                    first = KeptNumbers.quant(turned(step, key, value, angles, row, at + low, ofKey, shape), scale);
                }
                if (high < count) {
                    second = KeptNumbers.quant(turned(step, key, value, angles, row, at + high, ofKey, shape), scale);
                }
                setPair(keys, values, pairs + i, ofKey, KeptNumbers.pair(first, second));
            }
        }
    }

    private static float larger(float largest, float x) {
        float result = largest;
        if (largest < TornadoMath.abs(x)) {
            result = TornadoMath.abs(x);
        }
        return result;
    }

    /** Of the key where {@code ofKey} is 1, else of the value. */
    private static float either(FloatArray key, FloatArray value, int k, int v, int ofKey) {
        float result = 0f;
        if (ofKey == 1) {
            result = key.get(k);
        }
        if (ofKey == 0) {
            result = value.get(v);
        }
        return result;
    }

    /** As either, the key turned. */
    private static float turned(IntArray step, FloatArray key, FloatArray value, FloatArray angles, int row, int column, int ofKey,
            RotateShape shape) {
        float result = 0f;
        if (ofKey == 1) {
            result = turnedKey(step, key, angles, row, column, shape);
        }
        if (ofKey == 0) {
            result = value.get(row * shape.valueStride() + shape.valueOffset() + column);
        }
        return result;
    }

    private static void setScale(FloatArray keyScales, FloatArray valueScales, int at, int ofKey, float scale) {
        if (ofKey == 1) {
            keyScales.set(at, scale);
        }
        if (ofKey == 0) {
            valueScales.set(at, scale);
        }
    }

    private static void setPair(ShortArray keys, ShortArray values, int at, int ofKey, short pair) {
        if (ofKey == 1) {
            keys.set(at, pair);
        }
        if (ofKey == 0) {
            values.set(at, pair);
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
        return target(step, row, cacheRows, slot) * width;
    }

    /** The cached row of step row {@code row}. */
    private static int target(IntArray step, int row, int cacheRows, int slot) {
        return step.get(StepLayout.SLOTS + slot) * cacheRows + step.get(StepLayout.HEADER + row * StepLayout.ROW + StepLayout.PLACE);
    }
}
