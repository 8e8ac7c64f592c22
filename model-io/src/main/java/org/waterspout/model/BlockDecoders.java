package org.waterspout.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Plain numbers and the blocks of 32. d and m are halves: the block's scale and its smallest value. Layouts: ggml-common.h;
 * formulas: ggml-quants.c, dequantize_row_*; products and sums are rounded to float one by one, as there.
 */
final class BlockDecoders {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** kvalues_iq4nl of ggml-common.h. */
    static final byte[] IQ4_VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private BlockDecoders() {
    }

    static void f32(MemorySegment data, long at, float[] out, int outAt) {
        out[outAt] = data.get(FLOAT, at);
    }

    static void f16(MemorySegment data, long at, float[] out, int outAt) {
        out[outAt] = half(data, at);
    }

    /** The upper 16 bits of a float. */
    static void bf16(MemorySegment data, long at, float[] out, int outAt) {
        out[outAt] = Float.intBitsToFloat(data.get(SHORT, at) << 16);
    }

    /** d, 16 bytes: value = d * (q - 8); byte i holds q of i (low) and of i + 16 (high). */
    static void q4With0(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, at + 2 + i);
            out[outAt + i] = d * ((pair & 15) - 8);
            out[outAt + i + 16] = d * ((pair >> 4) - 8);
        }
    }

    /** d, m, 16 bytes: value = d * q + m; byte i holds q of i (low) and of i + 16 (high). */
    static void q4With1(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        float m = half(data, at + 2);
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, at + 4 + i);
            out[outAt + i] = d * (pair & 15) + m;
            out[outAt + i + 16] = d * (pair >> 4) + m;
        }
    }

    /** d, 32 fifth bits, 16 bytes as in Q4_0: value = d * (q - 16). */
    static void q5With0(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        int fifth = data.get(INT, at + 2);
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, at + 6 + i);
            out[outAt + i] = d * ((pair & 15 | (fifth >>> i & 1) << 4) - 16);
            out[outAt + i + 16] = d * ((pair >> 4 | (fifth >>> i + 16 & 1) << 4) - 16);
        }
    }

    /** d, m, 32 fifth bits, 16 bytes as in Q4_1: value = d * q + m. */
    static void q5With1(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        float m = half(data, at + 2);
        int fifth = data.get(INT, at + 4);
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, at + 8 + i);
            out[outAt + i] = d * (pair & 15 | (fifth >>> i & 1) << 4) + m;
            out[outAt + i + 16] = d * (pair >> 4 | (fifth >>> i + 16 & 1) << 4) + m;
        }
    }

    /** d, 16 bytes as in Q4_0: value = d * {@link #IQ4_VALUES}[q]. */
    static void iq4(MemorySegment data, long at, float[] out, int outAt) {
        iq4(data, at + 2, half(data, at), out, outAt);
    }

    /** 16 bytes of 32 nibbles. */
    static void iq4(MemorySegment data, long nibbles, float scale, float[] out, int outAt) {
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, nibbles + i);
            out[outAt + i] = scale * IQ4_VALUES[pair & 15];
            out[outAt + i + 16] = scale * IQ4_VALUES[pair >> 4];
        }
    }

    /** d, 32 signed bytes: value = d * q. */
    static void q8With0(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        for (int i = 0; i < 32; i++) {
            out[outAt + i] = d * data.get(ValueLayout.JAVA_BYTE, at + 2 + i);
        }
    }

    /** A float d, 32 signed bytes: value = d * q. */
    static void i8(MemorySegment data, long at, float[] out, int outAt) {
        float d = data.get(FLOAT, at);
        for (int i = 0; i < 32; i++) {
            out[outAt + i] = d * data.get(ValueLayout.JAVA_BYTE, at + Float.BYTES + i);
        }
    }

    static float half(MemorySegment data, long at) {
        return Float.float16ToFloat(data.get(SHORT, at));
    }

    static int unsigned(MemorySegment data, long at) {
        return Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at));
    }
}
