package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** One number of each weight type, by its index among the numbers of the stacked weight. */
final class Decode {

    private Decode() {
    }

    /**
     * An IEEE 754 half from its bits, exactly, by arithmetic: {@code Float.float16ToFloat} and bit casts are miscompiled, and many devices
     * have no half type. With exponent e and mantissa m the value is (1024 + m) 2^(e - 25), or m 2^-24 when e is 0. Infinities
     * and NaN do not occur: the loader refuses them.
     */
    static float half(short bits) {
        int exponent = (bits >> 10) & 31;
        int mantissa = bits & 1023;
        int whole = exponent == 0 ? mantissa + mantissa : mantissa + 1024;
        float magnitude = (float) whole * (float) (1 << exponent) * 2.9802322e-8f; // 2^-25
        return bits < 0 ? -magnitude : magnitude;
    }

    static float f16(ShortArray weights, int index) {
        return half(weights.get(index));
    }

    /** quants [count] signed; scales [count / 32]. */
    static float q8(ByteArray quants, FloatArray scales, int index) {
        return quants.get(index) * scales.get(index / Step.BLOCK);
    }

    /**
     * quants [count / 2]: a block's byte k holds number k in its low half and number k + 16 in its high half; scales
     * [count / 32, 2]: scale and offset.
     */
    static float q4(ByteArray quants, FloatArray scales, int index) {
        int block = index / Step.BLOCK;
        int within = index % Step.BLOCK;
        int pair = quants.get(block * 16 + within % 16);
        int quant = (pair >> (4 * (within / 16))) & 15;
        return quant * scales.get(2 * block) + scales.get(2 * block + 1);
    }
}
