package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;
import org.waterspout.emulator.Poison;

/** A one-dimensional off-heap array of 64-bit integers; every index is checked, on the host and in kernels. */
public final class LongArray extends TornadoNativeArray {
    private static final ValueLayout.OfLong LAYOUT = ValueLayout.JAVA_LONG;

    /** A array of numberOfElements zeros. */
    public LongArray(int numberOfElements) {
        super(numberOfElements, Long.BYTES);
    }

    private LongArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Long.BYTES);
    }

    /** A copy of a heap array. */
    public static LongArray fromArray(long[] values) {
        LongArray array = new LongArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static LongArray fromElements(long... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static LongArray fromSegment(MemorySegment segment) {
        LongArray array = new LongArray(elementsIn(segment.byteSize(), Long.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static LongArray fromSegmentShallow(MemorySegment segment) {
        return new LongArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(LongArray array, long value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static LongArray concat(LongArray... arrays) {
        LongArray joined = new LongArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public long[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, long value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 3), value);
    }

    /** Reads one element. */
    public long get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        long value = segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 3));
        if (value == Poison.LONG) {
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
    public void init(long value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public LongArray slice(int offset, int length) {
        LongArray part = new LongArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
