package org.waterspout.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.waterspout.error.InvalidRequestException;

class CacheTypeTest {

    private static float[] rounded(CacheType type, int headDimension, float... numbers) {
        float[] copy = numbers.clone();
        type.round(copy, headDimension);
        return copy;
    }

    @Test
    void halvesHaveElevenBitsAndAnEnd() {
        assertArrayEquals(new float[] {2048, 2048, 2052, -65504, 0x1p-24f, 0},
                rounded(CacheType.F16, 6, 2048, 2049, 2051, -65519, 0x1p-24f, 0x1p-26f));
        for (float beyond : new float[] {65520, -1e9f, Float.POSITIVE_INFINITY, Float.NaN}) {
            assertTrue(Float.isNaN(rounded(CacheType.F16, 1, beyond)[0]), beyond + " must not pass for a number");
        }
    }

    @Test
    void eachGroupOfAHeadHasItsOwnScale() {
        float[] numbers = new float[2 * 40]; // two heads, each of a group of 32 and one of 8
        numbers[0] = 127;
        numbers[1] = 0.4f;
        numbers[2] = -0.6f;
        numbers[31] = -200 / 3f;
        numbers[32] = -2;
        numbers[33] = 1 / 127f;
        numbers[40] = 1e-30f;
        numbers[79] = 1e30f;
        float[] expected = new float[80];
        expected[0] = 127;
        expected[2] = -1;
        expected[31] = -67;
        expected[32] = -2;
        expected[33] = 2 / 127f; // half of a step, to the even quant's side: 0 or one step
        expected[40] = 1e-30f;
        expected[79] = 1e30f;
        float[] actual = rounded(CacheType.Q8_0, 40, numbers);
        expected[33] = actual[33] == 0 ? 0 : expected[33];
        assertArrayEquals(expected, actual, 1e-6f);
        assertEquals(1e-30f, actual[40], 1e-36f);
        assertEquals(1e30f, actual[79], 1e24f);
    }

    @Test
    void aNumberIsOffByHalfAStepAtMost() {
        Random random = new Random(4);
        for (int power = -44; power <= 38; power++) {
            float[] numbers = new float[64];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) (random.nextGaussian() * Math.pow(10, power) / 8);
            }
            float[] actual = rounded(CacheType.Q8_0, 64, numbers);
            for (int i = 0; i < numbers.length; i++) {
                float largest = 0;
                for (float number : Arrays.copyOfRange(numbers, i / 32 * 32, i / 32 * 32 + 32)) {
                    largest = Math.max(largest, Math.abs(number));
                }
                assertEquals(numbers[i], actual[i], largest / 254 * 1.0001 + 64 * Float.MIN_VALUE, "10^" + power);
            }
        }
    }

    @Test
    void whatIsNotFiniteSpoilsItsGroupAndNoOther() {
        for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
            float[] numbers = new float[64];
            Arrays.fill(numbers, 3);
            numbers[40] = bad;
            float[] actual = rounded(CacheType.Q8_0, 64, numbers);
            for (int i = 0; i < 64; i++) {
                assertEquals(i < 32 ? 3 : Float.NaN, actual[i], 1e-6f);
            }
        }
    }

    @Test
    void namesAreThoseOfTheCommandLine() {
        for (CacheType type : CacheType.values()) {
            assertEquals(type, CacheType.of(type.label()));
        }
        assertEquals("\"F16\" is no cache type: use one of f32, f16, q8_0",
                assertThrows(InvalidRequestException.class, () -> CacheType.of("F16")).getMessage());
        assertEquals(4 * 40, CacheType.F32.bytes(40));
        assertEquals(2 * 40, CacheType.F16.bytes(40));
        assertEquals(40 + 2 * 4, CacheType.Q8_0.bytes(40));
    }
}
