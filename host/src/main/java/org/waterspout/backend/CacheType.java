package org.waterspout.backend;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.waterspout.error.InvalidRequestException;

/**
 * How the keys and values of past positions are kept. Attention reads what stands there, also of the row at hand, so a result does not
 * depend on how a prompt is cut into steps. A number that a type cannot hold is kept as NaN, and so becomes an error that says which
 * operation met it.
 */
public enum CacheType {
    /** 32-bit floats: nothing is rounded. */
    F32("f32"),
    /** 16-bit floats of IEEE 754: 11 bits of precision, numbers up to 65504. */
    F16("f16"),
    /**
     * Whole numbers from -127 to 127 and a 32-bit scale for each {@link #GROUP} numbers of a head at a position: the largest of them over
     * 127.
     */
    Q8_0("q8_0");

    /** Numbers that share a scale; fewer at the end of a head whose dimension is no multiple of it. */
    public static final int GROUP = 32;

    private static final int LARGEST_QUANT = 127;
    private static final float STEP = 1f / LARGEST_QUANT;
    private static final int HALF_EXPONENT = 0x7C00;
    private static final short HALF_NAN = 0x7E00;

    private final String label;

    CacheType(String label) {
        this.label = label;
    }

    /** "f32", "f16" or "q8_0". */
    public String label() {
        return label;
    }

    /** @throws InvalidRequestException for a word that is no {@link #label} */
    public static CacheType of(String label) {
        return Arrays.stream(values()).filter(type -> type.label.equals(label)).findFirst()
                .orElseThrow(() -> new InvalidRequestException("\"" + label + "\" is no cache type: use one of "
                + Arrays.stream(values()).map(CacheType::label).collect(Collectors.joining(", "))));
    }

    /** Bytes of one position of one head. */
    public int bytes(int headDimension) {
        return switch (this) {
            case F32 -> Float.BYTES * headDimension;
            case F16 -> Short.BYTES * headDimension;
            case Q8_0 -> headDimension + Float.BYTES * groups(headDimension);
        };
    }

    /** Scales of one position of one head. */
    public static int groups(int headDimension) {
        return Math.ceilDiv(headDimension, GROUP);
    }

    /** The half nearest to {@code x}, ties to even; NaN where there is none within reach. */
    public static short half(float x) {
        short half = Float.floatToFloat16(x);
        return (half & HALF_EXPONENT) == HALF_EXPONENT ? HALF_NAN : half;
    }

    /** The scale of {@code count} numbers, {@code stride} apart; NaN where one of them is not finite. */
    public static float scale(float[] x, int from, int stride, int count) {
        float largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Math.abs(x[from + i * stride]));
        }
        return largest <= Float.MAX_VALUE ? largest * STEP : Float.NaN;
    }

    /**
     * {@code x} in steps of {@code scale}; halves of a step go away from 0. Products decide, which are the same to the bit on every device;
     * quotients are not.
     */
    public static byte quant(float x, float scale) {
        if (!(scale > 0)) {
            return 0;
        }
        float size = Math.abs(x);
        int steps = Math.min((int) (size / scale + 0.5f), LARGEST_QUANT);
        if (size < (steps - 0.5f) * scale) {
            steps--;
        } else if (steps < LARGEST_QUANT && size >= (steps + 0.5f) * scale) {
            steps++;
        }
        return (byte) (x < 0 ? -steps : steps);
    }

    /** Replaces each number of some heads by what would be read back. */
    public void round(float[] numbers, int headDimension) {
        switch (this) {
            case F32 -> {
                // as they are
            }
            case F16 -> {
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = Float.float16ToFloat(half(numbers[i]));
                }
            }
            case Q8_0 -> {
                for (int head = 0; head < numbers.length; head += headDimension) {
                    for (int from = head; from < head + headDimension; from += GROUP) {
                        roundGroup(numbers, from, Math.min(GROUP, head + headDimension - from));
                    }
                }
            }
        }
    }

    private static void roundGroup(float[] numbers, int from, int count) {
        float scale = scale(numbers, from, 1, count);
        for (int i = from; i < from + count; i++) {
            numbers[i] = scale * quant(numbers[i], scale);
        }
    }
}
