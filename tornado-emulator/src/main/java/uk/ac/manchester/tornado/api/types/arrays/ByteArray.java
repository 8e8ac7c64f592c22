package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;

import uk.ac.manchester.tornado.api.types.HalfFloat;

/** A one-dimensional off-heap array of signed bytes; every index is checked, on the host and in kernels. */
public final class ByteArray extends TornadoNativeArray {
    private static final ValueLayout.OfByte LAYOUT = ValueLayout.JAVA_BYTE;

    /** A array of numberOfElements zeros. */
    public ByteArray(int numberOfElements) {
        super(numberOfElements, Byte.BYTES);
    }

    private ByteArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Byte.BYTES);
    }

    /** A copy of a heap array. */
    public static ByteArray fromArray(byte[] values) {
        ByteArray array = new ByteArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static ByteArray fromElements(byte... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static ByteArray fromSegment(MemorySegment segment) {
        ByteArray array = new ByteArray(elementsIn(segment.byteSize(), Byte.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static ByteArray fromSegmentShallow(MemorySegment segment) {
        return new ByteArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(ByteArray array, byte value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static ByteArray concat(ByteArray... arrays) {
        ByteArray joined = new ByteArray(totalSize(arrays));
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

    /** The half at bytes byteIndex and byteIndex + 1; byteIndex must be even, as on the device. */
    public HalfFloat getHalfFloat(int byteIndex) {
        checkHalf(byteIndex);
        return new HalfFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, ARRAY_HEADER + byteIndex));
    }

    /** Stores a half at bytes byteIndex and byteIndex + 1; byteIndex must be even, as on the device. */
    public void setHalfFloat(int byteIndex, HalfFloat value) {
        checkHalf(byteIndex);
        segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, ARRAY_HEADER + byteIndex, value.getHalfFloatValue());
    }

    private void checkHalf(int byteIndex) {
        if (byteIndex % 2 != 0) {
            throw new IllegalArgumentException("Half at byte " + byteIndex + ": pass an even index");
        }
        if (byteIndex < 0 || byteIndex + 1 >= size) {
            throw AccessCheck.outOfBounds(this, byteIndex, size);
        }
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
    public ByteArray slice(int offset, int length) {
        ByteArray part = new ByteArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
