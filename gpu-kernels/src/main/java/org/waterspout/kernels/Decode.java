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
     * have no half type. With exponent e and mantissa m the value is (1024 + m) 2^(e - 25), or 2m 2^-25 when e is 0. Without a
     * branch, because eight of them in a loop are more than TornadoVM's compiler schedules. Infinities and NaN do not occur: the loader
     * refuses them.
     */
    static float half(short bits) {
        int exponent = (bits >> 10) & 31;
        int mantissa = bits & 1023;
        int normal = (exponent + 31) >> 5;
        int whole = mantissa * (2 - normal) + 1024 * normal;
        int sign = 1 - 2 * ((bits >> 15) & 1);
        return (float) (sign * whole) * (float) (1 << exponent) * 2.9802322e-8f; // 2^-25
    }

    static float f16(ShortArray weights, int index) {
        return half(weights.get(index));
    }

    /**
     * quants [count] signed; scales [count / block, 1 + offset]: a block's scale, and its offset when {@code offset} is 1.
     *
     * @param block  numbers that share a scale: 16 or 32
     * @param offset 1 when blocks have an offset, else 0
     */
    static float q8(ByteArray quants, FloatArray scales, int index, int block, int offset) {
        return quants.get(index) * scale(scales, index / block, offset) + offset(scales, index / block, offset);
    }

    /**
     * quants [count / 2]: a block's byte k holds number k in its low half and number k + block / 2 in its high half; scales
     * [count / block, 2]: scale and offset.
     */
    static float q4(ByteArray quants, FloatArray scales, int index, int block) {
        int within = index % block;
        int half = block / 2;
        int pair = quants.get(index / block * half + within % half);
        int quant = (pair >> (4 * (within / half))) & 15;
        return quant * scale(scales, index / block, 1) + offset(scales, index / block, 1);
    }

    static float scale(FloatArray scales, int block, int offset) {
        return scales.get(block * (1 + offset));
    }

    static float offset(FloatArray scales, int block, int offset) {
        float result = 0f;
        if (offset == 1) {
            result = scales.get(2 * block + 1);
        }
        return result;
    }
}
