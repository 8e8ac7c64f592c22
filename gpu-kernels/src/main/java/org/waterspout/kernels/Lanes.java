package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Eight neighbours of an array as a vector. OpenCL compilers for CPUs do not vectorise a scalar dot product; eight reads that build a
 * Float8 become one vector load.
 */
final class Lanes {

    private Lanes() {
    }

    static Float8 zero() {
        return new Float8(0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f);
    }

    static Float8 floats(FloatArray a, int i) {
        return new Float8(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7));
    }

    static Float8 halves(ShortArray a, int i) {
        return new Float8(Decode.half(a.get(i)), Decode.half(a.get(i + 1)), Decode.half(a.get(i + 2)), Decode.half(a.get(i + 3)),
                Decode.half(a.get(i + 4)), Decode.half(a.get(i + 5)), Decode.half(a.get(i + 6)), Decode.half(a.get(i + 7)));
    }

    /** Signed bytes. */
    static Float8 bytes(ByteArray a, int i) {
        return new Float8(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7));
    }

    /** The low four bits of eight bytes, 0 to 15. */
    static Float8 lowNibbles(ByteArray a, int i) {
        return new Float8(a.get(i) & 15, a.get(i + 1) & 15, a.get(i + 2) & 15, a.get(i + 3) & 15,
                a.get(i + 4) & 15, a.get(i + 5) & 15, a.get(i + 6) & 15, a.get(i + 7) & 15);
    }

    /** The high four bits of eight bytes, 0 to 15; the signed shift is followed by a mask because {@code >>>} is miscompiled. */
    static Float8 highNibbles(ByteArray a, int i) {
        return new Float8((a.get(i) >> 4) & 15, (a.get(i + 1) >> 4) & 15, (a.get(i + 2) >> 4) & 15, (a.get(i + 3) >> 4) & 15,
                (a.get(i + 4) >> 4) & 15, (a.get(i + 5) >> 4) & 15, (a.get(i + 6) >> 4) & 15, (a.get(i + 7) >> 4) & 15);
    }

    static Float8 multiplyAdd(Float8 sum, Float8 a, Float8 b) {
        return Float8.add(sum, Float8.mult(a, b));
    }

    static float sum(Float8 v) {
        return ((v.getS0() + v.getS1()) + (v.getS2() + v.getS3())) + ((v.getS4() + v.getS5()) + (v.getS6() + v.getS7()));
    }
}
