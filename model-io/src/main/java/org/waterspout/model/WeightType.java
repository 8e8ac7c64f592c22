package org.waterspout.model;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;

/**
 * How the numbers of a tensor are stored. A row of a tensor is a whole number of blocks; a block holds {@link #blockLength()}
 * numbers in {@link #blockBytes()} bytes, little-endian. The block layouts are those of ggml (ggml-common.h), except for {@link #I8_32}.
 */
public enum WeightType {
    F32(0, 1, 4, BlockDecoders::f32, BlockEncoders::f32),
    F16(1, 1, 2, BlockDecoders::f16, BlockEncoders::f16),
    Q4_0(2, 32, 18, BlockDecoders::q4With0, BlockEncoders::q4With0),
    Q4_1(3, 32, 20, BlockDecoders::q4With1),
    Q5_0(6, 32, 22, BlockDecoders::q5With0),
    Q5_1(7, 32, 24, BlockDecoders::q5With1),
    Q8_0(8, 32, 34, BlockDecoders::q8With0, BlockEncoders::q8With0),
    Q2_K(10, 256, 84, SuperBlockDecoders::q2),
    Q3_K(11, 256, 110, SuperBlockDecoders::q3),
    Q4_K(12, 256, 144, SuperBlockDecoders::q4),
    Q5_K(13, 256, 176, SuperBlockDecoders::q5),
    Q6_K(14, 256, 210, SuperBlockDecoders::q6),
    IQ4_NL(20, 32, 18, BlockDecoders::iq4),
    IQ4_XS(23, 256, 136, SuperBlockDecoders::iq4),
    BF16(30, 1, 2, BlockDecoders::bf16, BlockEncoders::bf16),
    /** A float scale and 32 signed bytes: Marian's 8-bit matrices, exactly. The number is Marian's for them; ggml has none. */
    I8_32(0x4101, 32, 36, BlockDecoders::i8, BlockEncoders::i8);

    private final int ggmlId;
    private final int blockLength;
    private final int blockBytes;
    private final BlockDecoder decoder;
    private final Optional<BlockEncoder> encoder;

    WeightType(int ggmlId, int blockLength, int blockBytes, BlockDecoder decoder) {
        this(ggmlId, blockLength, blockBytes, decoder, Optional.empty());
    }

    WeightType(int ggmlId, int blockLength, int blockBytes, BlockDecoder decoder, BlockEncoder encoder) {
        this(ggmlId, blockLength, blockBytes, decoder, Optional.of(encoder));
    }

    WeightType(int ggmlId, int blockLength, int blockBytes, BlockDecoder decoder, Optional<BlockEncoder> encoder) {
        this.ggmlId = ggmlId;
        this.blockLength = blockLength;
        this.blockBytes = blockBytes;
        this.decoder = decoder;
        this.encoder = encoder;
    }

    /** The type that a GGUF file names by {@code ggmlId}, if it is one of these. */
    public static Optional<WeightType> ofGgmlId(int ggmlId) {
        for (WeightType type : values()) {
            if (type.ggmlId == ggmlId) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** What the nibbles 0 to 15 of IQ4_NL and IQ4_XS stand for, in units of their scale: [16], ascending. */
    public static byte[] iq4Values() {
        return BlockDecoders.IQ4_VALUES.clone();
    }

    /** The number that names this type in a GGUF file. */
    public int ggmlId() {
        return ggmlId;
    }

    /** Numbers in a block. */
    public int blockLength() {
        return blockLength;
    }

    /** Bytes in a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes that {@code count} numbers take; {@code count} is a multiple of {@link #blockLength()}. */
    public long bytes(long count) {
        return Math.multiplyExact(count / blockLength, (long) blockBytes);
    }

    /**
     * Decodes whole blocks; the reference for every faster reader.
     *
     * @param data       weights of this type
     * @param byteOffset where the first block begins; need not be aligned
     * @param out        receives the numbers
     * @param outOffset  index of the first of them
     * @param count      how many, a multiple of {@link #blockLength()}
     * @throws IllegalArgumentException if {@code count} is no whole number of blocks
     * @throws IndexOutOfBoundsException if {@code data} or {@code out} is too short
     */
    public void decode(MemorySegment data, long byteOffset, float[] out, int outOffset, int count) {
        checkWhole(count);
        long at = byteOffset;
        for (int i = 0; i < count; i += blockLength) {
            decoder.decode(data, at, out, outOffset + i);
            at += blockBytes;
        }
    }

    /** Whether numbers can be turned into this type. */
    public boolean canEncode() {
        return encoder.isPresent();
    }

    /**
     * Encodes whole blocks, rounding as ggml's reference quantizers do.
     *
     * @param in         numbers
     * @param inOffset   index of the first
     * @param data       receives the blocks
     * @param byteOffset where the first block begins; need not be aligned
     * @param count      how many numbers, a multiple of {@link #blockLength()}
     * @throws InvalidRequestException if this type cannot be written, or cannot hold one of the numbers
     * @throws IllegalArgumentException if {@code count} is no whole number of blocks
     * @throws IndexOutOfBoundsException if {@code in} or {@code data} is too short
     */
    public void encode(float[] in, int inOffset, MemorySegment data, long byteOffset, int count) {
        BlockEncoder block = encoder.orElseThrow(() ->
                new InvalidRequestException(this + " cannot be written; choose F32, F16, BF16, Q8_0 or Q4_0"));
        checkWhole(count);
        long at = byteOffset;
        for (int i = 0; i < count; i += blockLength) {
            if (!block.encode(in, inOffset + i, data, at)) {
                throw new InvalidRequestException(this + " cannot hold one of the numbers " + (inOffset + i) + " to "
                        + (inOffset + i + blockLength - 1) + ": too large, or not finite; choose F32");
            }
            at += blockBytes;
        }
    }

    private void checkWhole(int count) {
        if (count % blockLength != 0) {
            throw new IllegalArgumentException(count + " numbers are no whole number of " + this + " blocks of " + blockLength);
        }
    }
}
