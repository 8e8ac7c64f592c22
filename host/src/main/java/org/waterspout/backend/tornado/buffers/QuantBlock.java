package org.waterspout.backend.tornado.buffers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.waterspout.model.WeightType;

/**
 * One block of a model file taken apart: number i is {@code quants[i] * scales[i / block] + offsets[i / block]}. Layouts of the
 * blocks: ggml-common.h; formulas: ggml-quants.c, dequantize_row_*. Reused from block to block.
 */
final class QuantBlock {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final byte[] IQ4_VALUES = WeightType.iq4Values();

    /** Signed where the type's layout is of bytes, 0 to 15 where it is of nibbles. */
    final byte[] quants = new byte[256];
    final float[] scales = new float[16];
    final float[] offsets = new float[16];

    private final WeightType type;

    QuantBlock(WeightType type) {
        this.type = type;
    }

    /** Reads the block that begins at byte {@code at}. */
    void read(MemorySegment data, long at) {
        switch (type) {
            case Q8_0 -> {
                scales[0] = half(data, at);
                MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at + 2, quants, 0, 32);
            }
            case I8_32 -> {
                scales[0] = Float.intBitsToFloat(data.get(INT, at));
                MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at + Float.BYTES, quants, 0, 32);
            }
            case Q4_0 -> {
                scales[0] = half(data, at);
                offsets[0] = -8 * scales[0];
                nibbles(data, at + 2, 0);
            }
            case Q4_1 -> {
                scales[0] = half(data, at);
                offsets[0] = half(data, at + 2);
                nibbles(data, at + 4, 0);
            }
            case Q5_0 -> {
                scales[0] = half(data, at);
                nibbles(data, at + 6, 0);
                fifthBits(data.get(INT, at + 2), -16);
            }
            case Q5_1 -> {
                scales[0] = half(data, at);
                offsets[0] = half(data, at + 2);
                nibbles(data, at + 8, 0);
                fifthBits(data.get(INT, at + 4), 0);
            }
            case Q2_K -> readQ2(data, at);
            case Q3_K -> readQ3(data, at);
            case Q4_K -> {
                scalesAndMinima(data, at);
                for (int pair = 0; pair < 4; pair++) {
                    wideNibbles(data, at + 16 + 32 * pair, 64 * pair);
                }
            }
            case Q5_K -> readQ5(data, at);
            case Q6_K -> readQ6(data, at);
            case IQ4_NL -> {
                scales[0] = half(data, at);
                values(data, at + 2, 0);
            }
            case IQ4_XS -> readIq4(data, at);
            case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no blocks");
        }
    }

    /** 16 bytes: byte i holds number i in its low half and number i + 16 in its high half. */
    private void nibbles(MemorySegment data, long at, int out) {
        for (int i = 0; i < 16; i++) {
            int pair = data.get(ValueLayout.JAVA_BYTE, at + i);
            quants[out + i] = (byte) (pair & 15);
            quants[out + i + 16] = (byte) (pair >> 4 & 15);
        }
    }

    /** 32 bytes: byte i holds number i in its low half and number i + 32 in its high half. */
    private void wideNibbles(MemorySegment data, long at, int out) {
        for (int i = 0; i < 32; i++) {
            int pair = data.get(ValueLayout.JAVA_BYTE, at + i);
            quants[out + i] = (byte) (pair & 15);
            quants[out + i + 32] = (byte) (pair >> 4 & 15);
        }
    }

    private void fifthBits(int bits, int shift) {
        for (int i = 0; i < 32; i++) {
            quants[i] += (byte) ((bits >> i & 1) * 16 + shift);
        }
    }

    /** Q4_K and Q5_K: d, dmin, then eight 6-bit scales and minima in 12 bytes. */
    private void scalesAndMinima(MemorySegment data, long at) {
        float d = half(data, at);
        float dmin = half(data, at + 2);
        long packed = at + 4;
        for (int i = 0; i < 4; i++) {
            int a = unsigned(data, packed + i);
            int b = unsigned(data, packed + 4 + i);
            int c = unsigned(data, packed + 8 + i);
            scales[i] = d * (a & 63);
            offsets[i] = -dmin * (b & 63);
            scales[i + 4] = d * (c & 15 | a >> 6 << 4);
            offsets[i + 4] = -dmin * (c >> 4 | b >> 6 << 4);
        }
    }

    /** 16 bytes of 4-bit scale and minimum, 64 bytes of 2-bit quants, d, dmin. */
    private void readQ2(MemorySegment data, long at) {
        float d = half(data, at + 80);
        float dmin = half(data, at + 82);
        for (int sub = 0; sub < 16; sub++) {
            int packed = unsigned(data, at + sub);
            scales[sub] = d * (packed & 15);
            offsets[sub] = -dmin * (packed >> 4);
        }
        for (int i = 0; i < 256; i++) {
            quants[i] = (byte) (unsigned(data, at + 16 + twoBitByte(i)) >> twoBitShift(i) & 3);
        }
    }

    /** 32 bytes of third bits, 64 bytes of 2-bit quants, sixteen 6-bit scales in 12 bytes, d. */
    private void readQ3(MemorySegment data, long at) {
        float d = half(data, at + 108);
        for (int sub = 0; sub < 16; sub++) {
            int low = unsigned(data, at + 96 + sub % 8) >> (sub < 8 ? 0 : 4) & 15;
            int high = unsigned(data, at + 104 + sub % 4) >> 2 * (sub / 4) & 3;
            scales[sub] = d * ((low | high << 4) - 32);
            offsets[sub] = -4 * scales[sub];
        }
        for (int i = 0; i < 256; i++) {
            int low = unsigned(data, at + 32 + twoBitByte(i)) >> twoBitShift(i) & 3;
            int third = unsigned(data, at + i % 32) >> i / 32 & 1;
            quants[i] = (byte) (low | third << 2);
        }
    }

    /** Of 128 numbers, the four groups of 32 lie in the four bit pairs of the same 32 bytes. */
    private static int twoBitByte(int i) {
        return i / 128 * 32 + i % 32;
    }

    private static int twoBitShift(int i) {
        return i % 128 / 32 * 2;
    }

    /** d, dmin, 12 bytes of scales and minima, 32 bytes of fifth bits, 128 bytes of nibbles. */
    private void readQ5(MemorySegment data, long at) {
        scalesAndMinima(data, at);
        for (int pair = 0; pair < 4; pair++) {
            wideNibbles(data, at + 48 + 32 * pair, 64 * pair);
        }
        for (int i = 0; i < 256; i++) {
            quants[i] += (byte) ((unsigned(data, at + 16 + i % 32) >> i / 32 & 1) * 16);
        }
    }

    /** 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, d. */
    private void readQ6(MemorySegment data, long at) {
        float d = half(data, at + 208);
        for (int sub = 0; sub < 16; sub++) {
            scales[sub] = d * data.get(ValueLayout.JAVA_BYTE, at + 192 + sub);
        }
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int quarter = i % 128 / 32;
            int low = unsigned(data, at + 64 * half + 32 * (quarter % 2) + i % 32) >> 4 * (quarter / 2) & 15;
            int high = unsigned(data, at + 128 + 32 * half + i % 32) >> 2 * quarter & 3;
            quants[i] = (byte) ((low | high << 4) - 32);
        }
    }

    /** d, 2 bytes of high bits of eight 6-bit scales, 4 bytes of their low halves, 128 bytes of nibbles. */
    private void readIq4(MemorySegment data, long at) {
        float d = half(data, at);
        for (int group = 0; group < 8; group++) {
            int low = unsigned(data, at + 4 + group / 2) >> 4 * (group % 2) & 15;
            int high = unsigned(data, at + 2 + group / 4) >> 2 * (group % 4) & 3;
            scales[group] = d * ((low | high << 4) - 32);
            values(data, at + 8 + 16 * group, 32 * group);
        }
    }

    /** As {@link #nibbles}, with what they stand for. */
    private void values(MemorySegment data, long at, int out) {
        nibbles(data, at, out);
        for (int i = out; i < out + 32; i++) {
            quants[i] = IQ4_VALUES[quants[i]];
        }
    }

    private static float half(MemorySegment data, long at) {
        return Float.float16ToFloat(data.get(SHORT, at));
    }

    private static int unsigned(MemorySegment data, long at) {
        return data.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }
}
