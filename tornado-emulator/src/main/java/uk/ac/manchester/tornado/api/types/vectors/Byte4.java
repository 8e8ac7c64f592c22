package uk.ac.manchester.tornado.api.types.vectors;

import org.waterspout.emulator.AccessCheck;

/** 4 values of type byte that a device handles as one. A value that changes: set writes into it. */
public final class Byte4 {
    private static final int SIZE = 4;

    private byte s0;
    private byte s1;
    private byte s2;
    private byte s3;

    /** All zeros. TornadoVM does not compile this one as an accumulator: there, give the zeros one by one. */
    public Byte4() {
    }

    public Byte4(byte s0, byte s1, byte s2, byte s3) {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
    }

    /** a + b, element by element. */
    public static Byte4 add(Byte4 a, Byte4 b) {
        return new Byte4((byte) (a.s0 + b.s0), (byte) (a.s1 + b.s1), (byte) (a.s2 + b.s2), (byte) (a.s3 + b.s3));
    }

    /** a + b with the same b for every element. */
    public static Byte4 add(Byte4 a, byte b) {
        return new Byte4((byte) (a.s0 + b), (byte) (a.s1 + b), (byte) (a.s2 + b), (byte) (a.s3 + b));
    }

    /** a - b, element by element. */
    public static Byte4 sub(Byte4 a, Byte4 b) {
        return new Byte4((byte) (a.s0 - b.s0), (byte) (a.s1 - b.s1), (byte) (a.s2 - b.s2), (byte) (a.s3 - b.s3));
    }

    /** a - b with the same b for every element. */
    public static Byte4 sub(Byte4 a, byte b) {
        return new Byte4((byte) (a.s0 - b), (byte) (a.s1 - b), (byte) (a.s2 - b), (byte) (a.s3 - b));
    }

    /** a * b, element by element. */
    public static Byte4 mult(Byte4 a, Byte4 b) {
        return new Byte4((byte) (a.s0 * b.s0), (byte) (a.s1 * b.s1), (byte) (a.s2 * b.s2), (byte) (a.s3 * b.s3));
    }

    /** a * b with the same b for every element. */
    public static Byte4 mult(Byte4 a, byte b) {
        return new Byte4((byte) (a.s0 * b), (byte) (a.s1 * b), (byte) (a.s2 * b), (byte) (a.s3 * b));
    }

    /** a / b, element by element. */
    public static Byte4 div(Byte4 a, Byte4 b) {
        return new Byte4((byte) (a.s0 / b.s0), (byte) (a.s1 / b.s1), (byte) (a.s2 / b.s2), (byte) (a.s3 / b.s3));
    }

    /** a / b with the same b for every element. */
    public static Byte4 div(Byte4 a, byte b) {
        return new Byte4((byte) (a.s0 / b), (byte) (a.s1 / b), (byte) (a.s2 / b), (byte) (a.s3 / b));
    }

    /** The smaller of each pair. */
    public static Byte4 min(Byte4 a, Byte4 b) {
        return new Byte4((byte) Math.min(a.s0, b.s0), (byte) Math.min(a.s1, b.s1), (byte) Math.min(a.s2, b.s2),
                (byte) Math.min(a.s3, b.s3));
    }

    /** The smallest element. */
    public static byte min(Byte4 value) {
        byte result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = (byte) Math.min(result, value.get(index));
        }
        return result;
    }

    /** The larger of each pair. */
    public static Byte4 max(Byte4 a, Byte4 b) {
        return new Byte4((byte) Math.max(a.s0, b.s0), (byte) Math.max(a.s1, b.s1), (byte) Math.max(a.s2, b.s2),
                (byte) Math.max(a.s3, b.s3));
    }

    /** The largest element. */
    public static byte max(Byte4 value) {
        byte result = value.s0;
        for (int index = 1; index < SIZE; index++) {
            result = (byte) Math.max(result, value.get(index));
        }
        return result;
    }

    /** Element index, from 0 to 3. */
    public byte get(int index) {
        return switch (index) {
            case 0 -> s0;
            case 1 -> s1;
            case 2 -> s2;
            case 3 -> s3;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        };
    }

    /** Stores element index, from 0 to 3. */
    public void set(int index, byte value) {
        switch (index) {
            case 0 -> s0 = value;
            case 1 -> s1 = value;
            case 2 -> s2 = value;
            case 3 -> s3 = value;
            default -> throw AccessCheck.outOfBounds(this, index, SIZE);
        }
    }

    /** Copies all elements of value into this. */
    public void set(Byte4 value) {
        s0 = value.s0;
        s1 = value.s1;
        s2 = value.s2;
        s3 = value.s3;
    }

    public byte getX() {
        return s0;
    }

    public void setX(byte value) {
        s0 = value;
    }

    public byte getY() {
        return s1;
    }

    public void setY(byte value) {
        s1 = value;
    }

    public byte getZ() {
        return s2;
    }

    public void setZ(byte value) {
        s2 = value;
    }

    public byte getW() {
        return s3;
    }

    public void setW(byte value) {
        s3 = value;
    }

    /** A copy. */
    public Byte4 duplicate() {
        Byte4 copy = new Byte4();
        copy.set(this);
        return copy;
    }

    /** The number of elements. */
    public int size() {
        return SIZE;
    }

    /** A copy of the elements. */
    public byte[] toArray() {
        return new byte[] { s0, s1, s2, s3 };
    }

    @Override
    public String toString() {
        return "Byte4" + java.util.Arrays.toString(toArray());
    }
}
