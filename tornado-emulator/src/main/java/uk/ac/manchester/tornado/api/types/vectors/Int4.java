package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 4 values of type int that a device handles as one. A value that changes: set writes into it. */
public final class Int4 {
    private static final int SIZE = 4;

    private int s0;
    private int s1;
    private int s2;
    private int s3;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Int4() {
    }

    public Int4(int s0, int s1, int s2, int s3) {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
    }

    /** a + b, element by element. */
    public static Int4 add(Int4 a, Int4 b) {
        return new Int4(a.s0 + b.s0, a.s1 + b.s1, a.s2 + b.s2, a.s3 + b.s3);
    }

    /** a + b with the same b for every element. */
    public static Int4 add(Int4 a, int b) {
        return new Int4(a.s0 + b, a.s1 + b, a.s2 + b, a.s3 + b);
    }

    /** a - b, element by element. */
    public static Int4 sub(Int4 a, Int4 b) {
        return new Int4(a.s0 - b.s0, a.s1 - b.s1, a.s2 - b.s2, a.s3 - b.s3);
    }

    /** a - b with the same b for every element. */
    public static Int4 sub(Int4 a, int b) {
        return new Int4(a.s0 - b, a.s1 - b, a.s2 - b, a.s3 - b);
    }

    /** a * b, element by element. */
    public static Int4 mult(Int4 a, Int4 b) {
        return new Int4(a.s0 * b.s0, a.s1 * b.s1, a.s2 * b.s2, a.s3 * b.s3);
    }

    /** a * b with the same b for every element. */
    public static Int4 mult(Int4 a, int b) {
        return new Int4(a.s0 * b, a.s1 * b, a.s2 * b, a.s3 * b);
    }

    /** a / b, element by element. */
    public static Int4 div(Int4 a, Int4 b) {
        return new Int4(a.s0 / b.s0, a.s1 / b.s1, a.s2 / b.s2, a.s3 / b.s3);
    }

    /** a / b with the same b for every element. */
    public static Int4 div(Int4 a, int b) {
        return new Int4(a.s0 / b, a.s1 / b, a.s2 / b, a.s3 / b);
    }

    /** The smaller of each pair. */
    public static Int4 min(Int4 a, Int4 b) {
        return new Int4(Math.min(a.s0, b.s0), Math.min(a.s1, b.s1), Math.min(a.s2, b.s2), Math.min(a.s3, b.s3));
    }

    /** The smallest element. */
    public static int min(Int4 value) {
        int result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Int4 max(Int4 a, Int4 b) {
        return new Int4(Math.max(a.s0, b.s0), Math.max(a.s1, b.s1), Math.max(a.s2, b.s2), Math.max(a.s3, b.s3));
    }

    /** The largest element. */
    public static int max(Int4 value) {
        int result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = Math.max(result, value.get(index));
        }
        return result;
    }

    /** Element index, from 0 to 3. */
    public int get(int index) {
        return switch (index) {
            case 0 -> s0;
            case 1 -> s1;
            case 2 -> s2;
            case 3 -> s3;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        };
    }

    /** Stores element index, from 0 to 3. */
    public void set(int index, int value) {
        switch (index) {
            case 0 -> s0 = value;
            case 1 -> s1 = value;
            case 2 -> s2 = value;
            case 3 -> s3 = value;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        }
    }

    /** Copies all elements of value into this. */
    public void set(Int4 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
    }

    public int getX() {
        return s0;
    }

    public void setX(int value) {
        s0 = value;
    }

    public int getY() {
        return s1;
    }

    public void setY(int value) {
        s1 = value;
    }

    public int getZ() {
        return s2;
    }

    public void setZ(int value) {
        s2 = value;
    }

    public int getW() {
        return s3;
    }

    public void setW(int value) {
        s3 = value;
    }

    /** A copy. */
    public Int4 duplicate() {
        Int4 copy = new Int4();
        copy.set(this);
        return copy;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public int[] toArray() {
        return new int[] { s0, s1, s2, s3 };
    }

    @Override
    public String toString() {
        return "Int4" + java.util.Arrays.toString(toArray());
    }
}
