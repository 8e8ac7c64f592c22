package org.waterspout.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Seeded tensors of any type: random bytes with finite scales, or the least and largest that the bytes can say. */
public final class StoredWeights {

    private static final float[] EXTREME_SCALES = {0, 6e-8f, -6e-5f, 1, 60000, -3e-6f};
    private static final int[] EXTREME_BYTES = {0x80, 0x7F, 0x00, 0xFF};

    private final Random random;
    private final boolean extreme;

    public StoredWeights(long seed, boolean extreme) {
        this.random = new Random(seed);
        this.extreme = extreme;
    }

    public Tensor tensor(String name, WeightType type, int rows, int columns) {
        ByteBuffer bytes = ByteBuffer.allocate((int) type.bytes((long) rows * columns)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            int start = bytes.position();
            for (int i = 0; i < type.blockBytes(); i++) {
                bytes.put((byte) (extreme ? EXTREME_BYTES[random.nextInt(EXTREME_BYTES.length)] : random.nextInt(256)));
            }
            switch (type) {
                case F32, I8_32 -> bytes.putFloat(start, number());
                case BF16 -> bytes.putShort(start, (short) (Float.floatToIntBits(number()) >>> 16));
                case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> bytes.putShort(start, Float.floatToFloat16(number()));
                case Q4_1, Q5_1, Q4_K, Q5_K -> bytes.putShort(start, Float.floatToFloat16(number()))
                        .putShort(start + 2, Float.floatToFloat16(number()));
                case Q2_K -> bytes.putShort(start + 80, Float.floatToFloat16(number()))
                        .putShort(start + 82, Float.floatToFloat16(number()));
                case Q3_K -> bytes.putShort(start + 108, Float.floatToFloat16(number()));
                case Q6_K -> bytes.putShort(start + 208, Float.floatToFloat16(number()));
            }
        }
        MemorySegment data = Arena.ofAuto().allocate(bytes.capacity());
        MemorySegment.copy(bytes.array(), 0, data, ValueLayout.JAVA_BYTE, 0, bytes.capacity());
        return new Tensor(name, type, List.of(rows, columns), data.asReadOnly());
    }

    private float number() {
        return extreme ? EXTREME_SCALES[random.nextInt(EXTREME_SCALES.length)] : (float) random.nextGaussian() * 0.1f;
    }

    /** Numbers of the order of 1, a tenth of them some hundred times larger. */
    public float[] floats(int count) {
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) random.nextGaussian() * (random.nextInt(10) == 0 ? 300 : 1);
        }
        return floats;
    }
}
