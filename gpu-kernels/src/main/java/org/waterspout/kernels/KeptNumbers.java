package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Numbers of keys and values as they are kept: floats, IEEE 754 halves by their bits, or quants, whole numbers from -127 to 127 with a
 * scale, a float, for each {@link #GROUP} of a head. A kernel takes an array of floats and one of 16 bits and reads what its shape says;
 * TornadoVM compiles no more than that. Halves are made and read by arithmetic: bit casts and half types do not compile everywhere.
 *
 * <p>Of quants, the floats are the scales, and 16 bits hold two: number i of eight in the low ones, and number i + 4 in the high ones, so
 * that both halves of a vector are made of four neighbours. A head is filled up with zeros to whole eights.
 */
public final class KeptNumbers {

    /** Numbers of a head that share a scale. */
    public static final int GROUP = 32;

    private static final float STEP = 1f / 127;

    private KeptNumbers() {
    }

    /** Pairs of quants of a head. */
    public static int pairs(int headDimension) {
        return (headDimension + 7) / 8 * 4;
    }

    /** Scales of a head. */
    public static int groups(int headDimension) {
        return (headDimension + GROUP - 1) / GROUP;
    }

    /**
     * The bits of the half nearest to {@code x}, ties to even; those of an infinity where there is none within reach, and for NaN. The sign
     * of a zero is not kept. In units of the smallest half, 2^-24, a number below 2048 is the sum of its bits, and each further power of
     * two is one more in the exponent, so a number that is rounded up to the next power carries into the exponent by itself.
     */
    static short half(float x) {
        // the ceiling takes NaN too, since a comparison with that is false
        float size = 65536f;
        if (TornadoMath.abs(x) < 65536f) {
            size = TornadoMath.abs(x);
        }
        float units = size * 16777216f;
        int exponent = 0;
        if (units >= 67108864f) { // 2^26
            units = units * 1.5258789e-5f; // 2^-16
            exponent += 16;
        }
        if (units >= 262144f) { // 2^18
            units = units * 0.00390625f; // 2^-8
            exponent += 8;
        }
        if (units >= 16384f) {
            units = units * 0.0625f;
            exponent += 4;
        }
        if (units >= 4096f) {
            units = units * 0.25f;
            exponent += 2;
        }
        if (units >= 2048f) {
            units = units * 0.5f;
            exponent += 1;
        }
        int whole = (int) units;
        float rest = units - (float) whole;
        if (rest > 0.5f) {
            whole += 1;
        }
        if (rest == 0.5f) {
            whole += whole & 1;
        }
        int bits = exponent * 1024 + whole;
        if (whole < 0) { // what some devices make of NaN, where their compilers take it for none
            bits = 31744;
        }
        if (x < 0f) {
            bits -= 32768;
        }
        return (short) bits;
    }

    /**
     * The number of a half, exactly; an infinity, of either sign, where {@link #half} found none. With exponent e and mantissa m it is
     * (1024 min(e, 1) + m) 2^(max(e, 1) - 25). Without a branch, as few steps as there are: eight of them must stay below what TornadoVM
     * puts in place of a call.
     */
    static float number(short bits) {
        int exponent = (bits >> 10) & 31;
        int whole = (bits & 1023) + TornadoMath.min(exponent, 1) * 1024;
        float power = (float) (1 << TornadoMath.max(exponent, 1));
        // only 1 << 31 is negative; its product is beyond every float
        return (float) ((1 | (bits >> 15)) * whole) * power * 2.9802322e-8f + TornadoMath.min(power, 0f) * 1e35f; // 2^-25
    }

    /**
     * The scale of numbers of which {@code largest} is the largest size.
     *
     * @param spoilt 0, or NaN where one of them is not finite
     */
    static float scale(float largest, float spoilt) {
        return largest * STEP + spoilt;
    }

    /**
     * {@code x} in steps of {@code scale}; halves of a step go away from 0. A device's quotient may be off by a digit, its products are
     * not: they decide, so that every device makes the same.
     */
    static int quant(float x, float scale) {
        float size = TornadoMath.abs(x);
        int steps = 0;
        if (scale > 0f) {
            steps = (int) (size / scale + 0.5f);
            steps = TornadoMath.max(0, TornadoMath.min(127, steps));
            if (size < ((float) steps - 0.5f) * scale) {
                steps -= 1;
            }
            if (steps < 127 && size >= ((float) steps + 0.5f) * scale) {
                steps += 1;
            }
        }
        return x < 0f ? -steps : steps;
    }

    /** Two quants in 16 bits. */
    static short pair(int low, int high) {
        return (short) (high * 256 + (low & 255));
    }

    private static float low(int pair) {
        return (float) ((pair << 24) >> 24);
    }

    private static float high(int pair) {
        return (float) (pair >> 8);
    }

    /**
     * Number {@code d} of a head.
     *
     * @param at    where the head begins in the array that its numbers are in
     * @param scale where its scales begin, if it has any
     * @param kept  {@link AttentionShape#FLOATS}, {@link AttentionShape#HALVES} or {@link AttentionShape#QUANTS}
     */
    static float one(FloatArray floats, ShortArray halves, int at, int d, int scale, int kept) {
        float result = 0f;
        if (kept == AttentionShape.QUANTS) {
            int pair = halves.get(at + d / 8 * 4 + d % 4);
            result = (float) ((pair << (24 - d % 8 / 4 * 8)) >> 24) * floats.get(scale + d / GROUP);
        }
        if (kept == AttentionShape.HALVES) {
            result = number(halves.get(at + d));
        }
        if (kept == AttentionShape.FLOATS) {
            result = floats.get(at + d);
        }
        return result;
    }

    /** As {@link #one}, numbers {@code d} to {@code d + 7}, {@code d} a multiple of 8. */
    static Float8 eight(FloatArray floats, ShortArray halves, int at, int d, int scale, int kept) {
        Float8 result = FloatLanes.zero();
        if (kept == AttentionShape.QUANTS) {
            int i = at + d / 2;
            int first = halves.get(i);
            int second = halves.get(i + 1);
            int third = halves.get(i + 2);
            int fourth = halves.get(i + 3);
            result = Float8.mult(new Float8(low(first), low(second), low(third), low(fourth), high(first), high(second), high(third),
                    high(fourth)), floats.get(scale + d / GROUP));
        }
        if (kept == AttentionShape.HALVES) {
            int i = at + d;
            result = new Float8(number(halves.get(i)), number(halves.get(i + 1)), number(halves.get(i + 2)), number(halves.get(i + 3)),
                    number(halves.get(i + 4)), number(halves.get(i + 5)), number(halves.get(i + 6)), number(halves.get(i + 7)));
        }
        if (kept == AttentionShape.FLOATS) {
            result = FloatLanes.floats(floats, at + d);
        }
        return result;
    }
}
