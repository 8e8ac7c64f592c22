package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;

/** A one-dimensional off-heap array of 64-bit floats; every index is checked, on the host and in kernels. */
public final class DoubleArray extends TornadoNativeArray {
    private static final ValueLayout.OfDouble LAYOUT = ValueLayout.JAVA_DOUBLE;

    /** A array of numberOfElements zeros. */
    public DoubleArray(int numberOfElements) {
        super(numberOfElements, Double.BYTES);
    }

    private DoubleArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Double.BYTES);
    }

    /** A copy of a heap array. */
    public static DoubleArray fromArray(double[] values) {
        DoubleArray array = new DoubleArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static DoubleArray fromElements(double... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static DoubleArray fromSegment(MemorySegment segment) {
        DoubleArray array = new DoubleArray(elementsIn(segment.byteSize(), Double.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static DoubleArray fromSegmentShallow(MemorySegment segment) {
        return new DoubleArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(DoubleArray array, double value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static DoubleArray concat(DoubleArray... arrays) {
        DoubleArray joined = new DoubleArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public double[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, double value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 3), value);
    }

    /** Reads one element. */
    public double get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        double value = segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 3));
        if (value != value) {
            AccessCheck.readOfNaN(this, index, Double.doubleToRawLongBits(value));
        }
        return value;
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(double value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public DoubleArray slice(int offset, int length) {
        DoubleArray part = new DoubleArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
