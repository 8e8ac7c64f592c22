package org.waterspout.emulator;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat8;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/** Kernels for the tests: right ones, and one for each fault. */
final class SampleKernels {
    private SampleKernels() {
    }

    /** out[n] = in[n] * factor. */
    static void scale(KernelContext context, FloatArray in, FloatArray out, int n, float factor) {
        int i = context.globalIdx;
        if (i < n) {
            out.set(i, in.get(i) * factor);
        }
    }

    /** What a kernel gets as constants. */
    record Shape(int n, float factor) {
    }

    /** As scale, with its scalars in a record. */
    static void scaleByShape(KernelContext context, FloatArray in, FloatArray out, Shape shape) {
        int i = context.globalIdx;
        if (i < shape.n()) {
            out.set(i, in.get(i) * shape.factor());
        }
    }

    /** As scale, and it forgets that the grid is larger than the arrays. */
    static void scaleWithoutGuard(KernelContext context, FloatArray in, FloatArray out, float factor) {
        int i = context.globalIdx;
        out.set(i, in.get(i) * factor);
    }

    /** data[n] += 1. */
    static void increment(KernelContext context, FloatArray data, int n) {
        int i = context.globalIdx;
        if (i < n) {
            data.set(i, data.get(i) + 1f);
        }
    }

    /** out[n] = first element of each pair; the second element of each pair is left alone. */
    static void writeEven(KernelContext context, FloatArray out, int n) {
        int i = context.globalIdx;
        if (i < n && i % 2 == 0) {
            out.set(i, 1f);
        }
    }

    /** Writes nothing for a limit of 0. */
    static void writeBelow(KernelContext context, IntArray limit, FloatArray out) {
        int i = context.globalIdx;
        if (i < limit.get(0)) {
            out.set(i, 1f);
        }
    }

    /** sums[groups] = the sum of each group's part of in[n]. */
    static void groupSum(KernelContext context, FloatArray in, FloatArray sums, int n, int localSize) {
        int l = context.localIdx;
        int i = context.globalIdx;
        float[] part = context.allocateFloatLocalArray(localSize);
        part[l] = i < n ? in.get(i) : 0f;
        context.localBarrier();
        for (int stride = localSize / 2; stride > 0; stride = stride / 2) {
            if (l < stride) {
                part[l] = part[l] + part[l + stride];
            }
            context.localBarrier();
        }
        if (l == 0) {
            sums.set(context.groupIdx, part[0]);
        }
    }

    /** As groupSum, without the barrier inside the loop. */
    static void groupSumWithoutBarrier(KernelContext context, FloatArray in, FloatArray sums, int n, int localSize) {
        int l = context.localIdx;
        int i = context.globalIdx;
        float[] part = context.allocateFloatLocalArray(localSize);
        part[l] = i < n ? in.get(i) : 0f;
        context.localBarrier();
        for (int stride = localSize / 2; stride > 0; stride = stride / 2) {
            if (l < stride) {
                part[l] = part[l] + part[l + stride];
            }
        }
        if (l == 0) {
            sums.set(context.groupIdx, part[0]);
        }
    }

    /** Reverses each group through local memory, without a barrier between writing and reading. */
    static void reverseWithoutBarrier(KernelContext context, FloatArray in, FloatArray out, int localSize) {
        int l = context.localIdx;
        float[] part = context.allocateFloatLocalArray(localSize);
        part[l] = in.get(context.globalIdx);
        out.set(context.globalIdx, part[localSize - 1 - l]);
    }

    /** Only the lower half of a group reaches the barrier. */
    static void divergentBarrier(KernelContext context, FloatArray data, int localSize) {
        int l = context.localIdx;
        if (l < localSize / 2) {
            data.set(context.globalIdx, 1f);
            context.localBarrier();
        }
        data.set(context.globalIdx, 2f);
    }

    /** Every item reaches a barrier, but not all the same one. */
    static void twoBarriers(KernelContext context, FloatArray data, int localSize) {
        int l = context.localIdx;
        if (l < localSize / 2) {
            context.localBarrier();
        } else {
            data.set(context.globalIdx, 1f);
            context.localBarrier();
        }
        data.set(context.globalIdx, 2f);
    }

    /** Every item writes element 0. */
    static void everybodyWritesOne(KernelContext context, FloatArray out) {
        out.set(0, (float) context.globalIdx);
    }

    /** Two local arrays of different types, one of them larger than the device allows if localSize is. */
    static void localIntsAndBytes(KernelContext context, IntArray out, int localSize) {
        int l = context.localIdx;
        int[] ints = context.allocateIntLocalArray(localSize);
        byte[] bytes = context.allocateByteLocalArray(localSize);
        ints[l] = l * 3;
        bytes[l] = (byte) l;
        context.localBarrier();
        int from = localSize - 1 - l;
        out.set(context.globalIdx, ints[from] + bytes[from]);
    }

    /** Reads one place past its local array. */
    static void pastLocal(KernelContext context, FloatArray out, int localSize) {
        float[] part = context.allocateFloatLocalArray(localSize);
        part[context.localIdx] = 1f;
        context.localBarrier();
        out.set(context.globalIdx, part[context.localIdx + 1]);
    }

    /** ids[9 * global size]: everything a context tells, for a grid of three dimensions. */
    static void ids(KernelContext context, IntArray ids) {
        int width = context.globalGroupSizeX;
        int height = context.globalGroupSizeY;
        int at = 9 * (context.globalIdx + width * (context.globalIdy + height * context.globalIdz));
        ids.set(at, context.localIdx);
        ids.set(at + 1, context.localIdy);
        ids.set(at + 2, context.localIdz);
        ids.set(at + 3, context.groupIdx);
        ids.set(at + 4, context.groupIdy);
        ids.set(at + 5, context.groupIdz);
        ids.set(at + 6, context.localGroupSizeX);
        ids.set(at + 7, context.localGroupSizeY);
        ids.set(at + 8, context.localGroupSizeZ);
    }

    /** out[rows] = bytes w[rows][columns] times vectors x[columns / 8]; columns is a multiple of 8. */
    static void matvecBytes(KernelContext context, ByteArray w, VectorFloat8 x, FloatArray out, int rows, int columns) {
        int row = context.globalIdx;
        if (row < rows) {
            Float8 sum = new Float8(0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f);
            for (int k = 0; k < columns / 8; k++) {
                int p = row * columns + 8 * k;
                sum = Float8.add(sum, Float8.mult(new Float8(w.get(p), w.get(p + 1), w.get(p + 2), w.get(p + 3),
                        w.get(p + 4), w.get(p + 5), w.get(p + 6), w.get(p + 7)), x.get(k)));
            }
            out.set(row, sum.getS0() + sum.getS1() + sum.getS2() + sum.getS3() + sum.getS4() + sum.getS5() + sum.getS6()
                    + sum.getS7());
        }
    }

    /** histogram[8] counts the values of in, modulo 8. */
    static void histogram(KernelContext context, IntArray in, IntArray histogram) {
        context.atomicAdd(histogram, in.get(context.globalIdx) % 8, 1);
    }

    /** sum[n] = a[n] + b[n], as a loop that TornadoVM makes parallel. */
    static void addInLoop(FloatArray a, FloatArray b, FloatArray sum, int n) {
        for (@Parallel int i = 0; i < n; i++) {
            sum.set(i, a.get(i) + b.get(i));
        }
    }

    /** Reads a only when asked to; b goes through a helper. */
    static void conditional(KernelContext context, FloatArray a, FloatArray b, FloatArray out, IntArray flag) {
        float value = flag.get(0) > 0 ? a.get(context.globalIdx) : 0f;
        FloatArray target = flag.get(0) > 1 ? out : b;
        store(target, context.globalIdx, flag.get(0) > 2 ? value : -value);
    }

    private static void store(FloatArray target, int index, float value) {
        target.set(index, value);
    }

    /** Passes an array the kernel owns to a float atomic. */
    static void floatAtomic(KernelContext context, FloatArray out) {
        context.atomicAdd(out, 0, 1f);
    }
}
