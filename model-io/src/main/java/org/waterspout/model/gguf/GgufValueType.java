package org.waterspout.model.gguf;

import java.util.Optional;

/** The 13 kinds of metadata value of a GGUF file (gguf.h, {@code enum gguf_type}), in the order of the file's numbering. */
public enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    /** A 64-bit length and that many bytes of UTF-8, without a terminator. */
    STRING(8),
    /** An element type, a 64-bit count and the elements; the elements are no arrays. */
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufValueType[] BY_ID = values();

    private final int bytes;

    GgufValueType(int bytes) {
        this.bytes = bytes;
    }

    /** The number that names this type in a file. */
    public int id() {
        return ordinal();
    }

    /** Bytes of one value; for a string and an array the fewest it can take. */
    int bytes() {
        return bytes;
    }

    static Optional<GgufValueType> of(int id) {
        return id >= 0 && id < BY_ID.length ? Optional.of(BY_ID[id]) : Optional.empty();
    }
}
