package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * Weights as they lie in the file.
 *
 * @param data     [rows, columns], blocks of {@code type}; memory outside the heap, so that every kernel sees one kind of segment
 * @param rowBytes bytes of one row
 */
record Matrix(WeightType type, MemorySegment data, int rows, int columns, long rowBytes) {

    /** The tensor where it lies, or a copy of it in {@code arena} where that is the heap. */
    static Matrix of(Tensor tensor, Arena arena) {
        MemorySegment data = tensor.data();
        if (!data.isNative()) {
            data = arena.allocate(data.byteSize()).copyFrom(data).asReadOnly();
        }
        return new Matrix(tensor.type(), data, tensor.rows(), tensor.columns(), tensor.rowBytes());
    }
}
