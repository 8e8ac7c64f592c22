package org.waterspout.model.marian;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Numbers;

/**
 * Reads and checks the items of a binary file of Marian (its src/common/binary.cpp): version, number of items, a header for each,
 * their names, their shapes, padding, their data.
 */
final class MarianItems {

    static final long VERSION = 1;

    private static final int HEADER_BYTES = 4 * Long.BYTES;
    private static final int MAX_ITEMS = 1 << 16;
    private static final int MAX_NAME = 1 << 10;
    private static final int MAX_DIMENSIONS = 8;
    // Marian pads by 1 to 256 bytes
    private static final int MAX_PADDING = 1 << 12;

    private final Path path;
    private final MemorySegment file;
    private long at;

    private MarianItems(Path path, MemorySegment file) {
        this.path = path;
        this.file = file;
    }

    /**
     * One array of the file.
     *
     * @param type  as Marian numbers them, see {@link MarianFile}
     * @param shape dimensions, outermost first
     * @param data  with its padding
     */
    record Item(String name, long type, List<Integer> shape, MemorySegment data) {

        Item {
            shape = List.copyOf(shape);
        }

        /** At most 2^62. */
        long count() {
            return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
        }
    }

    /** All items of a mapped file by name, in its order. */
    static Map<String, Item> read(Path path, MemorySegment file) {
        return new MarianItems(path, file).read();
    }

    private record Header(long nameLength, long type, long shapeLength, long dataLength) {
    }

    private Map<String, Item> read() {
        long version = number("the version");
        if (version != VERSION) {
            throw new UnsupportedModelException(path + " is no binary model of Marian, or of version "
                    + Long.toUnsignedString(version) + "; version 1 can be read");
        }
        long count = number("the number of items");
        if (count < 1 || count > MAX_ITEMS || count * HEADER_BYTES > file.byteSize() - at) {
            throw corrupt("it claims " + Long.toUnsignedString(count) + " items");
        }
        List<Header> headers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            headers.add(header(i));
        }
        List<String> names = new ArrayList<>();
        for (Header header : headers) {
            names.add(name(header));
        }
        List<List<Integer>> shapes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shapes.add(shape(names.get(i), headers.get(i)));
        }
        long padding = number("the length of the padding");
        if (padding < 0 || padding > MAX_PADDING) {
            throw corrupt("it claims " + Long.toUnsignedString(padding) + " bytes of padding");
        }
        advance(padding, "the padding");
        Map<String, Item> items = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            long start = advance(headers.get(i).dataLength, "the data of item " + Quoted.of(names.get(i)));
            Item item = new Item(names.get(i), headers.get(i).type, shapes.get(i), file.asSlice(start, headers.get(i).dataLength));
            if (items.put(item.name, item) != null) {
                throw corrupt("item " + Quoted.of(item.name) + " is there twice");
            }
        }
        if (at < file.byteSize()) {
            throw corrupt("it goes on for " + (file.byteSize() - at) + " bytes after its last item");
        }
        return items;
    }

    private Header header(int index) {
        String what = "the header of item " + index;
        Header header = new Header(number(what), number(what), number(what), number(what));
        if (header.nameLength < 1 || header.nameLength > MAX_NAME || header.shapeLength < 0 || header.shapeLength > MAX_DIMENSIONS
                || header.dataLength < 0) {
            throw corrupt("item " + index + " claims a name of " + Long.toUnsignedString(header.nameLength) + " bytes, "
                    + Long.toUnsignedString(header.shapeLength) + " dimensions and " + Long.toUnsignedString(header.dataLength)
                    + " bytes of data");
        }
        return header;
    }

    /** Its length counts the zero at its end. */
    private String name(Header header) {
        long start = advance(header.nameLength, "the names");
        byte[] bytes = file.asSlice(start, header.nameLength - 1).toArray(ValueLayout.JAVA_BYTE);
        if (file.get(ValueLayout.JAVA_BYTE, at - 1) != 0) {
            throw corrupt("the name " + Quoted.of(new String(bytes, StandardCharsets.UTF_8)) + " has no end");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<Integer> shape(String name, Header header) {
        List<Integer> shape = new ArrayList<>();
        long rows = 1;
        for (int i = 0; i < header.shapeLength; i++) {
            int length = file.get(Numbers.INT, advance(Integer.BYTES, "the shapes"));
            rows = i == 0 ? 1 : rows * shape.getLast();
            if (length <= 0 || rows > Integer.MAX_VALUE) {
                throw corrupt("item " + Quoted.of(name) + " has the dimensions " + shape + ", " + length);
            }
            shape.add(length);
        }
        return shape.isEmpty() ? List.of(1) : shape;
    }

    private long number(String what) {
        return file.get(Numbers.LONG, advance(Long.BYTES, what));
    }

    private long advance(long bytes, String what) {
        if (bytes > file.byteSize() - at) {
            throw corrupt("it ends within " + what + ", at byte " + file.byteSize());
        }
        long start = at;
        at += bytes;
        return start;
    }

    private ModelFormatException corrupt(String reason) {
        return new ModelFormatException(path + " is truncated or corrupt: " + reason + "; get the file again");
    }
}
