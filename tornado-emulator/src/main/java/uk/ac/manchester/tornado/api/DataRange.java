package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** A part of an array, for copying from the device no more than is needed. */
public class DataRange {
    private final TornadoNativeArray array;
    private long offsetElements;
    private long sizeElements;
    private boolean materialized;

    /** The whole array, until withOffset and withSize say otherwise. */
    public DataRange(TornadoNativeArray tornadoNativeArray) {
        array = tornadoNativeArray;
    }

    /** The first element. */
    public DataRange withOffset(long offset) {
        offsetElements = offset;
        return this;
    }

    /** The number of elements; 0 stands for the whole array, as in TornadoVM. */
    public DataRange withSize(long size) {
        sizeElements = size;
        return this;
    }

    /** The first byte, counted from the start of the header. */
    public long getOffset() {
        requireMaterialized();
        return TornadoNativeArray.ARRAY_HEADER + offsetElements * array.getElementSize();
    }

    /** The number of bytes. */
    public long getPartialSize() {
        requireMaterialized();
        return bytes();
    }

    private long bytes() {
        return sizeElements == 0 ? array.getNumBytesOfSegment() : sizeElements * array.getElementSize();
    }

    private void requireMaterialized() {
        if (!materialized) {
            throw new TornadoRuntimeException("A data range is read before materialize() was called");
        }
    }

    /** Fixes the range and checks it against the array. */
    public void materialize() {
        if (offsetElements < 0 || sizeElements < 0
                || offsetElements * array.getElementSize() + bytes() > array.getNumBytesOfSegment()) {
            throw new TornadoRuntimeException("The data range of " + sizeElements + " elements from element "
                    + offsetElements + " does not fit " + array + ": give withSize a number that fits");
        }
        materialized = true;
    }

    public TornadoNativeArray getArray() {
        return array;
    }
}
