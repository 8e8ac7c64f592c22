package uk.ac.manchester.tornado.api.types.collections;

import java.lang.foreign.MemorySegment;

import org.waterspout.emulator.AccessCheck;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** An array of Float16, stored as a FloatArray; indices count vectors of 16. */
public final class VectorFloat16 {
    private static final int WIDTH = 16;

    private final FloatArray storage;
    private final int length;

    /** A view of an array; elements after the last whole vector are out of reach. */
    public VectorFloat16(FloatArray array) {
        storage = array;
        length = array.getSize() / WIDTH;
    }

    /** An array of numElements vectors of zeros. */
    public VectorFloat16(int numElements) {
        this(new FloatArray(numElements * WIDTH));
    }

    public int vectorWidth() {
        return WIDTH;
    }

    /** Reads one vector. */
    public Float16 get(int index) {
        checkIndex(index);
        int first = index * WIDTH;
        return new Float16(storage.get(first), storage.get(first + 1), storage.get(first + 2), storage.get(first + 3),
                storage.get(first + 4), storage.get(first + 5), storage.get(first + 6), storage.get(first + 7),
                storage.get(first + 8), storage.get(first + 9), storage.get(first + 10), storage.get(first + 11),
                storage.get(first + 12), storage.get(first + 13), storage.get(first + 14), storage.get(first + 15));
    }

    /** Stores one vector. */
    public void set(int index, Float16 value) {
        checkIndex(index);
        int first = index * WIDTH;
        storage.set(first, value.getS0());
        storage.set(first + 1, value.getS1());
        storage.set(first + 2, value.getS2());
        storage.set(first + 3, value.getS3());
        storage.set(first + 4, value.getS4());
        storage.set(first + 5, value.getS5());
        storage.set(first + 6, value.getS6());
        storage.set(first + 7, value.getS7());
        storage.set(first + 8, value.getS8());
        storage.set(first + 9, value.getS9());
        storage.set(first + 10, value.getS10());
        storage.set(first + 11, value.getS11());
        storage.set(first + 12, value.getS12());
        storage.set(first + 13, value.getS13());
        storage.set(first + 14, value.getS14());
        storage.set(first + 15, value.getS15());
    }

    private void checkIndex(int index) {
        if (index < 0 || index >= length) {
            throw AccessCheck.outOfBounds(this, index, length);
        }
    }

    /** Sets every float to a value. */
    public void fill(float value) {
        storage.init(value);
    }

    /** The number of floats. */
    public int size() {
        return storage.getSize();
    }

    /** The number of vectors. */
    public int getLength() {
        return length;
    }

    /** The floats behind this view, not a copy. */
    public FloatArray getArray() {
        return storage;
    }

    /** Sets every float to zero. */
    public void clear() {
        storage.clear();
    }

    public long getNumBytes() {
        return storage.getNumBytesOfSegment();
    }

    public long getNumBytesWithHeader() {
        return storage.getNumBytesOfSegmentWithHeader();
    }

    public MemorySegment getSegment() {
        return storage.getSegment();
    }

    public MemorySegment getSegmentWithHeader() {
        return storage.getSegmentWithHeader();
    }

    @Override
    public String toString() {
        return "VectorFloat16[" + length + "]";
    }
}
