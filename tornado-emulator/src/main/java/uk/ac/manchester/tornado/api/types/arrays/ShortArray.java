package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;

/** A one-dimensional off-heap array of 16-bit integers; every index is checked, on the host and in kernels. */
public final class ShortArray extends TornadoNativeArray {
    private static final ValueLayout.OfShort LAYOUT = ValueLayout.JAVA_SHORT;

    /** A array of numberOfElements zeros. */
    public ShortArray(int numberOfElements) {
        super(numberOfElements, Short.BYTES);
    }

    private ShortArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Short.BYTES);
    }

    /** A copy of a heap array. */
    public static ShortArray fromArray(short[] values) {
        ShortArray array = new ShortArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static ShortArray fromElements(short... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static ShortArray fromSegment(MemorySegment segment) {
        ShortArray array = new ShortArray(elementsIn(segment.byteSize(), Short.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static ShortArray fromSegmentShallow(MemorySegment segment) {
        return new ShortArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(ShortArray array, short value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static ShortArray concat(ShortArray... arrays) {
        ShortArray joined = new ShortArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public short[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, short value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 1), value);
    }

    /** Reads one element. */
    public short get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        return segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 1));
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(short value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public ShortArray slice(int offset, int length) {
        ShortArray part = new ShortArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
