package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Seeded faults, one a method, each named after the rule it breaks; never run. */
final class FaultyKernels {

    private FaultyKernels() {
    }

    static void unsignedShift(KernelContext context, IntArray a) {
        a.set(context.globalIdx, a.get(context.globalIdx) >>> 4);
    }

    static void unsignedLongShift(KernelContext context, IntArray a) {
        long wide = a.get(context.globalIdx);
        a.set(context.globalIdx, (int) (wide >>> 4));
    }

    static void halfDecoding(KernelContext context, IntArray a, FloatArray b) {
        b.set(context.globalIdx, Float.float16ToFloat((short) a.get(context.globalIdx)));
    }

    static void bitCast(KernelContext context, IntArray a, FloatArray b) {
        b.set(context.globalIdx, Float.intBitsToFloat(a.get(context.globalIdx)) + 1f);
    }

    static void rawBits(KernelContext context, IntArray a, FloatArray b) {
        a.set(context.globalIdx, Float.floatToRawIntBits(b.get(context.globalIdx)));
    }

    static void fusedMultiply(KernelContext context, FloatArray a) {
        a.set(context.globalIdx, Math.fma(a.get(0), a.get(1), a.get(2)));
    }

    static void rounding(KernelContext context, FloatArray a) {
        a.set(context.globalIdx, Math.round(a.get(0)));
    }

    static void booleanArgument(KernelContext context, FloatArray a, boolean flag) {
        a.set(context.globalIdx, flag ? 1f : 0f);
    }

    static void byteArrayArgument(KernelContext context, FloatArray a, byte[] b) {
        a.set(context.globalIdx, b[context.globalIdx]);
    }

    static void nestedArrayArgument(KernelContext context, FloatArray a, float[][] b) {
        a.set(context.globalIdx, b[0][context.globalIdx]);
    }

    static void enumArgument(KernelContext context, FloatArray a, Thread.State state) {
        a.set(context.globalIdx, state == Thread.State.NEW ? 1f : 0f);
    }

    static void shapeNotLast(KernelContext context, FloatArray a, ViewShape shape, int size) {
        a.set(context.globalIdx, shape.width() + size);
    }

    static void localArrayArgument(KernelContext context, FloatArray a) {
        float[] local = context.allocateFloatLocalArray(64);
        local[context.localIdx] = 1f;
        context.localBarrier();
        a.set(context.globalIdx, first(local));
    }

    private static float first(float[] local) {
        return local[0];
    }

    static void twoLocalArrays(KernelContext context, FloatArray a) {
        float[] left = context.allocateFloatLocalArray(64);
        float[] right = context.allocateFloatLocalArray(64);
        left[context.localIdx] = 1f;
        right[context.localIdx] = 2f;
        a.set(context.globalIdx, left[context.localIdx] + right[context.localIdx]);
    }

    static void loopsInBothArms(KernelContext context, FloatArray a, int size) {
        float sum = 0f;
        if (a.get(0) > 0f) {
            for (int i = 0; i < size; i++) {
                sum += a.get(i);
            }
        } else {
            for (int i = 0; i < size; i++) {
                sum -= a.get(i);
            }
        }
        a.set(context.globalIdx, sum);
    }

    static void twoParallelLoops(FloatArray a) {
        for (@Parallel int i = 0; i < a.getSize(); i++) {
            a.set(i, 1f);
        }
        for (@Parallel int i = 0; i < a.getSize(); i++) {
            a.set(i, a.get(i) + 1f);
        }
    }

    static void thrown(KernelContext context, FloatArray a) {
        if (a.get(0) > 1f) {
            throw new IllegalArgumentException();
        }
        a.set(context.globalIdx, 0f);
    }

    static void tooManyArguments(KernelContext context, FloatArray a, int b, int c, int d, int e, int f, int g, int h, int i, int j,
            int k, int l) {
        a.set(context.globalIdx, b + c + d + e + f + g + h + i + j + k + l);
    }

    /** Not faulty: what the rules must let pass. */
    static void sound(KernelContext context, FloatArray a, int size, ViewShape shape) {
        float[] tile = new float[8];
        float[] local = context.allocateFloatLocalArray(64);
        float sum = 0f;
        if (a.get(0) > 0f) {
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < 8; j++) {
                    tile[j] += a.get(i) > 0f ? a.get(i) : -a.get(i);
                }
            }
        }
        for (int half = 32; half > 0; half /= 2) {
            context.localBarrier();
            if (context.localIdx < half) {
                local[context.localIdx] += local[context.localIdx + half];
            }
        }
        for (int j = 0; j < 8; j++) {
            sum += tile[j];
        }
        a.set(context.globalIdx, sum + shape.width() + local[0]);
    }
}
