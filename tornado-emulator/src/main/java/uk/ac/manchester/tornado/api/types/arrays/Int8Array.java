package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;

/** A one-dimensional off-heap array of signed bytes; every index is checked, on the host and in kernels. */
public final class Int8Array extends TornadoNativeArray {
    private static final ValueLayout.OfByte LAYOUT = ValueLayout.JAVA_BYTE;

    /** An array of numberOfElements zeros. */
    public Int8Array(int numberOfElements) {
        super(numberOfElements, Byte.BYTES);
    }

    private Int8Array(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Byte.BYTES);
    }

    /** A copy of a heap array. */
    public static Int8Array fromArray(byte[] values) {
        Int8Array array = new Int8Array(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static Int8Array fromElements(byte... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static Int8Array fromSegment(MemorySegment segment) {
        Int8Array array = new Int8Array(elementsIn(segment.byteSize(), Byte.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static Int8Array fromSegmentShallow(MemorySegment segment) {
        return new Int8Array(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(Int8Array array, byte value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static Int8Array concat(Int8Array... arrays) {
        Int8Array joined = new Int8Array(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public byte[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, byte value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + index, value);
    }

    /** Reads one element. */
    public byte get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        return segment.get(LAYOUT, ARRAY_HEADER + index);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(byte value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public Int8Array slice(int offset, int length) {
        Int8Array part = new Int8Array(length);
        part.copyPart(this, offset);
        return part;
    }
}
