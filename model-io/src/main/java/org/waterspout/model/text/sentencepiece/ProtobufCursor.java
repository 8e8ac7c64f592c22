package org.waterspout.model.text.sentencepiece;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.waterspout.error.ModelFormatException;

/**
 * Reads one message of Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding): field after field, every length
 * checked against the bytes that are there.
 */
final class ProtobufCursor {

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteBuffer bytes;
    private final String source;
    private int wireType;

    /** @param source where the bytes came from, for messages */
    ProtobufCursor(byte[] bytes, String source) {
        this(ByteBuffer.wrap(bytes), source);
    }

    private ProtobufCursor(ByteBuffer bytes, String source) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.source = source;
    }

    /** The number of the next field, which must then be read or skipped; 0 at the end of the message. */
    int next() {
        if (!bytes.hasRemaining()) {
            return 0;
        }
        long key = varint();
        int field = (int) (key >>> 3);
        if (key >>> 32 != 0 || field == 0) {
            throw damaged("holds a field without a number");
        }
        wireType = (int) (key & 7);
        return field;
    }

    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> advance(Long.BYTES);
            case BYTES -> advance(length());
            case FIXED32 -> advance(Integer.BYTES);
            default -> throw damaged("holds a field of unknown wire type " + wireType);
        }
    }

    int integer() {
        expect(VARINT);
        return (int) varint();
    }

    boolean flag() {
        return integer() != 0;
    }

    float number() {
        expect(FIXED32);
        require(Float.BYTES);
        return bytes.getFloat();
    }

    byte[] bytes() {
        expect(BYTES);
        byte[] copy = new byte[length()];
        bytes.get(copy);
        return copy;
    }

    String string() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    /** A message within this one. */
    ProtobufCursor message() {
        expect(BYTES);
        int length = length();
        ByteBuffer part = bytes.slice(bytes.position(), length);
        advance(length);
        return new ProtobufCursor(part, source);
    }

    private void expect(int wanted) {
        if (wireType != wanted) {
            throw damaged("holds a field of wire type " + wireType + " where " + wanted + " belongs");
        }
    }

    private int length() {
        long length = varint();
        if (length < 0 || length > bytes.remaining()) {
            throw damaged("ends within a field");
        }
        return (int) length;
    }

    private void advance(int count) {
        require(count);
        bytes.position(bytes.position() + count);
    }

    private void require(int count) {
        if (count > bytes.remaining()) {
            throw damaged("ends within a field");
        }
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            require(1);
            byte b = bytes.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw damaged("holds a number of more than 64 bits");
    }

    private ModelFormatException damaged(String what) {
        return new ModelFormatException(source + " is no sound SentencePiece model: it " + what);
    }
}
