package org.waterspout.tests;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file taken apart so that any part of it can be changed, sense or nonsense, and put together again: what the product's own
 * writer refuses to write. Layout as in ggml's docs/gguf.md, version 3, little-endian.
 */
final class GgufDraft {

    static final int UINT32 = 4;
    static final int INT32 = 5;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;
    static final int UINT64 = 10;
    static final int INT64 = 11;
    static final int FLOAT64 = 12;

    /** By type id; 0 for strings and arrays. */
    private static final int[] BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    private static final int ALIGNMENT = 32;

    /**
     * One metadata value.
     *
     * @param type     of the value, or of each element of a list
     * @param elements one, unless {@code list}; String for strings, else the little-endian bytes as a Long
     */
    record Value(int type, boolean list, List<Object> elements) {

        static Value of(int type, Object element) {
            return new Value(type, false, List.of(element));
        }

        static Value number(float number) {
            return of(FLOAT32, (long) Float.floatToRawIntBits(number));
        }

        static Value list(int type, List<?> elements) {
            return new Value(type, true, List.copyOf(elements));
        }

        @Override
        public String toString() {
            String shown = elements.subList(0, Math.min(4, elements.size())).toString();
            return "type " + type + (list ? " x " + elements.size() + " " : " ") + shown;
        }
    }

    /**
     * @param dimensions as the file lists them: the contiguous one first
     * @param shift      added to the offset that the file will claim
     */
    record DraftTensor(String name, long[] dimensions, int type, ByteBuffer data, long shift) {

        DraftTensor named(String other) {
            return new DraftTensor(other, dimensions, type, data, shift);
        }

        DraftTensor shaped(long... other) {
            return new DraftTensor(name, other, type, data, shift);
        }

        DraftTensor typed(int other) {
            return new DraftTensor(name, dimensions, other, data, shift);
        }

        DraftTensor holding(ByteBuffer other) {
            return new DraftTensor(name, dimensions, type, other, shift);
        }

        DraftTensor shifted(long other) {
            return new DraftTensor(name, dimensions, type, data, other);
        }
    }

    private final Map<String, Value> values;
    private final List<DraftTensor> tensors;

    private GgufDraft(Map<String, Value> values, List<DraftTensor> tensors) {
        this.values = values;
        this.tensors = tensors;
    }

    /** Takes apart a sound file of the default alignment; tensors keep looking at {@code file}. */
    static GgufDraft of(ByteBuffer file) {
        ByteBuffer in = file.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(8);
        int tensorCount = (int) in.getLong();
        int keyCount = (int) in.getLong();
        Map<String, Value> values = new LinkedHashMap<>();
        for (int i = 0; i < keyCount; i++) {
            String key = text(in);
            int type = in.getInt();
            if (type == ARRAY) {
                int elementType = in.getInt();
                int count = (int) in.getLong();
                List<Object> elements = new ArrayList<>(count);
                for (int j = 0; j < count; j++) {
                    elements.add(element(in, elementType));
                }
                values.put(key, Value.list(elementType, elements));
            } else {
                values.put(key, Value.of(type, element(in, type)));
            }
        }
        List<long[]> dimensions = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int[] types = new int[tensorCount];
        long[] offsets = new long[tensorCount];
        for (int i = 0; i < tensorCount; i++) {
            names.add(text(in));
            long[] shape = new long[in.getInt()];
            Arrays.setAll(shape, _ -> in.getLong());
            dimensions.add(shape);
            types[i] = in.getInt();
            offsets[i] = in.getLong();
        }
        int start = (in.position() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        List<DraftTensor> tensors = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            long from = offsets[i];
            long end = Arrays.stream(offsets).filter(offset -> offset > from).min().orElse(file.limit() - start);
            tensors.add(new DraftTensor(names.get(i), dimensions.get(i), types[i],
                    file.slice((int) (start + from), (int) (end - from)), 0));
        }
        return new GgufDraft(values, tensors);
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[(int) in.getLong()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Object element(ByteBuffer in, int type) {
        return switch (type) {
            case STRING -> text(in);
            default -> switch (BYTES[type]) {
                case 1 -> (long) in.get();
                case 2 -> (long) in.getShort();
                case 4 -> (long) in.getInt();
                default -> in.getLong();
            };
        };
    }

    GgufDraft copy() {
        return new GgufDraft(new LinkedHashMap<>(values), new ArrayList<>(tensors));
    }

    /** Keys and values, in the file's order; may be changed. */
    Map<String, Value> values() {
        return values;
    }

    /** In the file's order; may be changed. */
    List<DraftTensor> tensors() {
        return tensors;
    }

    /** Place of the tensor with this name. */
    int indexOf(String name) {
        for (int i = 0; i < tensors.size(); i++) {
            if (tensors.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no tensor " + name);
    }

    /** Everything before the data, padded. */
    byte[] header() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            number(out, 4, 0x46554747);
            number(out, 4, 3);
            number(out, 8, tensors.size());
            number(out, 8, values.size());
            for (Map.Entry<String, Value> entry : values.entrySet()) {
                write(out, entry.getKey(), entry.getValue());
            }
            long offset = 0;
            for (DraftTensor tensor : tensors) {
                text(out, tensor.name());
                number(out, 4, tensor.dimensions().length);
                for (long length : tensor.dimensions()) {
                    number(out, 8, length);
                }
                number(out, 4, tensor.type());
                number(out, 8, offset + tensor.shift());
                offset += padded(tensor.data().remaining());
            }
            out.write(new byte[(int) (padded(out.size()) - out.size())]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The whole file. */
    ByteBuffer file() {
        byte[] header = header();
        long size = header.length + tensors.stream().mapToLong(tensor -> padded(tensor.data().remaining())).sum();
        ByteBuffer file = ByteBuffer.allocate(Math.toIntExact(size)).put(header);
        for (DraftTensor tensor : tensors) {
            int start = file.position();
            file.put(tensor.data().duplicate()).position((int) (start + padded(tensor.data().remaining())));
        }
        return file.flip();
    }

    private static void write(DataOutputStream out, String key, Value value) throws IOException {
        text(out, key);
        if (value.list()) {
            number(out, 4, ARRAY);
        }
        number(out, 4, value.type());
        if (value.list()) {
            number(out, 8, value.elements().size());
        }
        for (Object element : value.elements()) {
            if (element instanceof String string) {
                text(out, string);
            } else {
                number(out, BYTES[value.type()], (Long) element);
            }
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(out, 8, bytes.length);
        out.write(bytes);
    }

    private static void number(DataOutputStream out, int bytes, long number) throws IOException {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (number >>> 8 * i));
        }
    }

    private static long padded(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
