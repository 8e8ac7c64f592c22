package org.waterspout.model.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.waterspout.error.ModelFormatException;

/** Reads the header of a GGUF file from front to back; each read is checked against the bytes that are there. */
final class GgufCursor {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final MemorySegment file;
    private final boolean cut;
    private long position;

    /**
     * @param path      for messages
     * @param wholeFile the file
     * @param maxBytes how much of it may be read
     */
    GgufCursor(Path path, MemorySegment wholeFile, long maxBytes) {
        this.path = path;
        this.file = wholeFile.asSlice(0, Math.min(maxBytes, wholeFile.byteSize()));
        this.cut = maxBytes < wholeFile.byteSize();
    }

    long position() {
        return position;
    }

    long remaining() {
        return file.byteSize() - position;
    }

    int int32(String what) {
        return file.get(INT, advance(Integer.BYTES, what));
    }

    long int64(String what) {
        return file.get(LONG, advance(Long.BYTES, what));
    }

    /** A count of things that take at least {@code minBytes} each: a lying one is refused before memory is taken for it. */
    int count(String what, long minBytes, int max) {
        long count = int64("the number of " + what);
        if (count < 0 || count > remaining() / minBytes) {
            throw corrupt("it claims " + Long.toUnsignedString(count) + " " + what + ", more than its bytes can hold");
        }
        if (count > max) {
            throw corrupt("it claims " + count + " " + what + "; at most " + max + " make sense");
        }
        return (int) count;
    }

    byte[] bytes(long length, String what) {
        long start = advance(length, what);
        return file.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
    }

    String string(String what) {
        byte[] bytes = bytes(stringLength(what), what);
        return utf8(bytes, 0, bytes.length, what);
    }

    /**
     * {@code count} strings as they lie in the file, lengths included.
     *
     * @return where the bytes of each begin, and one more entry: where one after the last would begin; all counted from
     *         the first length
     */
    int[] skipStrings(int count, String what) {
        long first = position;
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++) {
            long length = stringLength(what);
            starts[i] = Math.toIntExact(position - first);
            advance(length, what);
        }
        starts[count] = Math.toIntExact(position - first + Long.BYTES);
        return starts;
    }

    void moveTo(long newPosition) {
        position = newPosition;
    }

    String utf8(byte[] bytes, int from, int length, String what) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        // The decoder puts U+FFFD where the bytes are no UTF-8; the character may also be there in its own right.
        if (text.indexOf('\uFFFD') >= 0
                && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), Arrays.copyOfRange(bytes, from, from + length))) {
            throw corrupt(what + " is no valid UTF-8");
        }
        return text;
    }

    ModelFormatException corrupt(String reason) {
        return new ModelFormatException(path + " is truncated or corrupt: " + reason + "; get the file again");
    }

    private long stringLength(String what) {
        long length = int64(what);
        if (length < 0 || length > remaining()) {
            throw corrupt(what + " claims to be " + Long.toUnsignedString(length) + " bytes long");
        }
        return length;
    }

    private long advance(long bytes, String what) {
        if (bytes > remaining()) {
            throw corrupt(cut ? "its header goes on after " + file.byteSize() + " bytes, in " + what
                    : "it ends within " + what + ", at byte " + file.byteSize());
        }
        long start = position;
        position += bytes;
        return start;
    }
}
