package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.HALF;
import static org.waterspout.backend.cpu.kernels.VectorShapes.INTS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.LITTLE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.waterspout.model.WeightType;

/**
 * Weights decoded for products with a few rows. Blocks of 32 bytes or nibbles come in the order in which the fewest instructions make
 * floats of them, which is not that of the columns; the input is put in the same order.
 */
final class VectorBlocks {

    private VectorBlocks() {
    }

    /**
     * Weights as {@link VectorProducts} multiplies them: divided by {@code factor}, which is 1 or, for halves,
     * {@link VectorProducts#HALVES}, and columns in the order of {@link #arrange}.
     */
    static void decode(Matrix weights, int from, int to, float factor, float[] out, int outAt) {
        MemorySegment data = weights.data();
        long at = from * weights.rowBytes();
        int columns = weights.columns();
        if (arranges(weights.type())) {
            int end = weights.type() == WeightType.Q4_0 || weights.type() == WeightType.Q4_1 ? VectorProducts.within(weights, to) : to;
            int blocks = (end - from) * (columns / 32);
            switch (weights.type()) {
                case Q8_0 -> bytes(data, at, 2, blocks, out, outAt);
                case I8_32 -> bytes(data, at, 4, blocks, out, outAt);
                case Q4_0 -> nibbles(data, at, 2, blocks, out, outAt);
                default -> nibbles(data, at, 4, blocks, out, outAt);
            }
            if (end < to) {
                float[] last = new float[columns];
                VectorTiles.decode(weights, end, to, last, 0);
                arrange(weights.type(), last, 0, columns, out, outAt + (end - from) * columns);
            }
        } else if (factor == 1) {
            VectorTiles.decode(weights, from, to, out, outAt);
        } else {
            VectorTiles.decodeF16(data, at, (to - from) * columns, 0x1p112f / factor, out, outAt);
        }
    }

    /** A lane has four neighbouring bytes of a block, the last of which comes first. */
    private static void bytes(MemorySegment data, long at, int header, int blocks, float[] out, int outAt) {
        int to = outAt;
        for (long p = at, end = at + blocks * (header + 32L); p < end; p += header + 32, to += 32) { // a ninth faster than counting blocks
            FloatVector scale = FloatVector.broadcast(FLOATS, VectorProducts.scale(data, p, header));
            for (int h = 0; h < 32; h += 4 * COUNT) {
                IntVector four = IntVector.fromMemorySegment(INTS, data, p + header + h, LITTLE);
                ((FloatVector) four.lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(scale).intoArray(out, to + h);
                ((FloatVector) four.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(scale)
                        .intoArray(out, to + h + COUNT);
                ((FloatVector) four.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(scale)
                        .intoArray(out, to + h + 2 * COUNT);
                ((FloatVector) four.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).castShape(FLOATS, 0)).mul(scale)
                        .intoArray(out, to + h + 3 * COUNT);
            }
        }
    }

    /** A vector of low nibbles, then that of the high ones of the same bytes. */
    private static void nibbles(MemorySegment data, long at, int header, int blocks, float[] out, int outAt) {
        int to = outAt;
        for (long p = at, end = at + blocks * (header + 16L); p < end; p += header + 16, to += 32) {
            FloatVector scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector min = FloatVector.broadcast(FLOATS, VectorProducts.min(data, p, header));
            for (int j = 0; j < 16; j += COUNT) {
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + header + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, min).intoArray(out, to + 2 * j);
                ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, min)
                        .intoArray(out, to + 2 * j + COUNT);
            }
        }
    }

    /** Whether products are added in another order than that of the columns. */
    static boolean arranges(WeightType type) {
        return COUNT <= 8 && (type == WeightType.Q8_0 || type == WeightType.I8_32 || type == WeightType.Q4_0 || type == WeightType.Q4_1);
    }

    /** Puts the columns of x in the order in which weights are decoded. */
    static void arrange(WeightType type, float[] x, int xAt, int columns, float[] out, int outAt) {
        if (type == WeightType.Q4_0 || type == WeightType.Q4_1) {
            for (int k = 0; k < columns; k += 32) {
                for (int j = 0; j < 16; j += COUNT) {
                    FloatVector.fromArray(FLOATS, x, xAt + k + j).intoArray(out, outAt + k + 2 * j);
                    FloatVector.fromArray(FLOATS, x, xAt + k + 16 + j).intoArray(out, outAt + k + 2 * j + COUNT);
                }
            }
            return;
        }
        for (int k = 0; k < columns; k += 4 * COUNT) {
            for (int lane = 0; lane < COUNT; lane++) {
                int from = xAt + k + 4 * lane;
                int to = outAt + k + lane;
                out[to] = x[from + 3];
                out[to + COUNT] = x[from + 2];
                out[to + 2 * COUNT] = x[from + 1];
                out[to + 3 * COUNT] = x[from];
            }
        }
    }
}
