package org.waterspout.tests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.tests.OpCase.Tolerance;

/**
 * Cases for numbers that weights can hold and seldom do.
 *
 * @param sizes for each column of the output, what its rounding grows with: the sum of the sizes of its terms
 * @param exact whether an infinite result must have the reference's sign, and NaN be NaN
 */
record WeightNumbers(OpCase opCase, float[] sizes, boolean exact) {

    /** Halves: zeros, the smallest and largest subnormal, the smallest normal, the largest, one, infinities, NaNs. */
    private static final int[] ODD_HALVES = {0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x7BFF, 0xFBFF, 0x3C00, 0x7C00, 0xFC00, 0x7E00, 0xFC01,
            0xFFFF};
    private static final int TOKENS = 24;

    /**
     * @param few     whether to leave most halves and bfloat16 numbers out of products, for backends that take long; tables have all
     * @param refused whether the backend refuses tensors with halves that are infinite or no numbers, by name (StackedWeightTest)
     */
    static List<WeightNumbers> all(boolean few, boolean refused) {
        List<WeightNumbers> cases = new ArrayList<>();
        for (WeightType type : List.of(WeightType.F16, WeightType.BF16)) {
            boolean finite = refused && type == WeightType.F16;
            cases.add(table(type, finite));
            for (int columns : few ? new int[] {21} : new int[] {21, 7, 64}) {
                cases.add(product(type, columns, few, finite));
            }
        }
        for (WeightType type : WeightType.values()) {
            if (type.blockLength() > 1) {
                cases.add(blocks(type));
            }
        }
        return cases;
    }

    /** A table [257, 256] of every number, the first row again at the end. */
    private static WeightNumbers table(WeightType type, boolean finite) {
        String name = "Embed " + type + ", every number";
        OpCaseBuilder b = new OpCaseBuilder(name);
        ByteBuffer bytes = ByteBuffer.allocate(257 * 256 * 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 257 * 256; i++) {
            bytes.putShort((short) known(i, finite));
        }
        Value embedded = b.value(256);
        b.before(new Op.Embed(new Weight("embedding", Weight.NO_LAYER, tensor(type, 257, 256, bytes)), 1, embedded));
        int[] tokens = IntStream.range(0, 257).toArray();
        Batch batch = new Batch(tokens, tokens, new int[257], new int[] {256});
        return new WeightNumbers(b.build("Embed", OpCases.unchanged(b, embedded), 0, List.of(batch), new PlanOptions(257, 1, 257, false)),
                new float[256], true);
    }

    private static int known(int half, boolean finite) {
        return finite && (half & 0x7C00) == 0x7C00 ? half & 0x83FF : half;
    }

    /** A matrix in whose row r one number, at another place in each, is number r of all, and the others are ones. */
    private static WeightNumbers product(WeightType type, int columns, boolean few, boolean finite) {
        OpCaseBuilder b = new OpCaseBuilder("MatMul " + type + ", " + (few ? "many numbers" : "every number") + " in rows of " + columns);
        int[] numbers = IntStream.range(0, 1 << 16).filter(i -> !few || (i & 0x1FF) <= 1 || (i & 0x1FF) == 0x1FF).map(i -> known(i, finite))
                .toArray();
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * columns * 2).order(ByteOrder.LITTLE_ENDIAN);
        short one = type == WeightType.F16 ? (short) 0x3C00 : (short) 0x3F80;
        for (int row = 0; row < numbers.length; row++) {
            for (int column = 0; column < columns; column++) {
                bytes.putShort(column == row * 5 % columns ? (short) numbers[row] : one);
            }
        }
        return product(b, tensor(type, numbers.length, columns, bytes), true);
    }

    /** Random blocks, one in each row with an odd half in the place of a scale, of 32 bits for the type that has such. */
    private static WeightNumbers blocks(WeightType type) {
        OpCaseBuilder b = new OpCaseBuilder("MatMul " + type + ", odd scales");
        Random random = new Random(type.ordinal());
        RandomTensors plain = new RandomTensors(type.ordinal());
        int[] scales = scales(type);
        int columns = type.blockLength() * (type.blockLength() == 32 ? 3 : 2);
        int rows = ODD_HALVES.length * scales.length;
        ByteBuffer bytes = ByteBuffer.allocate((int) type.bytes((long) rows * columns)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(plain.tensor("plain", type, rows, columns, 1).data().asByteBuffer());
        int rowBytes = bytes.capacity() / rows;
        for (int row = 0; row < rows; row++) {
            int at = row * rowBytes + random.nextInt(rowBytes / type.blockBytes()) * type.blockBytes() + scales[row / ODD_HALVES.length];
            short half = (short) ODD_HALVES[row % ODD_HALVES.length];
            if (type == WeightType.I8_32) {
                bytes.putFloat(at, Float.float16ToFloat(half));
            } else {
                bytes.putShort(at, half);
            }
        }
        return product(b, tensor(type, rows, columns, bytes), false);
    }

    /** Where in a block its scales and minima lie (ggml-common.h). */
    private static int[] scales(WeightType type) {
        return switch (type) {
            case Q4_0, Q5_0, Q8_0, I8_32, IQ4_NL, IQ4_XS -> new int[] {0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
            case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no scales");
        };
    }

    private static WeightNumbers product(OpCaseBuilder b, Tensor weights, boolean exact) {
        Value input = b.input(weights.columns());
        Value output = b.value(weights.rows());
        b.layer(new Op.MatMul(input, new Weight("product", 0, weights), b.bias(false, "", 0, 1), output));
        // one row, a few, more than one panel with a rest
        List<Batch> batches = List.of(b.batch(new int[] {0}, new int[1], new int[1]), b.batch(new int[] {1, 2, 3}, new int[3], new int[1]),
                b.batch(IntStream.range(4, TOKENS).toArray(), new int[TOKENS - 4], new int[1]));
        float[] row = new float[weights.columns()];
        float[] sizes = new float[weights.rows()];
        for (int i = 0; i < sizes.length; i++) {
            weights.decodeRow(i, row);
            float largest = 0;
            for (float number : row) {
                largest = Math.max(largest, Math.abs(number));
            }
            sizes[i] = largest * row.length; // a scale and its minimum may cancel in one number, not in all
        }
        return new WeightNumbers(b.build("MatMul", output, Tolerance.SUMS, batches, new PlanOptions(TOKENS, 1, TOKENS, false)), sizes,
                exact);
    }

    private static Tensor tensor(WeightType type, int rows, int columns, ByteBuffer bytes) {
        return RandomTensors.stored("numbers", type, List.of(rows, columns), bytes.array());
    }
}
