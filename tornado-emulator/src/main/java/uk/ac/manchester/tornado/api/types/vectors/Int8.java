package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 8 values of type int that a device handles as one. A value that changes: set writes into it. */
public final class Int8 {
    private static final int SIZE = 8;

    private int s0;
    private int s1;
    private int s2;
    private int s3;
    private int s4;
    private int s5;
    private int s6;
    private int s7;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Int8() {
    }

    public Int8(int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
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
    public static Int8 add(Int8 a, Int8 b) {
        return new Int8(a.s0 + b.s0, a.s1 + b.s1, a.s2 + b.s2, a.s3 + b.s3, a.s4 + b.s4, a.s5 + b.s5, a.s6 + b.s6,
                a.s7 + b.s7);
    }

    /** a + b with the same b for every element. */
    public static Int8 add(Int8 a, int b) {
        return new Int8(a.s0 + b, a.s1 + b, a.s2 + b, a.s3 + b, a.s4 + b, a.s5 + b, a.s6 + b, a.s7 + b);
    }

    /** a - b, element by element. */
    public static Int8 sub(Int8 a, Int8 b) {
        return new Int8(a.s0 - b.s0, a.s1 - b.s1, a.s2 - b.s2, a.s3 - b.s3, a.s4 - b.s4, a.s5 - b.s5, a.s6 - b.s6,
                a.s7 - b.s7);
    }

    /** a - b with the same b for every element. */
    public static Int8 sub(Int8 a, int b) {
        return new Int8(a.s0 - b, a.s1 - b, a.s2 - b, a.s3 - b, a.s4 - b, a.s5 - b, a.s6 - b, a.s7 - b);
    }

    /** a * b, element by element. */
    public static Int8 mult(Int8 a, Int8 b) {
        return new Int8(a.s0 * b.s0, a.s1 * b.s1, a.s2 * b.s2, a.s3 * b.s3, a.s4 * b.s4, a.s5 * b.s5, a.s6 * b.s6,
                a.s7 * b.s7);
    }

    /** a * b with the same b for every element. */
    public static Int8 mult(Int8 a, int b) {
        return new Int8(a.s0 * b, a.s1 * b, a.s2 * b, a.s3 * b, a.s4 * b, a.s5 * b, a.s6 * b, a.s7 * b);
    }

    /** a / b, element by element. */
    public static Int8 div(Int8 a, Int8 b) {
        return new Int8(a.s0 / b.s0, a.s1 / b.s1, a.s2 / b.s2, a.s3 / b.s3, a.s4 / b.s4, a.s5 / b.s5, a.s6 / b.s6,
                a.s7 / b.s7);
    }

    /** a / b with the same b for every element. */
    public static Int8 div(Int8 a, int b) {
        return new Int8(a.s0 / b, a.s1 / b, a.s2 / b, a.s3 / b, a.s4 / b, a.s5 / b, a.s6 / b, a.s7 / b);
    }

    /** The smaller of each pair. */
    public static Int8 min(Int8 a, Int8 b) {
        return new Int8(Math.min(a.s0, b.s0), Math.min(a.s1, b.s1), Math.min(a.s2, b.s2), Math.min(a.s3, b.s3),
                Math.min(a.s4, b.s4), Math.min(a.s5, b.s5), Math.min(a.s6, b.s6), Math.min(a.s7, b.s7));
    }

    /** The smallest element. */
    public static int min(Int8 value) {
        int result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Int8 max(Int8 a, Int8 b) {
        return new Int8(Math.max(a.s0, b.s0), Math.max(a.s1, b.s1), Math.max(a.s2, b.s2), Math.max(a.s3, b.s3),
                Math.max(a.s4, b.s4), Math.max(a.s5, b.s5), Math.max(a.s6, b.s6), Math.max(a.s7, b.s7));
    }

    /** The largest element. */
    public static int max(Int8 value) {
        int result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.max(result, value.get(index));
        }
        return result;
    }

    /** The sum of the products of the pairs. */
    public static int dot(Int8 a, Int8 b) {
        return a.s0 * b.s0 + a.s1 * b.s1 + a.s2 * b.s2 + a.s3 * b.s3
                + a.s4 * b.s4 + a.s5 * b.s5 + a.s6 * b.s6 + a.s7 * b.s7;
    }

    /** Element index, from 0 to 7. */
    public int get(int index) {
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
    public void set(int index, int value) {
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
    public void set(Int8 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
        s4 = value.s4;
        s5 = value.s5;
        s6 = value.s6;
        s7 = value.s7;
    }

    public int getS0() {
        return s0;
    }

    public void setS0(int value) {
        s0 = value;
    }

    public int getS1() {
        return s1;
    }

    public void setS1(int value) {
        s1 = value;
    }

    public int getS2() {
        return s2;
    }

    public void setS2(int value) {
        s2 = value;
    }

    public int getS3() {
        return s3;
    }

    public void setS3(int value) {
        s3 = value;
    }

    public int getS4() {
        return s4;
    }

    public void setS4(int value) {
        s4 = value;
    }

    public int getS5() {
        return s5;
    }

    public void setS5(int value) {
        s5 = value;
    }

    public int getS6() {
        return s6;
    }

    public void setS6(int value) {
        s6 = value;
    }

    public int getS7() {
        return s7;
    }

    public void setS7(int value) {
        s7 = value;
    }

    /** The upper half. */
    public Int4 getHigh() {
        return new Int4(s4, s5, s6, s7);
    }

    /** The lower half. */
    public Int4 getLow() {
        return new Int4(s0, s1, s2, s3);
    }

    /** A copy. */
    public Int8 duplicate() {
        Int8 copy = new Int8();
        copy.set(this);
        return copy;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public int[] toArray() {
        return new int[] { s0, s1, s2, s3, s4, s5, s6, s7 };
    }

    @Override
    public String toString() {
        return "Int8" + java.util.Arrays.toString(toArray());
    }
}
