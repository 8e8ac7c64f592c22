package org.waterspout.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.error.InvalidRequestException;

/**
 * Decoders and encoders against what the gguf Python package makes of the same bytes, I8_32 against numpy (src/test/python/record_gguf.py).
 */
class WeightTypeTest {

    @ParameterizedTest
    @EnumSource
    void decodesExactlyWhatTheGgufPackageDecodes(WeightType type) {
        byte[] blocks = resource(type + ".blocks");
        float[] expected = floats(resource(type + ".f32"));
        float[] actual = new float[expected.length];
        assertEquals(blocks.length, type.bytes(expected.length), "the fixture is whole");

        type.decode(MemorySegment.ofArray(blocks), 0, actual, 0, actual.length);

        for (int i = 0; i < expected.length; i++) {
            // floatToIntBits tells -0 from 0 and makes all NaNs one
            assertEquals(Float.floatToIntBits(expected[i]), Float.floatToIntBits(actual[i]),
                    type + " number " + i + ": expected " + expected[i] + ", got " + actual[i]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void decodesAtAnyOffsetIntoAnyPlace(WeightType type) {
        byte[] blocks = resource(type + ".blocks");
        float[] expected = floats(resource(type + ".f32"));
        byte[] shifted = new byte[blocks.length + 3];
        System.arraycopy(blocks, 0, shifted, 3, blocks.length);
        int skipped = 2 * type.blockLength();
        int count = type.blockLength();
        float[] actual = new float[count + 5];
        Arrays.fill(actual, 42);

        type.decode(MemorySegment.ofArray(shifted), 3 + type.bytes(skipped), actual, 4, count);

        assertArrayEquals(Arrays.copyOfRange(expected, skipped, skipped + count), Arrays.copyOfRange(actual, 4, 4 + count));
        for (int outside : new int[] {0, 1, 2, 3, count + 4}) {
            assertEquals(42, actual[outside], "only its own place is written");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "Q8_0", "Q4_0", "I8_32"})
    void encodesExactlyWhatTheGgufPackageEncodes(WeightType type) {
        float[] numbers = floats(resource("encode.f32"));
        byte[] expected = resource(type + ".encoded");
        byte[] actual = new byte[Math.toIntExact(type.bytes(numbers.length))];

        type.encode(numbers, 0, MemorySegment.ofArray(actual), 0, numbers.length);

        for (int block = 0; block < numbers.length / type.blockLength(); block++) {
            int from = block * type.blockBytes();
            int number = block;
            assertArrayEquals(Arrays.copyOfRange(expected, from, from + type.blockBytes()),
                    Arrays.copyOfRange(actual, from, from + type.blockBytes()), () -> type + " block " + number + " of "
                            + Arrays.toString(Arrays.copyOfRange(numbers, number * type.blockLength(),
                                    (number + 1) * type.blockLength())));
        }
    }

    /** A quantized number is off by at most half a step, and a step is d, itself rounded to a half. */
    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0"})
    void encodingLosesAtMostHalfAStep(WeightType type) {
        long seed = 7;
        Random random = new Random(seed);
        for (int trial = 0; trial < 200; trial++) {
            float scale = (float) Math.pow(10, random.nextInt(8) - 4);
            float[] numbers = new float[32];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextGaussian() * scale;
            }
            byte[] block = new byte[type.blockBytes()];
            type.encode(numbers, 0, MemorySegment.ofArray(block), 0, 32);
            float[] back = new float[32];
            type.decode(MemorySegment.ofArray(block), 0, back, 0, 32);
            float step = Math.abs(Float.float16ToFloat(ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getShort(0)));
            // Q4_0 has no +8: numbers beyond 7.5 steps on that side lose up to a whole one
            float steps = type == WeightType.Q4_0 ? 1.0f : 0.5f;
            for (int i = 0; i < 32; i++) {
                // d as a half is off by 2^-11 of itself, or by 2^-25 where it is subnormal; at most 127 times d
                float limit = step * steps * 1.001f + Math.abs(numbers[i]) * 0x1p-10f + 127 * 0x1p-25f;
                assertTrue(Math.abs(back[i] - numbers[i]) <= limit, type + " seed " + seed + " trial " + trial + ": "
                        + numbers[i] + " became " + back[i] + ", limit " + limit);
            }
        }
    }

    /**
     * Every bfloat16 is itself, and a float between two of them becomes the nearer, of two that are as near the one with an even last bit.
     */
    @Test
    void bfloat16IsRoundedToTheNearest() {
        byte[] out = new byte[2];
        for (int bits = 0; bits < 1 << 16; bits++) {
            float number = Float.intBitsToFloat(bits << 16);
            WeightType.BF16.encode(new float[] {number}, 0, MemorySegment.ofArray(out), 0, 1);
            int found = Short.toUnsignedInt(ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).getShort(0));
            assertEquals(Float.isNaN(number) ? bits | 0x40 : bits, found);
        }
        for (int[] pair : new int[][] {{0x3F80_7FFF, 0x3F80}, {0x3F80_8000, 0x3F80}, {0x3F80_8001, 0x3F81}, {0x3F81_8000, 0x3F82},
                {0xBF81_8000, 0xBF82}, {0x0000_8001, 0x0001}, {0x7F7F_7FFF, 0x7F7F}, {0x7F80_0001, 0x7FC0}}) {
            WeightType.BF16.encode(new float[] {Float.intBitsToFloat(pair[0])}, 0, MemorySegment.ofArray(out), 0, 1);
            assertEquals(pair[1], Short.toUnsignedInt(ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).getShort(0)),
                    Integer.toHexString(pair[0]));
        }
        assertThrows(InvalidRequestException.class, () -> WeightType.BF16.encode(
                new float[] {Float.MAX_VALUE}, 0, MemorySegment.ofArray(out), 0, 1));
    }

    @Test
    void numbersTooSmallForAScaleBecomeZero() {
        float[] tiny = new float[32];
        Arrays.fill(tiny, Float.MIN_VALUE);
        for (WeightType type : List.of(WeightType.Q8_0, WeightType.Q4_0)) {
            byte[] block = new byte[type.blockBytes()];
            type.encode(tiny, 0, MemorySegment.ofArray(block), 0, 32);
            float[] back = new float[32];
            type.decode(MemorySegment.ofArray(block), 0, back, 0, 32);
            for (float x : back) {
                assertEquals(0f, Math.abs(x));
            }
        }
    }

    @Test
    void numbersThatATypeCannotHoldAreRefusedByName() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE}) {
            for (WeightType type : List.of(WeightType.Q8_0, WeightType.Q4_0)) {
                float[] numbers = new float[64];
                numbers[40] = bad;
                byte[] blocks = new byte[Math.toIntExact(type.bytes(64))];
                InvalidRequestException refused = assertThrows(InvalidRequestException.class,
                        () -> type.encode(numbers, 0, MemorySegment.ofArray(blocks), 0, 64));
                assertTrue(refused.getMessage().contains("32 to 63"), refused.getMessage());
            }
        }
        assertThrows(InvalidRequestException.class,
                () -> WeightType.F16.encode(new float[] {1e6f}, 0, MemorySegment.ofArray(new byte[2]), 0, 1));
        WeightType.F16.encode(new float[] {Float.NEGATIVE_INFINITY}, 0, MemorySegment.ofArray(new byte[2]), 0, 1);
    }

    @Test
    void partsOfBlocksAndShortBuffersAreRefused() {
        MemorySegment block = MemorySegment.ofArray(new byte[18]);
        assertThrows(IllegalArgumentException.class, () -> WeightType.Q4_0.decode(block, 0, new float[32], 0, 31));
        assertThrows(IndexOutOfBoundsException.class, () -> WeightType.Q4_0.decode(block, 1, new float[32], 0, 32));
        assertThrows(IndexOutOfBoundsException.class, () -> WeightType.Q4_0.decode(block, 0, new float[31], 0, 32));
        assertFalse(WeightType.Q6_K.canEncode());
        assertThrows(InvalidRequestException.class, () -> WeightType.Q6_K.encode(new float[256], 0, block, 0, 256));
    }

    @Test
    void everyTypeIsFoundByItsNumber() {
        for (WeightType type : WeightType.values()) {
            assertEquals(type, WeightType.ofGgmlId(type.ggmlId()).orElseThrow());
        }
        assertTrue(WeightType.ofGgmlId(4).isEmpty());
        assertTrue(WeightType.ofGgmlId(-1).isEmpty());
    }

    @Test
    void tensorsDecodeByRow() {
        float[] numbers = floats(resource("Q4_1.f32"));
        int rows = numbers.length / 32;
        Tensor tensor = new Tensor("t", WeightType.Q4_1, List.of(rows, 32), MemorySegment.ofArray(resource("Q4_1.blocks")));
        float[] row = new float[32];
        tensor.decodeRow(rows - 1, row);
        assertArrayEquals(Arrays.copyOfRange(numbers, numbers.length - 32, numbers.length), row);
        assertArrayEquals(numbers, tensor.decode());
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.decodeRow(rows, row));
    }

    private static byte[] resource(String name) {
        try (InputStream in = WeightTypeTest.class.getResourceAsStream("weights/" + name)) {
            return in.readAllBytes();
        } catch (IOException failure) {
            throw new AssertionError(name, failure);
        }
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
