package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 8 values of type float that a device handles as one. A value that changes: set writes into it. */
public final class Float8 {
    private static final int SIZE = 8;

    private float s0;
    private float s1;
    private float s2;
    private float s3;
    private float s4;
    private float s5;
    private float s6;
    private float s7;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Float8() {
    }

    public Float8(float s0, float s1, float s2, float s3, float s4, float s5, float s6, float s7) {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
        this.s4 = s4;
        this.s5 = s5;
        this.s6 = s6;
        this.s7 = s7;
    }

    /** a + b, element by element. */
    public static Float8 add(Float8 a, Float8 b) {
        return new Float8(a.s0 + b.s0, a.s1 + b.s1, a.s2 + b.s2, a.s3 + b.s3, a.s4 + b.s4, a.s5 + b.s5, a.s6 + b.s6,
                a.s7 + b.s7);
    }

    /** a + b with the same b for every element. */
    public static Float8 add(Float8 a, float b) {
        return new Float8(a.s0 + b, a.s1 + b, a.s2 + b, a.s3 + b, a.s4 + b, a.s5 + b, a.s6 + b, a.s7 + b);
    }

    /** a + b, element by element. */
    public static Float8 add(Float8 a, Int8 b) {
        return new Float8(a.s0 + b.getS0(), a.s1 + b.getS1(), a.s2 + b.getS2(), a.s3 + b.getS3(), a.s4 + b.getS4(),
                a.s5 + b.getS5(), a.s6 + b.getS6(), a.s7 + b.getS7());
    }

    /** a - b, element by element. */
    public static Float8 sub(Float8 a, Float8 b) {
        return new Float8(a.s0 - b.s0, a.s1 - b.s1, a.s2 - b.s2, a.s3 - b.s3, a.s4 - b.s4, a.s5 - b.s5, a.s6 - b.s6,
                a.s7 - b.s7);
    }

    /** a - b with the same b for every element. */
    public static Float8 sub(Float8 a, float b) {
        return new Float8(a.s0 - b, a.s1 - b, a.s2 - b, a.s3 - b, a.s4 - b, a.s5 - b, a.s6 - b, a.s7 - b);
    }

    /** a - b, element by element. */
    public static Float8 sub(Float8 a, Int8 b) {
        return new Float8(a.s0 - b.getS0(), a.s1 - b.getS1(), a.s2 - b.getS2(), a.s3 - b.getS3(), a.s4 - b.getS4(),
                a.s5 - b.getS5(), a.s6 - b.getS6(), a.s7 - b.getS7());
    }

    /** a * b, element by element. */
    public static Float8 mult(Float8 a, Float8 b) {
        return new Float8(a.s0 * b.s0, a.s1 * b.s1, a.s2 * b.s2, a.s3 * b.s3, a.s4 * b.s4, a.s5 * b.s5, a.s6 * b.s6,
                a.s7 * b.s7);
    }

    /** a * b with the same b for every element. */
    public static Float8 mult(Float8 a, float b) {
        return new Float8(a.s0 * b, a.s1 * b, a.s2 * b, a.s3 * b, a.s4 * b, a.s5 * b, a.s6 * b, a.s7 * b);
    }

    /** a * b, element by element. */
    public static Float8 mult(Float8 a, Int8 b) {
        return new Float8(a.s0 * b.getS0(), a.s1 * b.getS1(), a.s2 * b.getS2(), a.s3 * b.getS3(), a.s4 * b.getS4(),
                a.s5 * b.getS5(), a.s6 * b.getS6(), a.s7 * b.getS7());
    }

    /** a / b, element by element. */
    public static Float8 div(Float8 a, Float8 b) {
        return new Float8(a.s0 / b.s0, a.s1 / b.s1, a.s2 / b.s2, a.s3 / b.s3, a.s4 / b.s4, a.s5 / b.s5, a.s6 / b.s6,
                a.s7 / b.s7);
    }

    /** a / b with the same b for every element. */
    public static Float8 div(Float8 a, float b) {
        return new Float8(a.s0 / b, a.s1 / b, a.s2 / b, a.s3 / b, a.s4 / b, a.s5 / b, a.s6 / b, a.s7 / b);
    }

    /** a / b, element by element. */
    public static Float8 div(Float8 a, Int8 b) {
        return new Float8(a.s0 / b.getS0(), a.s1 / b.getS1(), a.s2 / b.getS2(), a.s3 / b.getS3(), a.s4 / b.getS4(),
                a.s5 / b.getS5(), a.s6 / b.getS6(), a.s7 / b.getS7());
    }

    /** The smaller of each pair. */
    public static Float8 min(Float8 a, Float8 b) {
        return new Float8(Math.min(a.s0, b.s0), Math.min(a.s1, b.s1), Math.min(a.s2, b.s2), Math.min(a.s3, b.s3),
                Math.min(a.s4, b.s4), Math.min(a.s5, b.s5), Math.min(a.s6, b.s6), Math.min(a.s7, b.s7));
    }

    /** The smallest element. */
    public static float min(Float8 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Float8 max(Float8 a, Float8 b) {
        return new Float8(Math.max(a.s0, b.s0), Math.max(a.s1, b.s1), Math.max(a.s2, b.s2), Math.max(a.s3, b.s3),
                Math.max(a.s4, b.s4), Math.max(a.s5, b.s5), Math.max(a.s6, b.s6), Math.max(a.s7, b.s7));
    }

    /** The largest element. */
    public static float max(Float8 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.max(result, value.get(index));
        }
        return result;
    }

    /** The sum of the products of the pairs. */
    public static float dot(Float8 a, Float8 b) {
        return a.s0 * b.s0 + a.s1 * b.s1 + a.s2 * b.s2 + a.s3 * b.s3
                + a.s4 * b.s4 + a.s5 * b.s5 + a.s6 * b.s6 + a.s7 * b.s7;
    }

    /** The square root of each element. */
    public static Float8 sqrt(Float8 a) {
        return new Float8((float) Math.sqrt(a.s0), (float) Math.sqrt(a.s1), (float) Math.sqrt(a.s2), (float) Math.sqrt(a.s3),
                (float) Math.sqrt(a.s4), (float) Math.sqrt(a.s5), (float) Math.sqrt(a.s6), (float) Math.sqrt(a.s7));
    }

    /** Element index, from 0 to 7. */
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
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        };
    }

    /** Stores element index, from 0 to 7. */
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
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        }
    }

    /** Copies all elements of value into this. */
    public void set(Float8 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
        s4 = value.s4;
        s5 = value.s5;
        s6 = value.s6;
        s7 = value.s7;
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

    /** The upper half. */
    public Float4 getHigh() {
        return new Float4(s4, s5, s6, s7);
    }

    /** The lower half. */
    public Float4 getLow() {
        return new Float4(s0, s1, s2, s3);
    }

    /** A copy. */
    public Float8 duplicate() {
        Float8 copy = new Float8();
        copy.set(this);
        return copy;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public float[] toArray() {
        return new float[] { s0, s1, s2, s3, s4, s5, s6, s7 };
    }

    @Override
    public String toString() {
        return "Float8" + java.util.Arrays.toString(toArray());
    }
}
