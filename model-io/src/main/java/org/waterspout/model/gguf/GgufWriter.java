package org.waterspout.model.gguf;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * Collects metadata and tensors and writes them as a GGUF file of version 3, little-endian. The file appears whole or not at
 * all: it is written beside its place and moved there.
 */
public final class GgufWriter {

    private static final int VERSION = 3;
    private static final int COPY_BYTES = 1 << 20;

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Source> sources = new LinkedHashMap<>();
    private int alignment = GgufHeader.DEFAULT_ALIGNMENT;

    /** One metadata value; {@code elementType} is the type of each element where {@code type} is ARRAY, else the same. */
    private record Entry(GgufValueType type, GgufValueType elementType, List<?> values) {
    }

    /** What a tensor is written from. */
    private sealed interface Source {

        WeightType type();

        /** Outermost dimension first. */
        List<Integer> shape();

        default long bytes() {
            return type().bytes(shape().stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact));
        }

        /** Numbers, row-major, to be encoded row by row. */
        record Numbers(WeightType type, List<Integer> shape, float[] numbers) implements Source {
        }

        /** Bytes that are of the type already. */
        record Encoded(WeightType type, List<Integer> shape, MemorySegment data) implements Source {
        }
    }

    /**
     * Sets one value.
     *
     * @param value Long for the integer types, within their range (for UINT64 its bits); Double or Float for the floats;
     *              Boolean; String
     * @throws InvalidRequestException if the value does not fit the type
     */
    public GgufWriter put(String key, GgufValueType type, Object value) {
        if (type == GgufValueType.ARRAY) {
            throw new InvalidRequestException("metadata key " + key + ": arrays are set by putArray");
        }
        checkFits(key, type, value);
        return set(key, new Entry(type, type, List.of(value)));
    }

    /** Sets a list of values of one type, which is not ARRAY; each as in {@link #put}. */
    public GgufWriter putArray(String key, GgufValueType elementType, List<?> values) {
        if (elementType == GgufValueType.ARRAY) {
            throw new InvalidRequestException("metadata key " + key + ": GGUF has no room for an array of arrays");
        }
        values.forEach(value -> checkFits(key, elementType, value));
        return set(key, new Entry(GgufValueType.ARRAY, elementType, List.copyOf(values)));
    }

    private GgufWriter set(String key, Entry entry) {
        if (key.equals(GgufHeader.ALIGNMENT_KEY)) {
            if (entry.type != GgufValueType.UINT32 || !(entry.values.getFirst() instanceof Long value)
                    || Long.bitCount(value) != 1 || value > 1 << 20) {
                throw new InvalidRequestException(key + " must be a UINT32, a power of two up to 1048576");
            }
            alignment = value.intValue();
        }
        entries.put(key, entry);
        return this;
    }

    /**
     * Adds a tensor made from numbers, which are read when the file is written.
     *
     * @param type    F32, F16, Q8_0 or Q4_0
     * @param shape   outermost dimension first
     * @param numbers row-major, as many as the shape says
     */
    public GgufWriter tensor(String name, WeightType type, List<Integer> shape, float[] numbers) {
        if (!type.canEncode()) {
            throw new InvalidRequestException("tensor " + name + ": " + type + " cannot be written; choose F32, F16, BF16, Q8_0 or Q4_0");
        }
        Source source = new Source.Numbers(type, List.copyOf(shape), numbers);
        if (numbers.length != shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact)) {
            throw new InvalidRequestException("tensor " + name + " of shape " + shape + " was given " + numbers.length
                    + " numbers");
        }
        return add(name, source);
    }

    /** Adds a tensor of any type as it is; its data must stay valid until the file is written. */
    public GgufWriter tensor(Tensor tensor) {
        return add(tensor.name(), new Source.Encoded(tensor.type(), tensor.shape(), tensor.data()));
    }

    private GgufWriter add(String name, Source source) {
        List<Integer> shape = source.shape();
        if (shape.isEmpty() || shape.size() > GgufHeader.MAX_DIMENSIONS || shape.stream().anyMatch(n -> n <= 0)
                || shape.getLast() % source.type().blockLength() != 0) {
            throw new InvalidRequestException("tensor " + name + " of shape " + shape + " cannot be written as " + source.type()
                    + ": it needs 1 to " + GgufHeader.MAX_DIMENSIONS + " dimensions, the last a multiple of "
                    + source.type().blockLength());
        }
        if (sources.putIfAbsent(name, source) != null) {
            throw new InvalidRequestException("tensor " + name + " was added twice");
        }
        return this;
    }

    /**
     * Writes the file, replacing one that is there only when all is written.
     *
     * @throws InvalidRequestException if it cannot be written there (no such folder, a full disk), or a tensor holds a number
     *         that its type cannot; then whatever was there before still is
     */
    public void write(Path path) {
        Path target = path.toAbsolutePath();
        Path unfinished = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".unfinished");
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                DataOutputStream out = new DataOutputStream(
                        new BufferedOutputStream(Channels.newOutputStream(channel), COPY_BYTES));
                writeAll(out);
                out.flush();
                channel.force(true);
            }
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw new InvalidRequestException(path + " cannot be written (" + reason(failure)
                    + "); check that its folder exists, may be written to and has room", failure);
        } finally {
            removeIfThere(unfinished);
        }
    }

    private static void removeIfThere(Path unfinished) {
        try {
            Files.deleteIfExists(unfinished);
        } catch (IOException failure) {
            throw new InvalidRequestException(unfinished + " was left behind and cannot be removed (" + reason(failure)
                    + "); remove it", failure);
        }
    }

    private static String reason(IOException failure) {
        return Reason.of(failure);
    }

    private void writeAll(DataOutputStream out) throws IOException {
        writeInt(out, GgufHeader.MAGIC);
        writeInt(out, VERSION);
        writeLong(out, sources.size());
        writeLong(out, entries.size());
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            writeString(out, entry.getKey());
            writeEntry(out, entry.getValue());
        }
        long offset = 0;
        for (Map.Entry<String, Source> entry : sources.entrySet()) {
            Source source = entry.getValue();
            writeString(out, entry.getKey());
            writeInt(out, source.shape().size());
            for (int length : source.shape().reversed()) {
                writeLong(out, length);
            }
            writeInt(out, source.type().ggmlId());
            writeLong(out, offset);
            offset += source.bytes() + padding(source.bytes());
        }
        // DataOutputStream counts up to 2^31-1 bytes; a header is never that long, and data after it is not counted by it
        out.write(new byte[padding(out.size())]);
        for (Map.Entry<String, Source> entry : sources.entrySet()) {
            writeData(out, entry.getKey(), entry.getValue());
            out.write(new byte[padding(entry.getValue().bytes())]);
        }
    }

    private static void writeEntry(DataOutputStream out, Entry entry) throws IOException {
        writeInt(out, entry.type.id());
        if (entry.type == GgufValueType.ARRAY) {
            writeInt(out, entry.elementType.id());
            writeLong(out, entry.values.size());
        }
        for (Object value : entry.values) {
            writeValue(out, entry.elementType, value);
        }
    }

    private static void writeValue(DataOutputStream out, GgufValueType type, Object value) throws IOException {
        switch (type) {
            case UINT8, INT8 -> out.writeByte(((Long) value).intValue());
            case UINT16, INT16 -> out.writeShort(Short.reverseBytes(((Long) value).shortValue()));
            case UINT32, INT32 -> writeInt(out, ((Long) value).intValue());
            case UINT64, INT64 -> writeLong(out, (Long) value);
            case FLOAT32 -> writeInt(out, Float.floatToRawIntBits(((Number) value).floatValue()));
            case FLOAT64 -> writeLong(out, Double.doubleToRawLongBits(((Number) value).doubleValue()));
            case BOOL -> out.writeByte((Boolean) value ? 1 : 0);
            case STRING -> writeString(out, (String) value);
            case ARRAY -> throw new IllegalStateException("an array within an array");
        }
    }

    private static void writeData(OutputStream out, String name, Source source) throws IOException {
        switch (source) {
            case Source.Numbers(WeightType type, List<Integer> shape, float[] numbers) -> {
                int columns = shape.getLast();
                byte[] row = new byte[Math.toIntExact(type.bytes(columns))];
                for (int first = 0; first < numbers.length; first += columns) {
                    encode(name, type, numbers, first, columns, MemorySegment.ofArray(row));
                    out.write(row);
                }
            }
            case Source.Encoded(WeightType _, List<Integer> _, MemorySegment data) -> {
                byte[] piece = new byte[(int) Math.min(COPY_BYTES, data.byteSize())];
                for (long at = 0; at < data.byteSize(); at += piece.length) {
                    int length = (int) Math.min(piece.length, data.byteSize() - at);
                    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, piece, 0, length);
                    out.write(piece, 0, length);
                }
            }
        }
    }

    private static void encode(String name, WeightType type, float[] numbers, int first, int count, MemorySegment row) {
        try {
            type.encode(numbers, first, row, 0, count);
        } catch (InvalidRequestException refused) {
            throw new InvalidRequestException("tensor " + name + ": " + refused.getMessage(), refused);
        }
    }

    private int padding(long bytes) {
        return (int) (-bytes & (alignment - 1));
    }

    private static void writeInt(DataOutputStream out, int value) throws IOException {
        out.writeInt(Integer.reverseBytes(value));
    }

    private static void writeLong(DataOutputStream out, long value) throws IOException {
        out.writeLong(Long.reverseBytes(value));
    }

    private static void writeString(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        writeLong(out, bytes.length);
        out.write(bytes);
    }

    private static void checkFits(String key, GgufValueType type, Object value) {
        boolean fits = switch (type) {
            case UINT8 -> within(value, 0, 0xFF);
            case INT8 -> within(value, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case UINT16 -> within(value, 0, 0xFFFF);
            case INT16 -> within(value, Short.MIN_VALUE, Short.MAX_VALUE);
            case UINT32 -> within(value, 0, 0xFFFF_FFFFL);
            case INT32 -> within(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case UINT64, INT64 -> value instanceof Long;
            case FLOAT32, FLOAT64 -> value instanceof Float || value instanceof Double;
            case BOOL -> value instanceof Boolean;
            case STRING -> value instanceof String;
            case ARRAY -> false;
        };
        if (!fits) {
            throw new InvalidRequestException("metadata key " + key + " cannot hold " + Quoted.of(String.valueOf(value))
                    + " as " + type);
        }
    }

    private static boolean within(Object value, long min, long max) {
        return value instanceof Long number && number >= min && number <= max;
    }
}
