package org.waterspout.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.DoubleArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.Int8Array;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat16;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat4;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat8;

/**
 * The device's copy of one array: memory of its own, and a twin of the host's object that kernels get in its place, so that
 * nothing but a transfer moves data.
 */
final class EmulatedBuffer {
    private final Object host;
    private final Object twin;
    private final TornadoNativeArray hostStorage;
    private final TornadoNativeArray twinStorage;
    private final ElementType type;
    /** Set by the first transfer declared for the first execution, whether or not it had to copy. */
    private boolean firstTransferDone;
    /** Set by the first transfer to the host. */
    private boolean firstReturnDone;
    private boolean returnedInPart;
    /** Set by a copy of the whole array; from then on no element can be unwritten. */
    private boolean filledFromHost;

    EmulatedBuffer(Object host, Arena arena) {
        this.host = host;
        hostStorage = storage(host);
        type = elementType(hostStorage);
        MemorySegment memory = arena.allocate(hostStorage.getNumBytesOfSegmentWithHeader(), Long.BYTES);
        twinStorage = twinStorage(memory);
        twin = switch (host) {
            case VectorFloat4 _ -> new VectorFloat4((FloatArray) twinStorage);
            case VectorFloat8 _ -> new VectorFloat8((FloatArray) twinStorage);
            case VectorFloat16 _ -> new VectorFloat16((FloatArray) twinStorage);
            default -> twinStorage;
        };
        Poison.fill(data(), type);
    }

    /** Whether an object is of a kind that can be on the device. */
    static boolean holds(Object object) {
        return object instanceof TornadoNativeArray || object instanceof VectorFloat4 || object instanceof VectorFloat8
                || object instanceof VectorFloat16;
    }

    /** The bytes an array takes on the device. */
    static long bytes(Object host) {
        return storage(host).getNumBytesOfSegmentWithHeader();
    }

    private static TornadoNativeArray storage(Object array) {
        return switch (array) {
            case TornadoNativeArray plain -> plain;
            case VectorFloat4 vectors -> vectors.getArray();
            case VectorFloat8 vectors -> vectors.getArray();
            case VectorFloat16 vectors -> vectors.getArray();
            default -> throw new IllegalArgumentException("Not an array: " + array);
        };
    }

    private static ElementType elementType(TornadoNativeArray array) {
        return switch (array) {
            case FloatArray _ -> ElementType.FLOAT;
            case DoubleArray _ -> ElementType.DOUBLE;
            case HalfFloatArray _ -> ElementType.HALF;
            case IntArray _ -> ElementType.INT;
            case LongArray _ -> ElementType.LONG;
            case ShortArray _ -> ElementType.SHORT;
            case ByteArray _, Int8Array _ -> ElementType.BYTE;
            default -> throw new IllegalArgumentException("Not an array of the emulator: " + array);
        };
    }

    private TornadoNativeArray twinStorage(MemorySegment memory) {
        return switch (hostStorage) {
            case FloatArray _ -> FloatArray.fromSegmentShallow(memory);
            case DoubleArray _ -> DoubleArray.fromSegmentShallow(memory);
            case HalfFloatArray _ -> HalfFloatArray.fromSegmentShallow(memory);
            case IntArray _ -> IntArray.fromSegmentShallow(memory);
            case LongArray _ -> LongArray.fromSegmentShallow(memory);
            case ShortArray _ -> ShortArray.fromSegmentShallow(memory);
            case ByteArray _ -> ByteArray.fromSegmentShallow(memory);
            case Int8Array _ -> Int8Array.fromSegmentShallow(memory);
            default -> throw new IllegalArgumentException("Not an array of the emulator: " + hostStorage);
        };
    }

    /** What a kernel gets in place of the host's array. */
    Object twin() {
        return twin;
    }

    /** Whether an object is this buffer's twin, or the array inside it. */
    boolean isTwin(Object array) {
        return array == twin || array == twinStorage;
    }

    /** The elements on the device. */
    MemorySegment data() {
        return twinStorage.getSegment();
    }

    long byteSize() {
        return twinStorage.getNumBytesOfSegmentWithHeader();
    }

    /** For messages. */
    String describe() {
        return host.getClass().getSimpleName() + " of " + hostStorage.getSize() + " elements";
    }

    boolean firstTransferDone() {
        return firstTransferDone;
    }

    void markFirstTransferDone() {
        firstTransferDone = true;
    }

    boolean firstReturnDone() {
        return firstReturnDone;
    }

    /** Whether a part was ever copied to the host by itself. */
    boolean returnedInPart() {
        return returnedInPart;
    }

    void markReturnedInPart() {
        returnedInPart = true;
    }

    boolean filledFromHost() {
        return filledFromHost;
    }

    /** Copies the whole array to the device. */
    long copyIn() {
        data().copyFrom(hostStorage.getSegment());
        filledFromHost = true;
        return hostStorage.getNumBytesOfSegment();
    }

    /** Copies bytes from offset on to the host; both count from the first element. */
    long copyOut(long offset, long bytes) {
        firstReturnDone = true;
        MemorySegment.copy(data(), offset, hostStorage.getSegment(), offset, bytes);
        return bytes;
    }

    /** Bytes of the elements. */
    long dataBytes() {
        return hostStorage.getNumBytesOfSegment();
    }

    /** The first element that still holds poison, from offset on in bytes bytes; -1 where there is none. */
    long firstUnwritten(long offset, long bytes) {
        if (filledFromHost) {
            return -1;
        }
        int width = hostStorage.getElementSize();
        for (long index = offset / width; index < (offset + bytes) / width; index++) {
            if (Poison.at(data(), type, index)) {
                return index;
            }
        }
        return -1;
    }

    /** Whether every element in a range still holds poison. */
    boolean whollyUnwritten(long offset, long bytes) {
        if (filledFromHost || bytes == 0) {
            return false;
        }
        int width = hostStorage.getElementSize();
        for (long index = offset / width; index < (offset + bytes) / width; index++) {
            if (!Poison.at(data(), type, index)) {
                return false;
            }
        }
        return true;
    }
}
