package org.waterspout.model.gguf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/** Numbers or flags kept as the bytes of the file, given out as Long, Double or Boolean. */
final class ScalarArray extends AbstractList<Object> implements RandomAccess {

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final GgufValueType type;
    private final byte[] bytes;

    /**
     * @param type  of each element; no string and no array
     * @param bytes of all elements, little-endian
     */
    ScalarArray(GgufValueType type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    @Override
    public Object get(int index) {
        Objects.checkIndex(index, size());
        int at = index * type.bytes();
        return switch (type) {
            case UINT8 -> (long) Byte.toUnsignedInt(bytes[at]);
            case INT8 -> (long) bytes[at];
            case UINT16 -> (long) Short.toUnsignedInt((short) SHORT.get(bytes, at));
            case INT16 -> (long) (short) SHORT.get(bytes, at);
            case UINT32 -> Integer.toUnsignedLong((int) INT.get(bytes, at));
            case INT32 -> (long) (int) INT.get(bytes, at);
            case UINT64, INT64 -> (long) LONG.get(bytes, at);
            case FLOAT32 -> (double) Float.intBitsToFloat((int) INT.get(bytes, at));
            case FLOAT64 -> Double.longBitsToDouble((long) LONG.get(bytes, at));
            case BOOL -> bytes[at] != 0;
            case STRING, ARRAY -> throw new IllegalStateException("no scalar: " + type);
        };
    }

    @Override
    public int size() {
        return bytes.length / type.bytes();
    }
}
