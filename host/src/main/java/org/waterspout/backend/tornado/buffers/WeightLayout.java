package org.waterspout.backend.tornado.buffers;

import org.waterspout.model.WeightType;

/**
 * How a weight lies on the device. Every type of a model file has a layout that holds its numbers exactly: blocks are taken apart into
 * quants and float scales, and nothing is quantized a second time.
 *
 * @param kind   the element type of the main array
 * @param block  numbers that share a scale: 16 or 32; 1 for floats and halves
 * @param offset whether blocks of bytes have an offset beside their scale; blocks of nibbles always have
 */
public record WeightLayout(Kind kind, int block, boolean offset) {

    /** What the main array holds. */
    public enum Kind {
        /** Floats, 4 bytes a number. */
        F32,
        /** IEEE halves as shorts, decoded by bit arithmetic. */
        F16,
        /** Signed bytes: quants; scales apart. */
        Q8,
        /** Nibbles, 0 to 15: quants; scales and offsets apart. */
        Q4
    }

    static final WeightLayout FLOATS = new WeightLayout(Kind.F32, 1, false);

    /** The layout that holds {@code type} exactly. */
    static WeightLayout of(WeightType type) {
        return switch (type) {
            case F32, BF16 -> FLOATS;
            case F16 -> new WeightLayout(Kind.F16, 1, false);
            case Q8_0, Q5_0, I8_32, IQ4_NL, IQ4_XS -> new WeightLayout(Kind.Q8, 32, false);
            case Q5_1, Q5_K -> new WeightLayout(Kind.Q8, 32, true);
            case Q6_K -> new WeightLayout(Kind.Q8, 16, false);
            case Q4_0, Q4_1, Q4_K -> new WeightLayout(Kind.Q4, 32, true);
            case Q2_K, Q3_K -> new WeightLayout(Kind.Q4, 16, true);
        };
    }

    /** The smallest layout that holds exactly what both hold: for weights of one role that differ in type from layer to layer. */
    WeightLayout join(WeightLayout other) {
        if (equals(other)) {
            return this;
        }
        if (block == 1 || other.block == 1) {
            return FLOATS;
        }
        Kind common = kind == other.kind ? kind : Kind.Q8;
        return new WeightLayout(common, Math.min(block, other.block), offset || other.offset);
    }

    /** Bytes of the main array. */
    long mainBytes(long numbers) {
        return switch (kind) {
            case F32 -> 4 * numbers;
            case F16 -> 2 * numbers;
            case Q8 -> numbers;
            case Q4 -> numbers / 2;
        };
    }

    /** Floats of the array of scales and offsets; 0 where there is none. */
    long scaleFloats(long numbers) {
        return block == 1 ? 0 : numbers / block * (offset ? 2 : 1);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case F32 -> "floats";
            case F16 -> "halves";
            case Q8 -> "bytes in blocks of " + block + (offset ? " with offsets" : "");
            case Q4 -> "nibbles in blocks of " + block;
        };
    }
}
