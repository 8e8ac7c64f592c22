package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One worker's own memory. */
final class Scratch {

    /** Floats of decoded weights that stay in the second-level cache. */
    private static final int TILE = 32 * 1024;
    /** Rows that the panel kernel takes at a time. */
    private static final int ROWS = 6;

    /**
     * Keys whose scores a panel of queries has at one time in attention in both directions; a multiple of the lanes. Sequences of up to
     * 512 fit in wherever their first panel begins, so that their sums have one order.
     */
    static final int KEYS = 544;

    /** Decoded weights, at least twelve rows of the widest product. */
    final float[] tile;
    /** For one row's product. */
    final float[] line;
    final float[] scores;
    final float[] query;
    final float[] sum;
    final float[] largest;
    final float[] total;
    /** Rows of a matrix side by side, for {@link #gather}; made when first needed. */
    private MemorySegment gathered = MemorySegment.NULL;

    Scratch(CpuKernels kernels, int widest, int headDimension) {
        int lanes = kernels.lanes();
        int padded = (headDimension + lanes - 1) / lanes * lanes;
        tile = new float[tileFloats(widest)];
        line = new float[kernels.scratch(widest)];
        scores = new float[KEYS * lanes];
        query = new float[padded * lanes];
        sum = new float[padded * lanes];
        largest = new float[lanes];
        total = new float[lanes];
    }

    private static int tileFloats(int widest) {
        return Math.max(TILE, CpuKernels.STAGED * widest);
    }

    /** Rows of {@code columns} that the tile holds, in sixes where it can. */
    static int tileRows(int columns) {
        return Math.max(ROWS, Math.min(48, TILE / columns / ROWS * ROWS));
    }

    /** Rows {@code chosen[first]} to {@code chosen[first + count - 1]} of {@code matrix}, until the next call. */
    Matrix gather(Matrix matrix, int[] chosen, int first, int count) {
        long bytes = matrix.rowBytes();
        if (gathered.byteSize() < count * bytes) {
            gathered = Arena.ofAuto().allocate(tileRows(matrix.columns()) * bytes, Long.BYTES);
        }
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(matrix.data(), chosen[first + i] * bytes, gathered, i * bytes, bytes);
        }
        return new Matrix(matrix.type(), gathered, count, matrix.columns(), bytes, matrix.finite());
    }

    /** Bytes of one worker's scratch. */
    static long bytes(CpuKernels kernels, int widest, int headDimension) {
        long lanes = kernels.lanes();
        long padded = (headDimension + lanes - 1) / lanes * lanes;
        return Float.BYTES * (tileFloats(widest) + kernels.scratch(widest) + KEYS * lanes + 2 * padded * lanes + 2 * lanes);
    }
}
