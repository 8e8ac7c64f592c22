package org.waterspout.tests;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Seeded tensors of every weight type, in native memory as a mapped file would be. Numbers are of the order of {@code size}. */
final class RandomTensors {

    private final Random random;

    RandomTensors(long seed) {
        random = new Random(seed);
    }

    /** [rows, columns] of {@code type}, or [columns] when rows is 0. */
    Tensor tensor(String name, WeightType type, int rows, int columns, double size) {
        long count = (long) Math.max(1, rows) * columns;
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(type.bytes(count))).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            block(type, size, bytes);
        }
        return stored(name, type, rows == 0 ? List.of(columns) : List.of(rows, columns), bytes.array());
    }

    /** A tensor of these numbers as F32. */
    static Tensor of(String name, List<Integer> shape, float... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : numbers) {
            bytes.putFloat(number);
        }
        return stored(name, WeightType.F32, shape, bytes.array());
    }

    /** A Q8_0 tensor whose quants are all the format's least, -128, which no quantiser writes but a file may hold. */
    static Tensor minQuants(String name, int rows, int columns, float scale) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(WeightType.Q8_0.bytes((long) rows * columns)))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putShort(Float.floatToFloat16(scale));
            for (int i = 0; i < 32; i++) {
                bytes.put((byte) -128);
            }
        }
        return stored(name, WeightType.Q8_0, List.of(rows, columns), bytes.array());
    }

    /** A tensor of these bytes. */
    static Tensor stored(String name, WeightType type, List<Integer> shape, byte[] bytes) {
        MemorySegment data = Arena.ofAuto().allocate(bytes.length, 64);
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return new Tensor(name, type, shape, data.asReadOnly());
    }

    /**
     * One block: random quants, and scales that bring them to {@code size}. Offsets of the scales and minima are those of
     * ggml-common.h.
     */
    private void block(WeightType type, double size, ByteBuffer bytes) {
        int start = bytes.position();
        byte[] quants = new byte[type.blockBytes()];
        random.nextBytes(quants);
        switch (type) {
            case F32 -> bytes.putFloat((float) (random.nextGaussian() * size));
            case F16 -> bytes.putShort(Float.floatToFloat16((float) (random.nextGaussian() * size)));
            case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) (random.nextGaussian() * size)) >>> 16));
            case Q4_0 -> bytes.put(quants).putShort(start, scale(size / 8));
            case Q4_1 -> bytes.put(quants).putShort(start, scale(size / 8)).putShort(start + 2, scale(-size));
            case Q5_0 -> bytes.put(quants).putShort(start, scale(size / 16));
            case Q5_1 -> bytes.put(quants).putShort(start, scale(size / 16)).putShort(start + 2, scale(-size));
            case Q8_0 -> bytes.put(noLeast(quants)).putShort(start, scale(size / 128));
            case I8_32 -> bytes.put(noLeast(quants)).putFloat(start, (float) (size / 128 * (0.5 + random.nextDouble())));
            // quants 0..3 times scales 0..15, less minima 0..15
            case Q2_K -> bytes.put(quants).putShort(start + 80, scale(size / 16)).putShort(start + 82, scale(size / 10));
            // quants -4..3 times scales -32..31
            case Q3_K -> bytes.put(quants).putShort(start + 108, scale(size / 64));
            // quants 0..15 times scales 0..63, less minima 0..63
            case Q4_K -> bytes.put(quants).putShort(start, scale(size / 300)).putShort(start + 2, scale(size / 40));
            // quants 0..31 times scales 0..63, less minima 0..63
            case Q5_K -> bytes.put(quants).putShort(start, scale(size / 600)).putShort(start + 2, scale(size / 40));
            // quants -32..31 times scales -128..127
            case Q6_K -> bytes.put(quants).putShort(start + 208, scale(size / 2000));
            // values -127..113
            case IQ4_NL -> bytes.put(quants).putShort(start, scale(size / 128));
            // values -127..113 times scales -32..31
            case IQ4_XS -> bytes.put(quants).putShort(start, scale(size / 2000));
        }
    }

    private short scale(double size) {
        return Float.floatToFloat16((float) (size * (0.5 + random.nextDouble())));
    }

    private static byte[] noLeast(byte[] quants) {
        for (int i = 0; i < quants.length; i++) {
            quants[i] = (byte) Math.max(-127, quants[i]);
        }
        return quants;
    }
}
