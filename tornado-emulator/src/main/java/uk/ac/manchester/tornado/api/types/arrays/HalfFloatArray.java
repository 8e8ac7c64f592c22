package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;
import org.waterspout.emulator.Poison;

import uk.ac.manchester.tornado.api.types.HalfFloat;

/** A one-dimensional off-heap array of 16-bit floats; every index is checked, on the host and in kernels. */
public final class HalfFloatArray extends TornadoNativeArray {
    private static final ValueLayout.OfShort LAYOUT = ValueLayout.JAVA_SHORT;

    /** An array of numberOfElements zeros. */
    public HalfFloatArray(int numberOfElements) {
        super(numberOfElements, Short.BYTES);
    }

    private HalfFloatArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Short.BYTES);
    }

    /** A copy of a heap array. */
    public static HalfFloatArray fromArray(HalfFloat[] values) {
        HalfFloatArray array = new HalfFloatArray(values.length);
        for (int index = 0; index < values.length; index++) {
            array.set(index, values[index]);
        }
        return array;
    }

    /** An array of the given values. */
    public static HalfFloatArray fromElements(HalfFloat... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static HalfFloatArray fromSegment(MemorySegment segment) {
        HalfFloatArray array = new HalfFloatArray(elementsIn(segment.byteSize(), Short.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static HalfFloatArray fromSegmentShallow(MemorySegment segment) {
        return new HalfFloatArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(HalfFloatArray array, HalfFloat value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static HalfFloatArray concat(HalfFloatArray... arrays) {
        HalfFloatArray joined = new HalfFloatArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public HalfFloat[] toHeapArray() {
        HalfFloat[] values = new HalfFloat[size];
        for (int index = 0; index < size; index++) {
            values[index] = get(index);
        }
        return values;
    }

    /** A copy of all elements' bits on the heap. */
    public short[] toShortArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, HalfFloat value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 1), value.getHalfFloatValue());
    }

    /** Reads one element. */
    public HalfFloat get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        short bits = segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 1));
        if (bits == Poison.HALF_BITS) {
            AccessCheck.readOfPoison(this, index);
        }
        return new HalfFloat(bits);
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(HalfFloat value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public HalfFloatArray slice(int offset, int length) {
        HalfFloatArray part = new HalfFloatArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
