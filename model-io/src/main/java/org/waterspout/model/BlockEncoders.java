package org.waterspout.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The types that can be written. Layouts as in {@link BlockDecoders}; rounding: ggml-quants.c, quantize_row_*_ref. */
final class BlockEncoders {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH = 32;

    private BlockEncoders() {
    }

    static boolean f32(float[] in, int inAt, MemorySegment data, long at) {
        data.set(FLOAT, at, in[inAt]);
        return true;
    }

    static boolean f16(float[] in, int inAt, MemorySegment data, long at) {
        return setHalf(data, at, in[inAt]);
    }

    /** The upper 16 bits of a float, rounded to the nearest, of two that are as near to the even one; a NaN stays one. */
    static boolean bf16(float[] in, int inAt, MemorySegment data, long at) {
        int bits = Float.floatToRawIntBits(in[inAt]);
        int rounded = Float.isNaN(in[inAt]) ? bits >>> 16 | 0x40 : bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
        data.set(SHORT, at, (short) rounded);
        return Float.isInfinite(in[inAt]) || (rounded & 0x7FFF) != 0x7F80;
    }

    /** d = max|x| / 127; q = x / d rounded, halves away from zero. */
    static boolean q8With0(float[] in, int inAt, MemorySegment data, long at) {
        float d = largest(in, inAt) / 127;
        if (!Float.isFinite(d)) {
            return false;
        }
        signedBytes(in, inAt, inverse(d), data, at + 2);
        return setHalf(data, at, d);
    }

    /** As Q8_0, with d a float. */
    static boolean i8(float[] in, int inAt, MemorySegment data, long at) {
        float d = largest(in, inAt) / 127;
        if (!Float.isFinite(d)) {
            return false;
        }
        signedBytes(in, inAt, inverse(d), data, at + Float.BYTES);
        data.set(FLOAT, at, d);
        return true;
    }

    /** The largest magnitude; not a finite number if one of the block is none. */
    private static float largest(float[] in, int inAt) {
        float largest = 0;
        for (int i = 0; i < LENGTH; i++) {
            largest = Math.max(largest, Math.abs(in[inAt + i])); // NaN stays
        }
        return largest;
    }

    private static void signedBytes(float[] in, int inAt, float inverse, MemorySegment data, long at) {
        for (int i = 0; i < LENGTH; i++) {
            data.set(ValueLayout.JAVA_BYTE, at + i, (byte) roundHalfAway(in[inAt + i] * inverse));
        }
    }

    /** d = m / -8, m the number farthest from zero, so that m becomes q = 0; q = x / d + 8 rounded, at most 15. */
    static boolean q4With0(float[] in, int inAt, MemorySegment data, long at) {
        float farthest = 0;
        for (int i = 0; i < LENGTH; i++) {
            float x = in[inAt + i];
            if (!Float.isFinite(x)) {
                return false;
            }
            if (Math.abs(x) > Math.abs(farthest)) {
                farthest = x;
            }
        }
        float d = farthest / -8;
        float inverse = inverse(d);
        for (int i = 0; i < LENGTH / 2; i++) {
            int low = Math.min(15, (int) (in[inAt + i] * inverse + 8.5f));
            int high = Math.min(15, (int) (in[inAt + i + LENGTH / 2] * inverse + 8.5f));
            data.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) (low | high << 4));
        }
        return setHalf(data, at, d);
    }

    /** 1/d; 0 for a block of zeros, and for a d so small that 1/d overflows: its half is zero, so any q decodes to zero. */
    private static float inverse(float d) {
        float inverse = 1 / d;
        return Float.isFinite(inverse) ? inverse : 0;
    }

    private static int roundHalfAway(float x) {
        float magnitude = Math.abs(x);
        int whole = (int) magnitude;
        int rounded = magnitude - whole >= 0.5f ? whole + 1 : whole;
        return x < 0 ? -rounded : rounded;
    }

    private static boolean setHalf(MemorySegment data, long at, float x) {
        short half = Float.floatToFloat16(x);
        data.set(SHORT, at, half);
        return !Float.isFinite(x) || Float.isFinite(Float.float16ToFloat(half));
    }
}
