package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.Matrix;

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
    /** Of a panel of rows, or of some heads of one row; sums, largest scores and totals likewise. */
    final float[] query;
    final float[] sum;
    final float[] largest;
    final float[] total;
    /** A head's keys and values of a block, decoded. */
    final float[] keys;
    final float[] values;
    /** Rows of a matrix side by side, for {@link #gather}; made when first needed. */
    private MemorySegment gathered = MemorySegment.NULL;

    /**
     * What a worker computes.
     *
     * @param widest    columns of the widest product
     * @param headDimension elements of the widest head
     * @param group     most heads that read the same keys and values
     * @param decodes   whether keys and values are kept in fewer than 32 bits
     */
    record Size(int widest, int headDimension, int group, boolean decodes) {

        private int padded(int lanes) {
            return Math.ceilDiv(headDimension, lanes) * lanes;
        }

        private int block(int width) {
            return decodes ? CpuKernels.BLOCK * width : 0;
        }
    }

    Scratch(CpuKernels kernels, Size size) {
        int lanes = kernels.lanes();
        int padded = size.padded(lanes);
        int heads = Math.max(lanes, size.group());
        tile = new float[tileFloats(size.widest())];
        line = new float[kernels.scratch(size.widest())];
        scores = new float[KEYS * lanes];
        query = new float[padded * heads];
        sum = new float[padded * heads];
        largest = new float[heads];
        total = new float[heads];
        keys = new float[size.block(size.headDimension())];
        values = new float[size.block(padded)];
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
    static long bytes(CpuKernels kernels, Size size) {
        long lanes = kernels.lanes();
        long padded = size.padded(kernels.lanes());
        long heads = Math.max(lanes, size.group());
        return Float.BYTES * (tileFloats(size.widest()) + kernels.scratch(size.widest()) + KEYS * lanes + 2 * padded * heads + 2 * heads
                + size.block(size.headDimension()) + size.block((int) padded));
    }
}
