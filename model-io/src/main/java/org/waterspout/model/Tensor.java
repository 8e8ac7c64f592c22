package org.waterspout.model;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * A named array of a model file, row-major: the last dimension is contiguous.
 *
 * @param name  its name in the file
 * @param type  how its numbers are stored
 * @param shape dimensions, outermost first (a GGUF file lists them the other way round): [out, in] for a projection
 * @param data  exactly {@code type.bytes(count())} bytes, read-only, usually a slice of the mapped file
 */
public record Tensor(String name, WeightType type, List<Integer> shape, MemorySegment data) {

    public Tensor {
        shape = List.copyOf(shape);
        if (shape.isEmpty() || shape.stream().anyMatch(n -> n <= 0)) {
            throw new IllegalArgumentException("tensor " + name + " has shape " + shape);
        }
        int columns = shape.getLast();
        if (columns % type.blockLength() != 0) {
            throw new IllegalArgumentException("tensor " + name + ": a row of " + columns + " is no whole number of "
                    + type + " blocks of " + type.blockLength());
        }
        long count = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        if (data.byteSize() != type.bytes(count)) {
            throw new IllegalArgumentException("tensor " + name + " " + shape + " " + type + " needs "
                    + type.bytes(count) + " bytes, has " + data.byteSize());
        }
    }

    /** Length of the last dimension. */
    public int columns() {
        return shape.getLast();
    }

    /** Product of all dimensions but the last; 1 for a vector. */
    public int rows() {
        return Math.toIntExact(count() / columns());
    }

    /** Numbers in the tensor. */
    public long count() {
        return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    /** Bytes of one row. */
    public long rowBytes() {
        return type.bytes(columns());
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive) as a tensor [to-from, columns] over the same memory. */
    public Tensor rows(int from, int to) {
        return new Tensor(name + "[" + from + ":" + to + "]", type, List.of(to - from, columns()),
                data.asSlice(from * rowBytes(), (to - from) * rowBytes()));
    }

    /**
     * Numbers of one row.
     *
     * @param row between 0 and {@link #rows()}
     * @param out [columns], filled from its beginning
     */
    public void decodeRow(int row, float[] out) {
        type.decode(data, Objects.checkIndex(row, rows()) * rowBytes(), out, 0, columns());
    }

    /** All numbers, row-major; the tensor has at most 2^31-1 of them. */
    public float[] decode() {
        float[] out = new float[Math.toIntExact(count())];
        type.decode(data, 0, out, 0, out.length);
        return out;
    }
}
