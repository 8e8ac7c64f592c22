package org.waterspout.model;

import static org.waterspout.model.BlockDecoders.half;
import static org.waterspout.model.BlockDecoders.unsigned;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The "K" types and IQ4_XS: super-blocks of 256 numbers in groups of 16 or 32. d and dmin are halves, the scales of the groups'
 * scales and of their smallest values. Layouts: ggml-common.h; formulas: ggml-quants.c, dequantize_row_*; products and
 * sums are rounded to float one by one, as there.
 */
final class SuperBlockDecoders {

    private static final int LENGTH = 256;

    private SuperBlockDecoders() {
    }

    /**
     * 16 bytes of scales (low 4 bits) and minima (high 4), 64 bytes of 2-bit q, d, dmin: value = d * scale * q - dmin * min.
     * 32 bytes hold 128 numbers: bits 0-1 the first 32 of them, bits 2-3 the next 32, and so on.
     */
    static void q2(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at + 80);
        float dmin = half(data, at + 82);
        for (int i = 0; i < LENGTH; i++) {
            int scaleAndMin = unsigned(data, at + i / 16);
            int q = unsigned(data, at + 16 + i / 128 * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
            out[outAt + i] = d * (scaleAndMin & 15) * q - dmin * (scaleAndMin >> 4);
        }
    }

    /**
     * 32 bytes of third bits (bit j of byte b: number 32 j + b), 64 bytes of low bits as in Q2_K, 12 bytes of scales, d:
     * value = d * (scale - 32) * (q - 4), where a third bit adds 4 to q.
     */
    static void q3(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at + 108);
        for (int i = 0; i < LENGTH; i++) {
            float scale = d * (q3Scale(data, at + 96, i / 16) - 32);
            int low = unsigned(data, at + 32 + i / 128 * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
            int third = unsigned(data, at + i % 32) >> i / 32 & 1;
            out[outAt + i] = scale * ((low | third << 2) - 4);
        }
    }

    /** 16 scales of 6 bits: the low 4 in bytes 0-7 (low halves first), the high 2 in bytes 8-11 (lowest bits first). */
    private static int q3Scale(MemorySegment data, long scales, int group) {
        int low = unsigned(data, scales + group % 8) >> group / 8 * 4 & 15;
        int high = unsigned(data, scales + 8 + group % 4) >> group / 4 * 2 & 3;
        return low | high << 4;
    }

    /**
     * d, dmin, 12 bytes of scales and minima, 128 bytes of 4-bit q: value = d * scale * q - dmin * min.
     * 32 bytes hold 64 numbers: the low halves the first 32 of them, the high halves the others.
     */
    static void q4(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        float dmin = half(data, at + 2);
        for (int i = 0; i < LENGTH; i++) {
            int group = i / 32;
            int q = unsigned(data, at + 16 + i / 64 * 32 + i % 32) >> group % 2 * 4 & 15;
            out[outAt + i] = d * sixBitScale(data, at + 4, group) * q - dmin * sixBitMin(data, at + 4, group);
        }
    }

    /** As Q4_K with 32 bytes of fifth bits (bit j of byte b: number 32 j + b) before the 4-bit ones. */
    static void q5(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        float dmin = half(data, at + 2);
        for (int i = 0; i < LENGTH; i++) {
            int group = i / 32;
            int low = unsigned(data, at + 48 + i / 64 * 32 + i % 32) >> group % 2 * 4 & 15;
            int fifth = unsigned(data, at + 16 + i % 32) >> group & 1;
            out[outAt + i] = d * sixBitScale(data, at + 4, group) * (low | fifth << 4) - dmin * sixBitMin(data, at + 4, group);
        }
    }

    /** 8 scales of 6 bits: 0-3 in bytes 0-3; 4-7 have 4 bits in the low halves of bytes 8-11, 2 on top of bytes 0-3. */
    private static int sixBitScale(MemorySegment data, long scales, int group) {
        return group < 4
                ? unsigned(data, scales + group) & 63
                : unsigned(data, scales + group + 4) & 15 | unsigned(data, scales + group - 4) >> 6 << 4;
    }

    /** 8 minima of 6 bits: 0-3 in bytes 4-7; 4-7 have 4 bits in the high halves of bytes 8-11, 2 on top of bytes 4-7. */
    private static int sixBitMin(MemorySegment data, long scales, int group) {
        return group < 4
                ? unsigned(data, scales + group + 4) & 63
                : unsigned(data, scales + group + 4) >> 4 | unsigned(data, scales + group) >> 6 << 4;
    }

    /**
     * 128 bytes of low 4 bits, 64 bytes of high 2 bits, 16 signed scales, d: value = d * scale * (q - 32).
     * 64 bytes of low bits hold 128 numbers: the low halves the first 64 of them, the high halves the others; 32 bytes of
     * high bits hold 128 numbers: bits 0-1 the first 32 of them, and so on.
     */
    static void q6(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at + 208);
        for (int i = 0; i < LENGTH; i++) {
            int low = unsigned(data, at + i / 128 * 64 + i % 64) >> i % 128 / 64 * 4 & 15;
            int high = unsigned(data, at + 128 + i / 128 * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
            out[outAt + i] = d * data.get(ValueLayout.JAVA_BYTE, at + 192 + i / 16) * ((low | high << 4) - 32);
        }
    }

    /**
     * d, 2 bytes of high bits of the scales, 4 bytes of their low halves, 128 bytes of 4-bit q: value = d * (scale - 32) * IQ4_VALUES[q] in
     * groups of 32, each of 16 bytes as in IQ4_NL.
     */
    static void iq4(MemorySegment data, long at, float[] out, int outAt) {
        float d = half(data, at);
        for (int group = 0; group < LENGTH / 32; group++) {
            int low = unsigned(data, at + 4 + group / 2) >> group % 2 * 4 & 15;
            int high = unsigned(data, at + 2 + group / 4) >> group % 4 * 2 & 3;
            BlockDecoders.iq4(data, at + 8 + 16 * group, d * ((low | high << 4) - 32), out, outAt + 32 * group);
        }
    }
}
