package org.waterspout.model.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Doubles;
import org.waterspout.model.Metadata;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * What stands before the data of a GGUF file, checked. The layout is that of the GGUF specification (ggml, docs/gguf.md):
 * magic, version, number of tensors, number of keys, keys and values, tensor descriptions, padding, data.
 *
 * @param version  2 or 3; the two differ only in that 3 allows big-endian files
 * @param metadata keys and values
 * @param tensors  in the file's order, each over its slice of the file
 */
record GgufHeader(int version, Metadata metadata, List<Tensor> tensors) {

    static final int MAGIC = 0x46554747; // "GGUF", read little-endian
    static final int DEFAULT_ALIGNMENT = 32;
    static final String ALIGNMENT_KEY = "general.alignment";
    static final int MAX_DIMENSIONS = 4;

    // Far above any real file (the largest headers known are about 25 MB); they keep a hostile one from filling the heap.
    private static final long MAX_HEADER_BYTES = 64L << 20;
    private static final int MAX_KEYS = 1 << 16;
    private static final int MAX_TENSORS = 1 << 18;

    private static final int MIN_KEY_BYTES = Long.BYTES + Integer.BYTES + 1;
    private static final int MIN_TENSOR_BYTES = Long.BYTES + Integer.BYTES + Integer.BYTES + Long.BYTES;

    /**
     * @param file  the whole file; read-only slices of it become the tensors' data
     * @param arena of the tensors that are copied: those of 64-bit floats
     */
    static GgufHeader read(Path path, MemorySegment file, Arena arena) {
        GgufCursor cursor = new GgufCursor(path, file, MAX_HEADER_BYTES);
        int version = readVersion(path, cursor);
        int tensorCount = cursor.count("tensors", MIN_TENSOR_BYTES, MAX_TENSORS);
        int keyCount = cursor.count("metadata keys", MIN_KEY_BYTES, MAX_KEYS);
        Map<String, Object> values = readKeys(cursor, keyCount);
        long alignment = alignment(cursor, values);
        List<Description> descriptions = new ArrayList<>(tensorCount);
        Set<String> names = HashSet.newHashSet(tensorCount);
        for (int i = 0; i < tensorCount; i++) {
            Description description = readDescription(path, cursor, i, alignment);
            if (!names.add(description.name)) {
                throw cursor.corrupt("tensor " + Quoted.of(description.name) + " is there twice");
            }
            descriptions.add(description);
        }
        long dataStart = (cursor.position() + alignment - 1) & -alignment;
        return new GgufHeader(version, new Metadata(values), placeData(path, cursor, descriptions, file, dataStart, arena));
    }

    private static int readVersion(Path path, GgufCursor cursor) {
        if (cursor.int32("the magic number") != MAGIC) {
            throw new ModelFormatException(path + " is no GGUF file: it does not begin with the letters GGUF");
        }
        int version = cursor.int32("the version");
        if (version != 0 && (version & 0xFFFF) == 0) {
            throw new UnsupportedModelException(path + " is a big-endian GGUF file; convert it to little-endian first");
        }
        if (version != 2 && version != 3) {
            throw new UnsupportedModelException(path + " is GGUF version " + Integer.toUnsignedString(version)
                    + "; versions 2 and 3 can be read");
        }
        return version;
    }

    private static Map<String, Object> readKeys(GgufCursor cursor, int count) {
        Map<String, Object> values = LinkedHashMap.newLinkedHashMap(count);
        for (int i = 0; i < count; i++) {
            String key = cursor.string("metadata key " + (i + 1) + " of " + count);
            String what = "metadata key " + Quoted.of(key);
            GgufValueType type = readType(cursor, what);
            if (values.put(key, readValue(cursor, type, what)) != null) {
                throw cursor.corrupt(what + " is there twice");
            }
        }
        return values;
    }

    private static Object readValue(GgufCursor cursor, GgufValueType type, String what) {
        return switch (type) {
            case STRING -> cursor.string("the value of " + what);
            case ARRAY -> readArray(cursor, what);
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64, FLOAT32, FLOAT64, BOOL ->
                    readScalars(cursor, type, 1, what).get(0);
        };
    }

    private static List<?> readArray(GgufCursor cursor, String what) {
        GgufValueType type = readType(cursor, what);
        if (type == GgufValueType.ARRAY) {
            // ggml refuses these as well (gguf.cpp, gguf_init_from_file)
            throw cursor.corrupt(what + " holds an array of arrays, which GGUF has no room for");
        }
        int count = cursor.count("elements of " + what, type.bytes(), Integer.MAX_VALUE);
        return type == GgufValueType.STRING ? readStrings(cursor, count, what) : readScalars(cursor, type, count, what);
    }

    private static StringArray readStrings(GgufCursor cursor, int count, String what) {
        long first = cursor.position();
        String element = "a string of " + what;
        int[] starts = cursor.skipStrings(count, element);
        long end = cursor.position();
        cursor.moveTo(first);
        byte[] bytes = cursor.bytes(end - first, what);
        StringArray strings = new StringArray(bytes, starts);
        for (int i = 0; i < count; i++) {
            cursor.utf8(bytes, strings.start(i), strings.length(i), element);
        }
        return strings;
    }

    private static ScalarArray readScalars(GgufCursor cursor, GgufValueType type, int count, String what) {
        byte[] bytes = cursor.bytes((long) count * type.bytes(), "the value of " + what);
        if (type == GgufValueType.BOOL) {
            for (byte flag : bytes) {
                if (flag != 0 && flag != 1) {
                    throw cursor.corrupt(what + " holds a flag of " + Byte.toUnsignedInt(flag) + ", neither 0 nor 1");
                }
            }
        }
        return new ScalarArray(type, bytes);
    }

    private static GgufValueType readType(GgufCursor cursor, String what) {
        int id = cursor.int32("the type of " + what);
        return GgufValueType.of(id).orElseThrow(() ->
                cursor.corrupt(what + " has the unknown type " + Integer.toUnsignedString(id)));
    }

    private static long alignment(GgufCursor cursor, Map<String, Object> values) {
        Object value = values.get(ALIGNMENT_KEY);
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        if (value instanceof Long alignment && alignment > 0 && alignment <= 1L << 31 && Long.bitCount(alignment) == 1) {
            return alignment;
        }
        throw cursor.corrupt(ALIGNMENT_KEY + " is " + Quoted.of(value.toString()) + ", no power of two");
    }

    /**
     * A tensor's entry in the header. {@code offset} counts from the start of the data, {@code bytes} is its length; {@code wide} are
     * 64-bit floats, which become the {@code type}.
     */
    private record Description(String name, WeightType type, boolean wide, List<Integer> shape, long offset, long bytes) {

        long end() {
            return offset + bytes;
        }
    }

    private static Description readDescription(Path path, GgufCursor cursor, int index, long alignment) {
        String name = cursor.string("the name of tensor " + index);
        String what = "tensor " + Quoted.of(name);
        List<Integer> shape = readShape(cursor, what);
        int typeId = cursor.int32("the type of " + what);
        boolean wide = typeId == GgmlTypeNames.F64;
        WeightType type = wide ? WeightType.F32 : WeightType.ofGgmlId(typeId)
                .orElseThrow(() -> new UnsupportedModelException(path + ": " + what
                + " is stored as " + GgmlTypeNames.name(typeId) + ", which cannot be read; use a file whose tensors are "
                + Arrays.stream(WeightType.values()).map(WeightType::name).collect(Collectors.joining(", "))));
        if (shape.getLast() % type.blockLength() != 0) {
            throw cursor.corrupt(what + " has rows of " + shape.getLast() + ", no whole number of " + type + " blocks of "
                    + type.blockLength());
        }
        long offset = cursor.int64("the offset of " + what);
        if (offset < 0 || offset % alignment != 0) {
            throw cursor.corrupt(what + " lies at offset " + Long.toUnsignedString(offset) + ", no multiple of the alignment "
                    + alignment);
        }
        long blocks = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b) / type.blockLength();
        int blockBytes = wide ? Double.BYTES : type.blockBytes();
        if (blocks > Long.MAX_VALUE / blockBytes) {
            throw cursor.corrupt(what + " claims " + blocks + " blocks of " + blockBytes + " bytes");
        }
        return new Description(name, type, wide, shape, offset, blocks * blockBytes);
    }

    /** The dimensions, outermost first; each fits an int, as does the number of rows, so their product fits a long. */
    private static List<Integer> readShape(GgufCursor cursor, String what) {
        int dimensions = cursor.int32("the number of dimensions of " + what);
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw cursor.corrupt(what + " claims " + Integer.toUnsignedString(dimensions) + " dimensions; at most "
                    + MAX_DIMENSIONS + " are possible");
        }
        List<Integer> shape = new ArrayList<>();
        long rows = 1;
        for (int i = 0; i < dimensions; i++) {
            long length = cursor.int64("the dimensions of " + what);
            if (length <= 0 || length > Integer.MAX_VALUE) {
                throw cursor.corrupt(what + " has a dimension of " + Long.toUnsignedString(length));
            }
            rows = i == 0 ? 1 : rows * length;
            if (rows > Integer.MAX_VALUE) {
                throw cursor.corrupt(what + " claims more than " + Integer.MAX_VALUE + " rows");
            }
            shape.addFirst((int) length);
        }
        return shape.isEmpty() ? List.of(1) : List.copyOf(shape);
    }

    private static List<Tensor> placeData(Path path, GgufCursor cursor, List<Description> descriptions, MemorySegment file, long dataStart,
            Arena arena) {
        long dataBytes = Math.max(0, file.byteSize() - dataStart);
        List<Description> byOffset = new ArrayList<>(descriptions);
        byOffset.sort(Comparator.comparingLong(Description::offset));
        Description previous = null;
        for (Description tensor : byOffset) {
            if (tensor.offset > dataBytes || tensor.bytes > dataBytes - tensor.offset) {
                throw cursor.corrupt("tensor " + Quoted.of(tensor.name) + " needs " + tensor.bytes + " bytes at offset "
                        + tensor.offset + " of " + dataBytes + " bytes of data");
            }
            if (previous != null && tensor.offset < previous.end()) {
                throw cursor.corrupt("tensors " + Quoted.of(previous.name) + " and " + Quoted.of(tensor.name)
                        + " overlap");
            }
            previous = tensor;
        }
        return descriptions.stream().map(tensor -> {
            MemorySegment data = file.asSlice(dataStart + tensor.offset, tensor.bytes);
            return tensor.wide ? Doubles.narrowed(path, tensor.name, tensor.shape, data, arena)
                    : new Tensor(tensor.name, tensor.type, tensor.shape, data);
        }).toList();
    }
}
