package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;
import org.waterspout.emulator.Poison;

/** A one-dimensional off-heap array of 32-bit integers; every index is checked, on the host and in kernels. */
public final class IntArray extends TornadoNativeArray {
    private static final ValueLayout.OfInt LAYOUT = ValueLayout.JAVA_INT;

    /** An array of numberOfElements zeros. */
    public IntArray(int numberOfElements) {
        super(numberOfElements, Integer.BYTES);
    }

    private IntArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Integer.BYTES);
    }

    /** A copy of a heap array. */
    public static IntArray fromArray(int[] values) {
        IntArray array = new IntArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static IntArray fromElements(int... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static IntArray fromSegment(MemorySegment segment) {
        IntArray array = new IntArray(elementsIn(segment.byteSize(), Integer.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static IntArray fromSegmentShallow(MemorySegment segment) {
        return new IntArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(IntArray array, int value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static IntArray concat(IntArray... arrays) {
        IntArray joined = new IntArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public int[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, int value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 2), value);
    }

    /** Reads one element. */
    public int get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        int value = segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 2));
        if (value == Poison.INT) {
            AccessCheck.readOfPoison(this, index);
        }
        return value;
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(int value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public IntArray slice(int offset, int length) {
        IntArray part = new IntArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
