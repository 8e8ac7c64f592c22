package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.HALF;
import static org.waterspout.backend.cpu.kernels.VectorShapes.INTS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.LITTLE;
import static org.waterspout.backend.cpu.kernels.VectorShapes.SHORTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of decoded weights with many rows. In these loops the vector methods are called directly: past some thousand nodes the
 * compiler no longer inlines methods of our own, and their vectors then go through the heap.
 */
final class VectorTiles {

    /** Columns of a panel that stay in the first-level cache: two panels of 256 x 16 floats are 32 KB. */
    private static final int COLUMN_BLOCK = 256;

    private VectorTiles() {
    }

    static void decode(Matrix weights, int from, int to, float[] out, int outAt) {
        MemorySegment data = weights.data();
        long at = from * weights.rowBytes();
        if (VectorShapes.READS_BEYOND && to == weights.rows() && weights.type().blockLength() > 1 && from < to) {
            int before = (to - 1 - from) * weights.columns();
            weights.type().decode(data, at + (to - 1 - from) * weights.rowBytes(), out, outAt + before, weights.columns());
            decode(weights, from, to - 1, out, outAt);
            return;
        }
        int count = (to - from) * weights.columns();
        switch (weights.type()) {
            case F32 -> MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE), at, out, outAt, count);
            case F16 -> {
                if (weights.finite()) {
                    decodeF16(data, at, count, 0x1p112f, out, outAt);
                } else {
                    weights.type().decode(data, at, out, outAt, count);
                }
            }
            case BF16 -> decodeBf16(data, at, count, out, outAt);
            case Q8_0 -> decodeQ8(data, at, 34, count / 32, out, outAt);
            case I8_32 -> decodeQ8(data, at, 36, count / 32, out, outAt);
            case Q4_0 -> decodeQ4(data, at, 18, 2, count / 32, out, outAt);
            case Q4_1 -> decodeQ4(data, at, 20, 4, count / 32, out, outAt);
            case Q5_0 -> decodeQ5(data, at, 22, 2, count / 32, out, outAt);
            case Q5_1 -> decodeQ5(data, at, 24, 4, count / 32, out, outAt);
            case Q5_K -> VectorSuperBlocks.decodeQ5(data, at, count / 256, out, outAt);
            case Q4_K -> VectorSuperBlocks.decodeQ4(data, at, count / 256, out, outAt);
            case Q6_K -> VectorSuperBlocks.decodeQ6(data, at, count / 256, out, outAt);
            case IQ4_NL -> VectorSuperBlocks.decodeIq4Nl(data, at, count / 32, out, outAt);
            case IQ4_XS -> VectorSuperBlocks.decodeIq4Xs(data, at, count / 256, out, outAt);
            case Q2_K, Q3_K -> weights.type().decode(data, at, out, outAt, count);
        }
    }

    /** @param factor 2^112 for the numbers themselves, or a lower power of two */
    static void decodeF16(MemorySegment data, long at, int count, float factor, float[] out, int outAt) {
        int i = 0;
        for (; i + COUNT <= count; i += COUNT) {
            // sign, exponent and fraction moved into a float's place are the number times 2^-112, subnormal or not, but not infinite
            IntVector bits = ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, at + 2L * i, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13).and(0x8FFFE000);
            bits.reinterpretAsFloats().mul(factor).intoArray(out, outAt + i);
        }
        for (; i < count; i++) {
            out[outAt + i] = Float.float16ToFloat(data.get(HALF, at + 2L * i)) * (factor * 0x1p-112f);
        }
    }

    private static void decodeBf16(MemorySegment data, long at, int count, float[] out, int outAt) {
        int i = 0;
        for (; i + COUNT <= count; i += COUNT) {
            ((IntVector) ShortVector.fromMemorySegment(SHORTS, data, at + 2L * i, LITTLE).castShape(INTS, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(out, outAt + i);
        }
        for (; i < count; i++) {
            out[outAt + i] = Float.intBitsToFloat(data.get(HALF, at + 2L * i) << 16);
        }
    }

    /** Blocks of 32 bytes behind a scale, of 16 bits in a block of 34 bytes and of 32 bits in one of 36. */
    private static void decodeQ8(MemorySegment data, long at, int blockBytes, int blocks, float[] out, int outAt) {
        int header = blockBytes - 32;
        long p = at;
        for (int b = 0; b < blocks; b++, p += blockBytes) {
            float d = header == 2 ? Float.float16ToFloat(data.get(HALF, p)) : Float.intBitsToFloat(data.get(VectorShapes.WORD, p));
            for (int j = 0; j < 32; j += COUNT) {
                ((FloatVector) ByteVector.fromMemorySegment(BYTES, data, p + header + j, LITTLE).castShape(FLOATS, 0)).mul(d)
                        .intoArray(out, outAt + b * 32 + j);
            }
        }
    }

    /** Q4_0 (header of 2 bytes: value d * q - 8 d) and Q4_1 (header of 4: value d * q + m). */
    private static void decodeQ4(MemorySegment data, long at, int blockBytes, int header, int blocks, float[] out, int outAt) {
        long p = at;
        for (int b = 0; b < blocks; b++, p += blockBytes) {
            FloatVector scale = FloatVector.broadcast(FLOATS, Float.float16ToFloat(data.get(HALF, p)));
            FloatVector offset = FloatVector.broadcast(FLOATS, VectorProducts.min(data, p, header));
            for (int j = 0; j < 16; j += COUNT) {
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + header + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                ((FloatVector) pair.and(15).castShape(FLOATS, 0)).fma(scale, offset).intoArray(out, outAt + b * 32 + j);
                ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(scale, offset)
                        .intoArray(out, outAt + b * 32 + 16 + j);
            }
        }
    }

    /** As Q4 with a word of fifth bits before the bytes; Q5_0 has value d * q - 16 d, Q5_1 d * q + m. */
    private static void decodeQ5(MemorySegment data, long at, int blockBytes, int header, int blocks, float[] out, int outAt) {
        IntVector lane = IntVector.zero(INTS).addIndex(1);
        long p = at;
        for (int b = 0; b < blocks; b++, p += blockBytes) {
            float d = Float.float16ToFloat(data.get(HALF, p));
            FloatVector offset = FloatVector.broadcast(FLOATS, header == 4 ? Float.float16ToFloat(data.get(HALF, p + 2)) : -16 * d);
            int fifth = data.get(VectorShapes.WORD, p + header);
            for (int j = 0; j < 16; j += COUNT) {
                IntVector pair = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + header + 4 + j, LITTLE)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                IntVector low = IntVector.broadcast(INTS, fifth >>> j).lanewise(VectorOperators.LSHR, lane).and(1)
                        .lanewise(VectorOperators.LSHL, 4);
                IntVector high = IntVector.broadcast(INTS, fifth >>> j + 16).lanewise(VectorOperators.LSHR, lane).and(1)
                        .lanewise(VectorOperators.LSHL, 4);
                ((FloatVector) pair.and(15).or(low).castShape(FLOATS, 0)).mul(d).add(offset).intoArray(out, outAt + b * 32 + j);
                ((FloatVector) pair.lanewise(VectorOperators.LSHR, 4).or(high).castShape(FLOATS, 0)).mul(d).add(offset)
                        .intoArray(out, outAt + b * 32 + 16 + j);
            }
        }
    }

    static void multiplyPanels(float[] tile, int rows, int columns, float[] x, int firstPanel, int endPanel, float[] out, int outRow,
            int width) {
        for (int from = 0; from < columns; from += COLUMN_BLOCK) {
            int count = Math.min(COLUMN_BLOCK, columns - from);
            for (int panel = firstPanel; panel < endPanel; panel += 2) {
                int x0 = (panel * columns + from) * COUNT;
                int out0 = (panel * width + outRow) * COUNT;
                boolean pair = panel + 1 < endPanel;
                int row = 0;
                for (; row + 6 <= rows; row += 6) {
                    if (pair) {
                        sixByTwo(tile, row * columns + from, columns, count, x, x0, x0 + columns * COUNT,
                                out, out0 + row * COUNT, out0 + (width + row) * COUNT);
                    } else {
                        sixByOne(tile, row * columns + from, columns, count, x, x0, out, out0 + row * COUNT);
                    }
                }
                for (; row < rows; row++) {
                    one(tile, row * columns + from, count, x, x0, out, out0 + row * COUNT);
                    if (pair) {
                        one(tile, row * columns + from, count, x, x0 + columns * COUNT, out, out0 + (width + row) * COUNT);
                    }
                }
            }
        }
    }

    /** Six weight rows by two panels: twelve sums, which is what 16 registers hold beside their operands. */
    private static void sixByTwo(float[] w, int wAt, int stride, int count, float[] x, int x0, int x1, float[] out, int out0, int out1) {
        int w1 = wAt + stride;
        int w2 = w1 + stride;
        int w3 = w2 + stride;
        int w4 = w3 + stride;
        int w5 = w4 + stride;
        FloatVector a0 = FloatVector.fromArray(FLOATS, out, out0);
        FloatVector a1 = FloatVector.fromArray(FLOATS, out, out0 + COUNT);
        FloatVector a2 = FloatVector.fromArray(FLOATS, out, out0 + 2 * COUNT);
        FloatVector a3 = FloatVector.fromArray(FLOATS, out, out0 + 3 * COUNT);
        FloatVector a4 = FloatVector.fromArray(FLOATS, out, out0 + 4 * COUNT);
        FloatVector a5 = FloatVector.fromArray(FLOATS, out, out0 + 5 * COUNT);
        FloatVector b0 = FloatVector.fromArray(FLOATS, out, out1);
        FloatVector b1 = FloatVector.fromArray(FLOATS, out, out1 + COUNT);
        FloatVector b2 = FloatVector.fromArray(FLOATS, out, out1 + 2 * COUNT);
        FloatVector b3 = FloatVector.fromArray(FLOATS, out, out1 + 3 * COUNT);
        FloatVector b4 = FloatVector.fromArray(FLOATS, out, out1 + 4 * COUNT);
        FloatVector b5 = FloatVector.fromArray(FLOATS, out, out1 + 5 * COUNT);
        for (int k = 0; k < count; k++) {
            FloatVector xa = FloatVector.fromArray(FLOATS, x, x0 + k * COUNT);
            FloatVector xb = FloatVector.fromArray(FLOATS, x, x1 + k * COUNT);
            FloatVector weight = FloatVector.broadcast(FLOATS, w[wAt + k]);
            a0 = weight.fma(xa, a0);
            b0 = weight.fma(xb, b0);
            weight = FloatVector.broadcast(FLOATS, w[w1 + k]);
            a1 = weight.fma(xa, a1);
            b1 = weight.fma(xb, b1);
            weight = FloatVector.broadcast(FLOATS, w[w2 + k]);
            a2 = weight.fma(xa, a2);
            b2 = weight.fma(xb, b2);
            weight = FloatVector.broadcast(FLOATS, w[w3 + k]);
            a3 = weight.fma(xa, a3);
            b3 = weight.fma(xb, b3);
            weight = FloatVector.broadcast(FLOATS, w[w4 + k]);
            a4 = weight.fma(xa, a4);
            b4 = weight.fma(xb, b4);
            weight = FloatVector.broadcast(FLOATS, w[w5 + k]);
            a5 = weight.fma(xa, a5);
            b5 = weight.fma(xb, b5);
        }
        a0.intoArray(out, out0);
        a1.intoArray(out, out0 + COUNT);
        a2.intoArray(out, out0 + 2 * COUNT);
        a3.intoArray(out, out0 + 3 * COUNT);
        a4.intoArray(out, out0 + 4 * COUNT);
        a5.intoArray(out, out0 + 5 * COUNT);
        b0.intoArray(out, out1);
        b1.intoArray(out, out1 + COUNT);
        b2.intoArray(out, out1 + 2 * COUNT);
        b3.intoArray(out, out1 + 3 * COUNT);
        b4.intoArray(out, out1 + 4 * COUNT);
        b5.intoArray(out, out1 + 5 * COUNT);
    }

    private static void sixByOne(float[] w, int wAt, int stride, int count, float[] x, int x0, float[] out, int out0) {
        int w1 = wAt + stride;
        int w2 = w1 + stride;
        int w3 = w2 + stride;
        int w4 = w3 + stride;
        int w5 = w4 + stride;
        FloatVector a0 = FloatVector.fromArray(FLOATS, out, out0);
        FloatVector a1 = FloatVector.fromArray(FLOATS, out, out0 + COUNT);
        FloatVector a2 = FloatVector.fromArray(FLOATS, out, out0 + 2 * COUNT);
        FloatVector a3 = FloatVector.fromArray(FLOATS, out, out0 + 3 * COUNT);
        FloatVector a4 = FloatVector.fromArray(FLOATS, out, out0 + 4 * COUNT);
        FloatVector a5 = FloatVector.fromArray(FLOATS, out, out0 + 5 * COUNT);
        for (int k = 0; k < count; k++) {
            FloatVector xa = FloatVector.fromArray(FLOATS, x, x0 + k * COUNT);
            a0 = FloatVector.broadcast(FLOATS, w[wAt + k]).fma(xa, a0);
            a1 = FloatVector.broadcast(FLOATS, w[w1 + k]).fma(xa, a1);
            a2 = FloatVector.broadcast(FLOATS, w[w2 + k]).fma(xa, a2);
            a3 = FloatVector.broadcast(FLOATS, w[w3 + k]).fma(xa, a3);
            a4 = FloatVector.broadcast(FLOATS, w[w4 + k]).fma(xa, a4);
            a5 = FloatVector.broadcast(FLOATS, w[w5 + k]).fma(xa, a5);
        }
        a0.intoArray(out, out0);
        a1.intoArray(out, out0 + COUNT);
        a2.intoArray(out, out0 + 2 * COUNT);
        a3.intoArray(out, out0 + 3 * COUNT);
        a4.intoArray(out, out0 + 4 * COUNT);
        a5.intoArray(out, out0 + 5 * COUNT);
    }

    private static void one(float[] w, int wAt, int count, float[] x, int x0, float[] out, int out0) {
        FloatVector sum = FloatVector.fromArray(FLOATS, out, out0);
        for (int k = 0; k < count; k++) {
            sum = FloatVector.broadcast(FLOATS, w[wAt + k]).fma(FloatVector.fromArray(FLOATS, x, x0 + k * COUNT), sum);
        }
        sum.intoArray(out, out0);
    }
}
