package org.waterspout.backend.tornado;

import java.util.List;
import org.waterspout.backend.MemoryUse;

/**
 * A graph as kernels, buffers and constants, before anything is allocated.
 *
 * @param sections   in the order in which they run
 * @param buffers    arrays that kernels write, to allocate: shared activations, then caches
 * @param caches     those of the buffers that are caches
 * @param constants  arrays that kernels only read
 * @param output     where the step's output lies after the last section
 * @param chunk      most selected rows in one run of the sections after SelectRows
 * @param selects    whether there are such sections
 */
record DeviceProgram(List<Section> sections, List<DeviceBuffer> buffers, List<DeviceBuffer> caches, List<Constant> constants,
        View output, int chunk, boolean selects) {

    /** Bytes that TornadoVM puts in front of every array. */
    static final int HEADER_BYTES = 16;

    MemoryUse memory() {
        long weights = constants.stream().flatMap(constant -> constant.bytes().stream()).mapToLong(bytes -> bytes + HEADER_BYTES).sum();
        long cache = caches.stream().mapToLong(DeviceProgram::bytes).sum();
        long all = buffers.stream().mapToLong(DeviceProgram::bytes).sum();
        return new MemoryUse(0, weights, cache, all - cache);
    }

    static long bytes(DeviceBuffer buffer) {
        return Math.addExact(Math.multiplyExact(Float.BYTES, buffer.floats()), HEADER_BYTES);
    }
}
