package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An off-heap array: a header that begins with the number of elements, then the elements without gaps. */
public abstract class TornadoNativeArray {
    /** Bytes in front of the first element. */
    public static final long ARRAY_HEADER = 16;

    // Package-private and final, because every element access of every kernel reads them.
    final MemorySegment segment;
    final int size;
    private final int elementBytes;

    TornadoNativeArray(int numberOfElements, int elementBytes) {
        if (numberOfElements < 0) {
            throw new IllegalArgumentException("An array of " + numberOfElements + " elements: the number must not be negative");
        }
        this.elementBytes = elementBytes;
        size = numberOfElements;
        segment = Arena.ofAuto().allocate(ARRAY_HEADER + (long) numberOfElements * elementBytes, Long.BYTES);
        writeHeader();
    }

    TornadoNativeArray(MemorySegment segmentWithHeader, int elementBytes) {
        this.elementBytes = elementBytes;
        size = elementsIn(segmentWithHeader.byteSize() - ARRAY_HEADER, elementBytes);
        segment = segmentWithHeader;
        writeHeader();
    }

    private void writeHeader() {
        segment.set(ValueLayout.JAVA_INT, 0, size);
    }

    static int elementsIn(long bytes, int elementBytes) {
        if (bytes < 0 || bytes % elementBytes != 0) {
            throw new IllegalArgumentException(
                    "The byte size (" + bytes + ") is not a multiple of the element size (" + elementBytes + ")");
        }
        return Math.toIntExact(bytes / elementBytes);
    }

    static int totalSize(TornadoNativeArray[] arrays) {
        int total = 0;
        for (TornadoNativeArray array : arrays) {
            total = Math.addExact(total, array.size);
        }
        return total;
    }

    void copyOneAfterTheOther(TornadoNativeArray[] arrays) {
        long position = ARRAY_HEADER;
        for (TornadoNativeArray array : arrays) {
            MemorySegment.copy(array.segment, ARRAY_HEADER, segment, position, array.getNumBytesOfSegment());
            position += array.getNumBytesOfSegment();
        }
    }

    void copyPart(TornadoNativeArray source, int offset) {
        if (offset < 0 || offset > source.size - size) {
            throw new IllegalArgumentException("Elements " + offset + " to " + ((long) offset + size)
                    + " of an array of " + source.size);
        }
        MemorySegment.copy(source.segment, ARRAY_HEADER + (long) offset * elementBytes, segment, ARRAY_HEADER,
                getNumBytesOfSegment());
    }

    /** The number of elements. */
    public int getSize() {
        return size;
    }

    /** The elements without the header; not a copy. */
    public MemorySegment getSegment() {
        return segment.asSlice(ARRAY_HEADER);
    }

    /** Header and elements; not a copy. */
    public MemorySegment getSegmentWithHeader() {
        return segment;
    }

    /** Bytes of header and elements. */
    public long getNumBytesOfSegmentWithHeader() {
        return ARRAY_HEADER + getNumBytesOfSegment();
    }

    /** Bytes of the elements. */
    public long getNumBytesOfSegment() {
        return (long) size * elementBytes;
    }

    /** Sets every element to zero. */
    protected abstract void clear();

    /** Bytes of one element. */
    public int getElementSize() {
        return elementBytes;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + size + "]";
    }
}
