package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.BYTES;
import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.HALF;
import static org.waterspout.backend.cpu.kernels.VectorShapes.INTS;
import static org.waterspout.backend.cpu.kernels.VectorShapes.LITTLE;
import static org.waterspout.backend.cpu.kernels.VectorShapes.WORD;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.waterspout.model.WeightType;

/**
 * Decoding of the common super-blocks of 256, and of IQ4_NL, whose blocks IQ4_XS is made of; layouts as in model-io's decoders, which say
 * what the bytes mean.
 */
final class VectorSuperBlocks {

    private static final ByteVector IQ4_VALUES = ByteVector.fromArray(ByteVector.SPECIES_128, WeightType.iq4Values(), 0);

    private VectorSuperBlocks() {
    }

    /** d * scale * q - dmin * min in groups of 32; 32 bytes hold two groups, in their low and their high halves. */
    static void decodeQ4(MemorySegment data, long at, int blocks, float[] out, int outAt) {
        for (int block = 0; block < blocks; block++) {
            long p = at + block * 144L;
            float d = Float.float16ToFloat(data.get(HALF, p));
            float dmin = Float.float16ToFloat(data.get(HALF, p + 2));
            long scales = scales(data.get(WORD, p + 4), data.get(WORD, p + 12));
            long minima = minima(data.get(WORD, p + 8), data.get(WORD, p + 12));
            for (int pair = 0; pair < 4; pair++) {
                FloatVector lowScale = FloatVector.broadcast(FLOATS, d * (scales >>> pair * 16 & 63));
                FloatVector highScale = FloatVector.broadcast(FLOATS, d * (scales >>> pair * 16 + 8 & 63));
                FloatVector lowLeast = FloatVector.broadcast(FLOATS, -dmin * (minima >>> pair * 16 & 63));
                FloatVector highLeast = FloatVector.broadcast(FLOATS, -dmin * (minima >>> pair * 16 + 8 & 63));
                int o = outAt + block * 256 + pair * 64;
                for (int j = 0; j < 32; j += COUNT) {
                    IntVector quants = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 16 + pair * 32 + j, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                    ((FloatVector) quants.and(15).castShape(FLOATS, 0)).fma(lowScale, lowLeast).intoArray(out, o + j);
                    ((FloatVector) quants.lanewise(VectorOperators.LSHR, 4).castShape(FLOATS, 0)).fma(highScale, highLeast)
                            .intoArray(out, o + 32 + j);
                }
            }
        }
    }

    /** As Q4_K with 32 bytes of fifth bits before the halves: bit g of byte i belongs to number i of group g. */
    static void decodeQ5(MemorySegment data, long at, int blocks, float[] out, int outAt) {
        for (int block = 0; block < blocks; block++) {
            long p = at + block * 176L;
            float d = Float.float16ToFloat(data.get(HALF, p));
            float dmin = Float.float16ToFloat(data.get(HALF, p + 2));
            long scales = scales(data.get(WORD, p + 4), data.get(WORD, p + 12));
            long minima = minima(data.get(WORD, p + 8), data.get(WORD, p + 12));
            for (int group = 0; group < 8; group++) {
                FloatVector scale = FloatVector.broadcast(FLOATS, d * (scales >>> group * 8 & 63));
                FloatVector min = FloatVector.broadcast(FLOATS, -dmin * (minima >>> group * 8 & 63));
                for (int j = 0; j < 32; j += COUNT) {
                    IntVector low = ((IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 48 + group / 2 * 32 + j, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)).lanewise(VectorOperators.LSHR, group % 2 * 4).and(15);
                    IntVector fifth = ((IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 16 + j, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)).lanewise(VectorOperators.LSHR, group).and(1);
                    ((FloatVector) low.or(fifth.lanewise(VectorOperators.LSHL, 4)).castShape(FLOATS, 0)).fma(scale, min)
                            .intoArray(out, outAt + block * 256 + group * 32 + j);
                }
            }
        }
    }

    /** Eight scales of six bits, one a byte: the first four from the first word, the others from the last word and the first's top bits. */
    private static long scales(int first, int last) {
        int low = first & 0x3F3F3F3F;
        int high = last & 0x0F0F0F0F | (first >>> 6 & 0x03030303) << 4;
        return low & 0xFFFFFFFFL | (long) high << 32;
    }

    /** As {@link #scales}, from the second word and the high halves of the last. */
    private static long minima(int second, int last) {
        return scales(second, last >>> 4);
    }

    /** d * scale * (q - 32) in groups of 16; each 32 bytes of high bits and 64 of low ones hold 128 numbers. */
    static void decodeQ6(MemorySegment data, long at, int blocks, float[] out, int outAt) {
        for (int block = 0; block < blocks; block++) {
            long p = at + block * 210L;
            float d = Float.float16ToFloat(data.get(HALF, p + 208));
            for (int half = 0; half < 2; half++) {
                for (int j = 0; j < 32; j += COUNT) {
                    long low = p + half * 64 + j;
                    long scale = p + 192 + half * 8 + j / 16;
                    int o = outAt + block * 256 + half * 128 + j;
                    IntVector a = (IntVector) ByteVector.fromMemorySegment(BYTES, data, low, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                    IntVector b = (IntVector) ByteVector.fromMemorySegment(BYTES, data, low + 32, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                    IntVector high = (IntVector) ByteVector.fromMemorySegment(BYTES, data, p + 128 + half * 32 + j, LITTLE)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                    ((FloatVector) a.and(15).or(high.lanewise(VectorOperators.LSHL, 4).and(48)).sub(32).castShape(FLOATS, 0))
                            .mul(d * data.get(ValueLayout.JAVA_BYTE, scale)).intoArray(out, o);
                    ((FloatVector) b.and(15).or(high.lanewise(VectorOperators.LSHL, 2).and(48)).sub(32).castShape(FLOATS, 0))
                            .mul(d * data.get(ValueLayout.JAVA_BYTE, scale + 2)).intoArray(out, o + 32);
                    ((FloatVector) a.lanewise(VectorOperators.LSHR, 4).or(high.and(48)).sub(32).castShape(FLOATS, 0))
                            .mul(d * data.get(ValueLayout.JAVA_BYTE, scale + 4)).intoArray(out, o + 64);
                    ((FloatVector) b.lanewise(VectorOperators.LSHR, 4).or(high.lanewise(VectorOperators.LSHR, 2).and(48)).sub(32)
                            .castShape(FLOATS, 0)).mul(d * data.get(ValueLayout.JAVA_BYTE, scale + 6)).intoArray(out, o + 96);
                }
            }
        }
    }

    static void decodeIq4Nl(MemorySegment data, long at, int blocks, float[] out, int outAt) {
        long p = at;
        for (int block = 0; block < blocks; block++, p += 18) {
            iq4(data, p + 2, Float.float16ToFloat(data.get(HALF, p)), out, outAt + block * 32);
        }
    }

    /** d * (scale - 32) * value in groups of 32. */
    static void decodeIq4Xs(MemorySegment data, long at, int blocks, float[] out, int outAt) {
        long p = at;
        for (int block = 0; block < blocks; block++, p += 136) {
            float d = Float.float16ToFloat(data.get(HALF, p));
            int high = data.get(HALF, p + 2);
            int low = data.get(WORD, p + 4);
            for (int group = 0; group < 8; group++) {
                int scale = (low >>> 4 * group & 15 | (high >> 2 * group & 3) << 4) - 32;
                iq4(data, p + 8 + 16 * group, d * scale, out, outAt + block * 256 + group * 32);
            }
        }
    }

    /** 16 bytes of 32 nibbles, each an index into the table of values. */
    private static void iq4(MemorySegment data, long nibbles, float scale, float[] out, int outAt) {
        ByteVector pairs = ByteVector.fromMemorySegment(ByteVector.SPECIES_128, data, nibbles, LITTLE);
        ByteVector low = pairs.and((byte) 15).selectFrom(IQ4_VALUES);
        ByteVector high = pairs.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes().and((byte) 15)
                .selectFrom(IQ4_VALUES);
        ((FloatVector) low.castShape(FLOATS, 0)).mul(scale).intoArray(out, outAt);
        ((FloatVector) high.castShape(FLOATS, 0)).mul(scale).intoArray(out, outAt + 16);
        if (COUNT <= 8) {
            ((FloatVector) low.castShape(FLOATS, 1)).mul(scale).intoArray(out, outAt + COUNT);
            ((FloatVector) high.castShape(FLOATS, 1)).mul(scale).intoArray(out, outAt + 16 + COUNT);
        }
        if (COUNT == 4) {
            ((FloatVector) low.castShape(FLOATS, 2)).mul(scale).intoArray(out, outAt + 8);
            ((FloatVector) low.castShape(FLOATS, 3)).mul(scale).intoArray(out, outAt + 12);
            ((FloatVector) high.castShape(FLOATS, 2)).mul(scale).intoArray(out, outAt + 24);
            ((FloatVector) high.castShape(FLOATS, 3)).mul(scale).intoArray(out, outAt + 28);
        }
    }
}
