package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Numbers of keys and values as they are kept: floats, or IEEE 754 halves by their bits. A kernel takes an array of each kind and reads
 * the one that its shape says; TornadoVM compiles no more than that one. Halves are made and read by arithmetic: bit casts and half types
 * do not compile everywhere.
 */
final class KeptNumbers {

    private KeptNumbers() {
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

    /** The number of a half; an infinity, of either sign, where {@link #half} found none. */
    static float number(short bits) {
        // only 1 << 31 is negative; its product is beyond every float
        return Decode.half(bits) + TornadoMath.min((float) (1 << ((bits >> 10) & 31)), 0f) * 1e35f;
    }

    /** Number {@code i} of halves where {@code kept} is 1, of floats where it is 0. */
    static float one(FloatArray floats, ShortArray halves, int i, int kept) {
        float result = 0f;
        if (kept == 1) {
            result = number(halves.get(i));
        }
        if (kept == 0) {
            result = floats.get(i);
        }
        return result;
    }

    /** As {@link #one}, numbers {@code i} to {@code i + 7}. */
    static Float8 eight(FloatArray floats, ShortArray halves, int i, int kept) {
        Float8 result = FloatLanes.zero();
        if (kept == 1) {
            result = new Float8(number(halves.get(i)), number(halves.get(i + 1)), number(halves.get(i + 2)), number(halves.get(i + 3)),
                    number(halves.get(i + 4)), number(halves.get(i + 5)), number(halves.get(i + 6)), number(halves.get(i + 7)));
        }
        if (kept == 0) {
            result = FloatLanes.floats(floats, i);
        }
        return result;
    }
}
