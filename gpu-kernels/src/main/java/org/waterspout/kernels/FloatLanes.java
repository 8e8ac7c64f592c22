package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/**
 * Eight neighbours of an array as a vector. OpenCL compilers for CPUs do not vectorise a scalar dot product; eight reads that build a
 * Float8 become one vector load.
 */
final class FloatLanes {

    private FloatLanes() {
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

    /**
     * Four bits of each of eight bytes, 0 to 15. The signed shift is followed by a mask because {@code >>>} is miscompiled.
     *
     * @param shift 0 for the low four bits, 4 for the high ones
     */
    static Float8 nibbles(ByteArray a, int i, int shift) {
        return new Float8((a.get(i) >> shift) & 15, (a.get(i + 1) >> shift) & 15, (a.get(i + 2) >> shift) & 15,
                (a.get(i + 3) >> shift) & 15, (a.get(i + 4) >> shift) & 15, (a.get(i + 5) >> shift) & 15, (a.get(i + 6) >> shift) & 15,
                (a.get(i + 7) >> shift) & 15);
    }

    /** quants * scale + offset. */
    static Float8 scaled(Float8 quants, float scale, float offset) {
        return new Float8(quants.getS0() * scale + offset, quants.getS1() * scale + offset, quants.getS2() * scale + offset,
                quants.getS3() * scale + offset, quants.getS4() * scale + offset, quants.getS5() * scale + offset,
                quants.getS6() * scale + offset, quants.getS7() * scale + offset);
    }

    static Float8 multiplyAdd(Float8 sum, Float8 a, Float8 b) {
        return Float8.add(sum, Float8.mult(a, b));
    }

    /**
     * a * b + sum, number by number: TornadoVM makes fused operations of scalars only. OpenCL compilers make vectors of them again where a
     * was computed, which then is faster than {@link #multiplyAdd}; where a was loaded they do not, and it is slower. Each use is two dozen
     * of the thousand calls that a kernel may have, so it is kept for where it tells most.
     */
    static Float8 fusedMultiplyAdd(Float8 sum, Float8 a, Float8 b) {
        return new Float8(a.getS0() * b.getS0() + sum.getS0(), a.getS1() * b.getS1() + sum.getS1(), a.getS2() * b.getS2() + sum.getS2(),
                a.getS3() * b.getS3() + sum.getS3(), a.getS4() * b.getS4() + sum.getS4(), a.getS5() * b.getS5() + sum.getS5(),
                a.getS6() * b.getS6() + sum.getS6(), a.getS7() * b.getS7() + sum.getS7());
    }

    static float sum(Float8 v) {
        return ((v.getS0() + v.getS1()) + (v.getS2() + v.getS3())) + ((v.getS4() + v.getS5()) + (v.getS6() + v.getS7()));
    }
}
