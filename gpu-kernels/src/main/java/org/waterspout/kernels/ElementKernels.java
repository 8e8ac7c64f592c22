package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Kernels that give an item one element of the output [rows, width]: item i makes element i % width of row i / width. No local
 * memory. One family for every device. Error limits: exact but for functions, 2e-6 of the largest output.
 */
public final class ElementKernels {

    private ElementKernels() {
    }

    /** out = left + right. left, right: float [rows, stride]; output: float [rows, width]. */
    public static void add(KernelContext context, IntArray step, FloatArray left, FloatArray right, FloatArray output, PairShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int row = item / shape.width();
            int column = item % shape.width();
            output.set(item, left.get(row * shape.leftStride() + shape.leftOffset() + column)
                    + right.get(row * shape.rightStride() + shape.rightOffset() + column));
        }
    }

    /** out = left * right. Arrays as for add. */
    public static void multiply(KernelContext context, IntArray step, FloatArray left, FloatArray right, FloatArray output,
            PairShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int row = item / shape.width();
            int column = item % shape.width();
            output.set(item, left.get(row * shape.leftStride() + shape.leftOffset() + column)
                    * right.get(row * shape.rightStride() + shape.rightOffset() + column));
        }
    }

    /** out = function(input). input: float [rows, stride]; output: float [rows, width]. */
    public static void activate(KernelContext context, IntArray step, FloatArray input, FloatArray output, ActivateShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int from = item / shape.width() * shape.inputStride() + shape.inputOffset() + item % shape.width();
            output.set(item, Activations.apply(shape.function(), input.get(from)));
        }
    }

    /**
     * out[r, i] = function(input[r, i]) * input[r, width + i]. input: float [rows, stride], stride at least 2 * width; output: float [rows,
     * width].
     */
    public static void gate(KernelContext context, IntArray step, FloatArray input, FloatArray output, ActivateShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int from = item / shape.width() * shape.inputStride() + shape.inputOffset() + item % shape.width();
            output.set(item, Activations.apply(shape.function(), input.get(from)) * input.get(from + shape.width()));
        }
    }

    /** out = input * factor. Arrays as for activate. With factor 1 it copies. */
    public static void scale(KernelContext context, IntArray step, FloatArray input, FloatArray output, ScaleShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int from = item / shape.width() * shape.inputStride() + shape.inputOffset() + item % shape.width();
            output.set(item, input.get(from) * shape.factor());
        }
    }

    /** out = factor * tanh(input / factor). Arrays as for activate. */
    public static void softCap(KernelContext context, IntArray step, FloatArray input, FloatArray output, ScaleShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int from = item / shape.width() * shape.inputStride() + shape.inputOffset() + item % shape.width();
            output.set(item, shape.factor() * TornadoMath.tanh(Activations.clamp(input.get(from) / shape.factor())));
        }
    }

    /** out[r] = input[selected[r]], selected in the step. input: float [any rows, stride]; output: float [rows, width]. */
    public static void selectRows(KernelContext context, IntArray step, FloatArray input, FloatArray output, ViewShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int row = step.get(StepLayout.HEADER + item / shape.width() * StepLayout.ROW + StepLayout.SELECTED);
            output.set(item, input.get(row * shape.inputStride() + shape.inputOffset() + item % shape.width()));
        }
    }

    /**
     * out[r] = input[r] + table[number[r]], the number being int shape.number() of the row: its position or its token's type. input: float
     * [rows, stride]; table: float [numbers, width]; output: float [rows, width].
     */
    public static void addEntry(KernelContext context, IntArray step, FloatArray input, FloatArray table, FloatArray output,
            TableShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int row = item / shape.width();
            int column = item % shape.width();
            int entry = step.get(StepLayout.HEADER + row * StepLayout.ROW + shape.number());
            output.set(item, input.get(row * shape.inputStride() + shape.inputOffset() + column)
                    + table.get(entry * shape.width() + column));
        }
    }

    /**
     * out[r] = the mean of input's rows from the step's first to its selected one. input: float [any rows, stride]; output: float [rows,
     * width].
     */
    public static void meanRows(KernelContext context, IntArray step, FloatArray input, FloatArray output, ViewShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int ints = StepLayout.HEADER + item / shape.width() * StepLayout.ROW;
            int from = step.get(ints + StepLayout.MEAN_FROM);
            int to = step.get(ints + StepLayout.SELECTED);
            float sum = 0f;
            for (int row = from; row <= to; row++) {
                sum += input.get(row * shape.inputStride() + shape.inputOffset() + item % shape.width());
            }
            output.set(item, sum / (to + 1 - from));
        }
    }

    /** a = 0 throughout: device memory is not zero by itself. Every item clears every globalGroupSizeX-th element. */
    public static void clear(KernelContext context, FloatArray a) {
        for (int i = context.globalIdx; i < a.getSize(); i += context.globalGroupSizeX) {
            a.set(i, 0f);
        }
    }

    /** As clear, of halves. */
    public static void clearHalves(KernelContext context, ShortArray a) {
        for (int i = context.globalIdx; i < a.getSize(); i += context.globalGroupSizeX) {
            a.set(i, (short) 0);
        }
    }

    /** As clear, four arrays of any sizes in one launch. */
    public static void clearFour(KernelContext context, FloatArray a, FloatArray b, FloatArray c, FloatArray d) {
        for (int i = context.globalIdx; i < a.getSize(); i += context.globalGroupSizeX) {
            a.set(i, 0f);
        }
        for (int i = context.globalIdx; i < b.getSize(); i += context.globalGroupSizeX) {
            b.set(i, 0f);
        }
        for (int i = context.globalIdx; i < c.getSize(); i += context.globalGroupSizeX) {
            c.set(i, 0f);
        }
        for (int i = context.globalIdx; i < d.getSize(); i += context.globalGroupSizeX) {
            d.set(i, 0f);
        }
    }
}
