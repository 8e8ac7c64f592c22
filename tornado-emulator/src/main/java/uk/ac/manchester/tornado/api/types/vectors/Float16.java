package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 16 values of type float that a device handles as one. A value that changes: set writes into it. */
public final class Float16 {
    private static final int SIZE = 16;

    private float s0;
    private float s1;
    private float s2;
    private float s3;
    private float s4;
    private float s5;
    private float s6;
    private float s7;
    private float s8;
    private float s9;
    private float s10;
    private float s11;
    private float s12;
    private float s13;
    private float s14;
    private float s15;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Float16() {
    }

    public Float16(float s0, float s1, float s2, float s3, float s4, float s5, float s6, float s7, float s8, float s9,
            float s10, float s11, float s12, float s13, float s14, float s15) {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
        this.s4 = s4;
        this.s5 = s5;
        this.s6 = s6;
        this.s7 = s7;
        this.s8 = s8;
        this.s9 = s9;
        this.s10 = s10;
        this.s11 = s11;
        this.s12 = s12;
        this.s13 = s13;
        this.s14 = s14;
        this.s15 = s15;
    }

    /** a + b, element by element. */
    public static Float16 add(Float16 a, Float16 b) {
        return new Float16(a.s0 + b.s0, a.s1 + b.s1, a.s2 + b.s2, a.s3 + b.s3, a.s4 + b.s4, a.s5 + b.s5, a.s6 + b.s6,
                a.s7 + b.s7, a.s8 + b.s8, a.s9 + b.s9, a.s10 + b.s10, a.s11 + b.s11, a.s12 + b.s12, a.s13 + b.s13,
                a.s14 + b.s14, a.s15 + b.s15);
    }

    /** a + b with the same b for every element. */
    public static Float16 add(Float16 a, float b) {
        return new Float16(a.s0 + b, a.s1 + b, a.s2 + b, a.s3 + b, a.s4 + b, a.s5 + b, a.s6 + b, a.s7 + b, a.s8 + b, a.s9 + b,
                a.s10 + b, a.s11 + b, a.s12 + b, a.s13 + b, a.s14 + b, a.s15 + b);
    }

    /** a - b, element by element. */
    public static Float16 sub(Float16 a, Float16 b) {
        return new Float16(a.s0 - b.s0, a.s1 - b.s1, a.s2 - b.s2, a.s3 - b.s3, a.s4 - b.s4, a.s5 - b.s5, a.s6 - b.s6,
                a.s7 - b.s7, a.s8 - b.s8, a.s9 - b.s9, a.s10 - b.s10, a.s11 - b.s11, a.s12 - b.s12, a.s13 - b.s13,
                a.s14 - b.s14, a.s15 - b.s15);
    }

    /** a - b with the same b for every element. */
    public static Float16 sub(Float16 a, float b) {
        return new Float16(a.s0 - b, a.s1 - b, a.s2 - b, a.s3 - b, a.s4 - b, a.s5 - b, a.s6 - b, a.s7 - b, a.s8 - b, a.s9 - b,
                a.s10 - b, a.s11 - b, a.s12 - b, a.s13 - b, a.s14 - b, a.s15 - b);
    }

    /** a * b, element by element. */
    public static Float16 mult(Float16 a, Float16 b) {
        return new Float16(a.s0 * b.s0, a.s1 * b.s1, a.s2 * b.s2, a.s3 * b.s3, a.s4 * b.s4, a.s5 * b.s5, a.s6 * b.s6,
                a.s7 * b.s7, a.s8 * b.s8, a.s9 * b.s9, a.s10 * b.s10, a.s11 * b.s11, a.s12 * b.s12, a.s13 * b.s13,
                a.s14 * b.s14, a.s15 * b.s15);
    }

    /** a * b with the same b for every element. */
    public static Float16 mult(Float16 a, float b) {
        return new Float16(a.s0 * b, a.s1 * b, a.s2 * b, a.s3 * b, a.s4 * b, a.s5 * b, a.s6 * b, a.s7 * b, a.s8 * b, a.s9 * b,
                a.s10 * b, a.s11 * b, a.s12 * b, a.s13 * b, a.s14 * b, a.s15 * b);
    }

    /** a / b, element by element. */
    public static Float16 div(Float16 a, Float16 b) {
        return new Float16(a.s0 / b.s0, a.s1 / b.s1, a.s2 / b.s2, a.s3 / b.s3, a.s4 / b.s4, a.s5 / b.s5, a.s6 / b.s6,
                a.s7 / b.s7, a.s8 / b.s8, a.s9 / b.s9, a.s10 / b.s10, a.s11 / b.s11, a.s12 / b.s12, a.s13 / b.s13,
                a.s14 / b.s14, a.s15 / b.s15);
    }

    /** a / b with the same b for every element. */
    public static Float16 div(Float16 a, float b) {
        return new Float16(a.s0 / b, a.s1 / b, a.s2 / b, a.s3 / b, a.s4 / b, a.s5 / b, a.s6 / b, a.s7 / b, a.s8 / b, a.s9 / b,
                a.s10 / b, a.s11 / b, a.s12 / b, a.s13 / b, a.s14 / b, a.s15 / b);
    }

    /** The smaller of each pair. */
    public static Float16 min(Float16 a, Float16 b) {
        return new Float16(Math.min(a.s0, b.s0), Math.min(a.s1, b.s1), Math.min(a.s2, b.s2), Math.min(a.s3, b.s3),
                Math.min(a.s4, b.s4), Math.min(a.s5, b.s5), Math.min(a.s6, b.s6), Math.min(a.s7, b.s7),
                Math.min(a.s8, b.s8), Math.min(a.s9, b.s9), Math.min(a.s10, b.s10), Math.min(a.s11, b.s11),
                Math.min(a.s12, b.s12), Math.min(a.s13, b.s13), Math.min(a.s14, b.s14), Math.min(a.s15, b.s15));
    }

    /** The smallest element. */
    public static float min(Float16 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Float16 max(Float16 a, Float16 b) {
        return new Float16(Math.max(a.s0, b.s0), Math.max(a.s1, b.s1), Math.max(a.s2, b.s2), Math.max(a.s3, b.s3),
                Math.max(a.s4, b.s4), Math.max(a.s5, b.s5), Math.max(a.s6, b.s6), Math.max(a.s7, b.s7),
                Math.max(a.s8, b.s8), Math.max(a.s9, b.s9), Math.max(a.s10, b.s10), Math.max(a.s11, b.s11),
                Math.max(a.s12, b.s12), Math.max(a.s13, b.s13), Math.max(a.s14, b.s14), Math.max(a.s15, b.s15));
    }

    /** The largest element. */
    public static float max(Float16 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.max(result, value.get(index));
        }
        return result;
    }

    /** The sum of the products of the pairs. */
    public static float dot(Float16 a, Float16 b) {
        return a.s0 * b.s0 + a.s1 * b.s1 + a.s2 * b.s2 + a.s3 * b.s3
                + a.s4 * b.s4 + a.s5 * b.s5 + a.s6 * b.s6 + a.s7 * b.s7
                + a.s8 * b.s8 + a.s9 * b.s9 + a.s10 * b.s10 + a.s11 * b.s11
                + a.s12 * b.s12 + a.s13 * b.s13 + a.s14 * b.s14 + a.s15 * b.s15;
    }

    /** Element index, from 0 to 15. */
    public float get(int index) {
        return switch (index) {
            case 0 -> s0;
            case 1 -> s1;
            case 2 -> s2;
            case 3 -> s3;
            case 4 -> s4;
            case 5 -> s5;
            case 6 -> s6;
            case 7 -> s7;
            case 8 -> s8;
            case 9 -> s9;
            case 10 -> s10;
            case 11 -> s11;
            case 12 -> s12;
            case 13 -> s13;
            case 14 -> s14;
            case 15 -> s15;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        };
    }

    /** Stores element index, from 0 to 15. */
    public void set(int index, float value) {
        switch (index) {
            case 0 -> s0 = value;
            case 1 -> s1 = value;
            case 2 -> s2 = value;
            case 3 -> s3 = value;
            case 4 -> s4 = value;
            case 5 -> s5 = value;
            case 6 -> s6 = value;
            case 7 -> s7 = value;
            case 8 -> s8 = value;
            case 9 -> s9 = value;
            case 10 -> s10 = value;
            case 11 -> s11 = value;
            case 12 -> s12 = value;
            case 13 -> s13 = value;
            case 14 -> s14 = value;
            case 15 -> s15 = value;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        }
    }

    /** Copies all elements of value into this. */
    public void set(Float16 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
        s4 = value.s4;
        s5 = value.s5;
        s6 = value.s6;
        s7 = value.s7;
        s8 = value.s8;
        s9 = value.s9;
        s10 = value.s10;
        s11 = value.s11;
        s12 = value.s12;
        s13 = value.s13;
        s14 = value.s14;
        s15 = value.s15;
    }

    public float getS0() {
        return s0;
    }

    public void setS0(float value) {
        s0 = value;
    }

    public float getS1() {
        return s1;
    }

    public void setS1(float value) {
        s1 = value;
    }

    public float getS2() {
        return s2;
    }

    public void setS2(float value) {
        s2 = value;
    }

    public float getS3() {
        return s3;
    }

    public void setS3(float value) {
        s3 = value;
    }

    public float getS4() {
        return s4;
    }

    public void setS4(float value) {
        s4 = value;
    }

    public float getS5() {
        return s5;
    }

    public void setS5(float value) {
        s5 = value;
    }

    public float getS6() {
        return s6;
    }

    public void setS6(float value) {
        s6 = value;
    }

    public float getS7() {
        return s7;
    }

    public void setS7(float value) {
        s7 = value;
    }

    public float getS8() {
        return s8;
    }

    public void setS8(float value) {
        s8 = value;
    }

    public float getS9() {
        return s9;
    }

    public void setS9(float value) {
        s9 = value;
    }

    public float getS10() {
        return s10;
    }

    public void setS10(float value) {
        s10 = value;
    }

    public float getS11() {
        return s11;
    }

    public void setS11(float value) {
        s11 = value;
    }

    public float getS12() {
        return s12;
    }

    public void setS12(float value) {
        s12 = value;
    }

    public float getS13() {
        return s13;
    }

    public float getS14() {
        return s14;
    }

    public void setS14(float value) {
        s14 = value;
    }

    public float getS15() {
        return s15;
    }

    public void setS15(float value) {
        s15 = value;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public float[] toArray() {
        return new float[] { s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 };
    }

    @Override
    public String toString() {
        return "Float16" + java.util.Arrays.toString(toArray());
    }
}
