package org.waterspout.model;

/**
 * How the numbers of a tensor are stored. A row of a tensor is a whole number of blocks; a block holds {@link #blockLength()}
 * numbers in {@link #blockBytes()} bytes, little-endian. The block layouts are those of ggml (ggml-common.h).
 */
public enum WeightType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    BF16(30, 1, 2);

    private final int ggmlId;
    private final int blockLength;
    private final int blockBytes;

    WeightType(int ggmlId, int blockLength, int blockBytes) {
        this.ggmlId = ggmlId;
        this.blockLength = blockLength;
        this.blockBytes = blockBytes;
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
}
