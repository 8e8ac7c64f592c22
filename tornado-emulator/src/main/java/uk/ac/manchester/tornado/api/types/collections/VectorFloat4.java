package uk.ac.manchester.tornado.api.types.collections;

import java.lang.foreign.MemorySegment;

import org.waterspout.emulator.AccessCheck;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.vectors.Float4;

/** An array of Float4, stored as a FloatArray; indices count vectors of 4. */
public final class VectorFloat4 {
    private static final int WIDTH = 4;

    private final FloatArray storage;
    private final int length;

    /** A view of an array; elements after the last whole vector are out of reach. */
    public VectorFloat4(FloatArray array) {
        storage = array;
        length = array.getSize() / WIDTH;
    }

    /** An array of numElements vectors of zeros. */
    public VectorFloat4(int numElements) {
        this(new FloatArray(numElements * WIDTH));
    }

    public int vectorWidth() {
        return WIDTH;
    }

    /** Reads one vector. */
    public Float4 get(int index) {
        checkIndex(index);
        int first = index * WIDTH;
        return new Float4(storage.get(first), storage.get(first + 1), storage.get(first + 2), storage.get(first + 3));
    }

    /** Stores one vector. */
    public void set(int index, Float4 value) {
        checkIndex(index);
        int first = index * WIDTH;
        storage.set(first, value.getX());
        storage.set(first + 1, value.getY());
        storage.set(first + 2, value.getZ());
        storage.set(first + 3, value.getW());
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
        return "VectorFloat4[" + length + "]";
    }
}
