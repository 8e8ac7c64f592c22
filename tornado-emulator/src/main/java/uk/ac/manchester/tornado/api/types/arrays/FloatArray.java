package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.waterspout.emulator.AccessCheck;

/** A one-dimensional off-heap array of 32-bit floats; every index is checked, on the host and in kernels. */
public final class FloatArray extends TornadoNativeArray {
    private static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT;

    /** A array of numberOfElements zeros. */
    public FloatArray(int numberOfElements) {
        super(numberOfElements, Float.BYTES);
    }

    private FloatArray(MemorySegment segmentWithHeader) {
        super(segmentWithHeader, Float.BYTES);
    }

    /** A copy of a heap array. */
    public static FloatArray fromArray(float[] values) {
        FloatArray array = new FloatArray(values.length);
        MemorySegment.copy(values, 0, array.segment, LAYOUT, ARRAY_HEADER, values.length);
        return array;
    }

    /** An array of the given values. */
    public static FloatArray fromElements(float... values) {
        return fromArray(values);
    }

    /** A copy of a segment that has no header. */
    public static FloatArray fromSegment(MemorySegment segment) {
        FloatArray array = new FloatArray(elementsIn(segment.byteSize(), Float.BYTES));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** A view of a writable segment whose first ARRAY_HEADER bytes are header; the header is overwritten. */
    public static FloatArray fromSegmentShallow(MemorySegment segment) {
        return new FloatArray(segment);
    }

    /** Sets every element of an array to a value. */
    public static void initialize(FloatArray array, float value) {
        array.init(value);
    }

    /** The given arrays, one after the other, in a new one. */
    public static FloatArray concat(FloatArray... arrays) {
        FloatArray joined = new FloatArray(totalSize(arrays));
        joined.copyOneAfterTheOther(arrays);
        return joined;
    }

    /** A copy of all elements on the heap. */
    public float[] toHeapArray() {
        return getSegment().toArray(LAYOUT);
    }

    /** Stores one element. */
    public void set(int index, float value) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        segment.set(LAYOUT, ARRAY_HEADER + ((long) index << 2), value);
    }

    /** Reads one element. */
    public float get(int index) {
        if (index < 0 || index >= size) {
            throw AccessCheck.outOfBounds(this, index, size);
        }
        float value = segment.get(LAYOUT, ARRAY_HEADER + ((long) index << 2));
        if (value != value) {
            AccessCheck.readOfNaN(this, index, Float.floatToRawIntBits(value));
        }
        return value;
    }

    /** Sets every element to zero. */
    @Override
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Sets every element to a value. */
    public void init(float value) {
        for (int index = 0; index < size; index++) {
            set(index, value);
        }
    }

    /** A copy of length elements that starts at offset. */
    public FloatArray slice(int offset, int length) {
        FloatArray part = new FloatArray(length);
        part.copyPart(this, offset);
        return part;
    }
}
