package org.waterspout.model.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Strings kept as the bytes of the file and decoded when asked for: a vocabulary of short pieces would take six times
 * the memory as String objects.
 */
final class StringArray extends AbstractList<String> implements RandomAccess {

    private final byte[] bytes;
    private final int[] starts;

    /**
     * @param bytes  per string a 64-bit length and UTF-8
     * @param starts where the UTF-8 of each begins; its last entry is where one more would begin
     */
    StringArray(byte[] bytes, int[] starts) {
        this.bytes = bytes;
        this.starts = starts;
    }

    @Override
    public String get(int index) {
        Objects.checkIndex(index, size());
        return new String(bytes, starts[index], length(index), StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return starts.length - 1;
    }

    int length(int index) {
        return starts[index + 1] - Long.BYTES - starts[index];
    }

    int start(int index) {
        return starts[index];
    }
}
