package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 4 values of type float that a device handles as one. A value that changes: set writes into it. */
public final class Float4 {
    private static final int SIZE = 4;

    private float s0;
    private float s1;
    private float s2;
    private float s3;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Float4() {
    }

    public Float4(float s0, float s1, float s2, float s3) {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
    }

    /** a + b, element by element. */
    public static Float4 add(Float4 a, Float4 b) {
        return new Float4(a.s0 + b.s0, a.s1 + b.s1, a.s2 + b.s2, a.s3 + b.s3);
    }

    /** a + b with the same b for every element. */
    public static Float4 add(Float4 a, float b) {
        return new Float4(a.s0 + b, a.s1 + b, a.s2 + b, a.s3 + b);
    }

    /** a - b, element by element. */
    public static Float4 sub(Float4 a, Float4 b) {
        return new Float4(a.s0 - b.s0, a.s1 - b.s1, a.s2 - b.s2, a.s3 - b.s3);
    }

    /** a - b with the same b for every element. */
    public static Float4 sub(Float4 a, float b) {
        return new Float4(a.s0 - b, a.s1 - b, a.s2 - b, a.s3 - b);
    }

    /** a * b, element by element. */
    public static Float4 mult(Float4 a, Float4 b) {
        return new Float4(a.s0 * b.s0, a.s1 * b.s1, a.s2 * b.s2, a.s3 * b.s3);
    }

    /** a * b with the same b for every element. */
    public static Float4 mult(Float4 a, float b) {
        return new Float4(a.s0 * b, a.s1 * b, a.s2 * b, a.s3 * b);
    }

    /** a / b, element by element. */
    public static Float4 div(Float4 a, Float4 b) {
        return new Float4(a.s0 / b.s0, a.s1 / b.s1, a.s2 / b.s2, a.s3 / b.s3);
    }

    /** a / b with the same b for every element. */
    public static Float4 div(Float4 a, float b) {
        return new Float4(a.s0 / b, a.s1 / b, a.s2 / b, a.s3 / b);
    }

    /** The smaller of each pair. */
    public static Float4 min(Float4 a, Float4 b) {
        return new Float4(Math.min(a.s0, b.s0), Math.min(a.s1, b.s1), Math.min(a.s2, b.s2), Math.min(a.s3, b.s3));
    }

    /** The smallest element. */
    public static float min(Float4 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Float4 max(Float4 a, Float4 b) {
        return new Float4(Math.max(a.s0, b.s0), Math.max(a.s1, b.s1), Math.max(a.s2, b.s2), Math.max(a.s3, b.s3));
    }

    /** The largest element. */
    public static float max(Float4 value) {
        float result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.max(result, value.get(index));
        }
        return result;
    }

    /** The sum of the products of the pairs. */
    public static float dot(Float4 a, Float4 b) {
        return a.s0 * b.s0 + a.s1 * b.s1 + a.s2 * b.s2 + a.s3 * b.s3;
    }

    /** The sum of the elements. */
    public static float sum(Float4 a) {
        return a.s0 + a.s1 + a.s2 + a.s3;
    }

    /** The square root of each element. */
    public static Float4 sqrt(Float4 a) {
        return new Float4((float) Math.sqrt(a.s0), (float) Math.sqrt(a.s1), (float) Math.sqrt(a.s2), (float) Math.sqrt(a.s3));
    }

    /** Element index, from 0 to 3. */
    public float get(int index) {
        return switch (index) {
            case 0 -> s0;
            case 1 -> s1;
            case 2 -> s2;
            case 3 -> s3;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        };
    }

    /** Stores element index, from 0 to 3. */
    public void set(int index, float value) {
        switch (index) {
            case 0 -> s0 = value;
            case 1 -> s1 = value;
            case 2 -> s2 = value;
            case 3 -> s3 = value;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        }
    }

    /** Copies all elements of value into this. */
    public void set(Float4 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
    }

    public float getX() {
        return s0;
    }

    public void setX(float value) {
        s0 = value;
    }

    public float getY() {
        return s1;
    }

    public void setY(float value) {
        s1 = value;
    }

    public float getZ() {
        return s2;
    }

    public void setZ(float value) {
        s2 = value;
    }

    public float getW() {
        return s3;
    }

    public void setW(float value) {
        s3 = value;
    }

    /** A copy. */
    public Float4 duplicate() {
        Float4 copy = new Float4();
        copy.set(this);
        return copy;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public float[] toArray() {
        return new float[] { s0, s1, s2, s3 };
    }

    @Override
    public String toString() {
        return "Float4" + java.util.Arrays.toString(toArray());
    }
}
