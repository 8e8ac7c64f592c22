package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/** Every backend keeps a number as {@link CacheType} says, to the bit but for the sign of a zero; infinite where it says NaN will do. */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class CacheNumbersTest {

    private static final int WIDTH = 128;

    /** Of a step. */
    private static final int ROWS = 512;

    @TestFactory
    Stream<DynamicNode> numbersInFewerBits() {
        return TestBackend.comparedInEveryFamily().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            Stream<DynamicTest> tests = Stream.of(
                    DynamicTest.dynamicTest("finite", () -> check(opened, CacheType.F16, finite(), ROWS)),
                    DynamicTest.dynamicTest("beyond", () -> check(opened, CacheType.F16, beyond(), 1)),
                    DynamicTest.dynamicTest("keys beyond", () -> keysBeyond(opened, 0)),
                    DynamicTest.dynamicTest("keys beyond, soft cap", () -> keysBeyond(opened, 5)),
                    DynamicTest.dynamicTest("quants", () -> check(opened, CacheType.Q8_0, quants(), ROWS)),
                    DynamicTest.dynamicTest("quants beyond", () -> check(opened, CacheType.Q8_0, notFinite(), 1)));
            return DynamicContainer.dynamicContainer(backend.name(), tests.onClose(opened::close));
        });
    }

    /** Each half, the middle between it and the next, and that middle's neighbours; 0 to fill up whole rows. */
    private static float[] finite() {
        List<Float> numbers = new ArrayList<>();
        for (int bits = 0; bits < 0x7C00; bits++) {
            float half = Float.float16ToFloat((short) bits);
            float next = bits == 0x7BFF ? 65520 : Float.float16ToFloat((short) (bits + 1));
            float middle = (half + next) / 2;
            float last = bits == 0x7BFF ? Math.nextDown(65520f) : middle;
            for (float number : new float[] {half, Math.min(middle, last), Math.nextDown(Math.min(middle, last)),
                    Math.min(Math.nextUp(middle), last)}) {
                numbers.add(number);
                numbers.add(-number);
            }
        }
        numbers.addAll(List.of(Float.MIN_VALUE, Float.MIN_NORMAL, -1e-20f, 0x1p-25f, -0x1p-25f, Math.nextUp(0x1p-25f), 0x1p-26f));
        float[] rows = new float[Math.ceilDiv(numbers.size(), WIDTH) * WIDTH];
        for (int i = 0; i < numbers.size(); i++) {
            rows[i] = numbers.get(i);
        }
        return rows;
    }

    /** In each group a largest number, and numbers in the middle between two steps of it, and their neighbours; groups of zeros. */
    private static float[] quants() {
        Random random = new Random(8);
        float[] rows = new float[1000 * WIDTH];
        for (int group = 0; group < rows.length / CacheType.GROUP - 8; group++) {
            float largest = (float) (Math.scalb(1 + random.nextDouble(), random.nextInt(-30, 100)));
            float scale = CacheType.scale(new float[] {largest}, 0, 1, 1);
            int from = group * CacheType.GROUP;
            rows[from + random.nextInt(CacheType.GROUP)] = random.nextBoolean() ? largest : -largest;
            for (int i = 0; i < CacheType.GROUP; i++) {
                float middle = (random.nextInt(127) + 0.5f) * scale;
                float size = switch (random.nextInt(4)) {
                    case 0 -> middle;
                    case 1 -> Math.nextDown(middle);
                    case 2 -> Math.nextUp(middle);
                    default -> random.nextFloat() * largest;
                };
                rows[from + i] = rows[from + i] == 0 ? random.nextBoolean() ? size : -size : rows[from + i];
            }
        }
        return rows;
    }

    /** Where one is not finite, none of its row is seen. */
    private static float[] notFinite() {
        float[] found = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, Float.MAX_VALUE, 3};
        float[] rows = new float[found.length * WIDTH];
        for (int row = 0; row < found.length; row++) {
            Arrays.fill(rows, row * WIDTH, (row + 1) * WIDTH, row - 7.5f);
            rows[row * WIDTH + 37] = found[row];
        }
        return rows;
    }

    private static float[] beyond() {
        float[] found = {65520, -65520, Math.nextUp(65520f), 65535.996f, 65536, -65536, 1e6f, -131072, 1e20f, -1e30f, Float.MAX_VALUE,
                -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};
        float[] rows = new float[found.length * WIDTH]; // one in each row, between numbers that are not touched by it
        for (int row = 0; row < found.length; row++) {
            Arrays.fill(rows, row * WIDTH, (row + 1) * WIDTH, row - 7.5f);
            rows[row * WIDTH + 11 * row % WIDTH] = found[row];
        }
        return rows;
    }

    /** Attention that sees its own position only gives back what was kept of its value. */
    private static void check(Backend backend, CacheType type, float[] values, int rows) {
        float[] expected = values.clone();
        type.round(expected, WIDTH);
        float[] actual = attended(backend, type, "value", values, new float[values.length], 0, rows);
        for (int i = 0; i < expected.length; i++) {
            if (Float.isFinite(expected[i])) {
                assertEquals(expected[i] + 0f, actual[i] + 0f, "of " + values[i]);
            } else {
                assertFalse(Float.isFinite(actual[i]), values[i] + " gives " + actual[i]);
            }
        }
    }

    /** Such keys must not pass for very small scores: their rows' outputs hold no numbers. */
    private static void keysBeyond(Backend backend, float softCap) {
        float[] keys = beyond();
        float[] actual = attended(backend, CacheType.F16, "key", new float[keys.length], keys, softCap, 1);
        for (int row = 0; row < keys.length / WIDTH; row++) {
            boolean finite = true;
            for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
                finite &= Float.isFinite(actual[i]);
            }
            assertFalse(finite, "row " + row);
        }
        float[] plain = attended(backend, CacheType.F16, "key of 65504", new float[WIDTH], filled(1, 65504), softCap, 1);
        for (float number : plain) {
            assertTrue(Float.isFinite(number), "the largest half is one");
        }
    }

    private static float[] filled(int rows, float number) {
        float[] all = new float[rows * WIDTH];
        Arrays.fill(all, number);
        return all;
    }

    /**
     * @param rows of a step, which begins the sequence anew where it is one
     * @return what a query of ones sees of each row alone
     */
    private static float[] attended(Backend backend, CacheType type, String name, float[] values, float[] keys, float softCap, int rows) {
        int count = values.length / WIDTH;
        OpCaseBuilder b = new OpCaseBuilder("numbers in caches, " + name);
        Value query = b.input(RandomTensors.of("query", List.of(count, WIDTH), filled(count, 1)));
        Value key = b.input(RandomTensors.of("keys", List.of(count, WIDTH), keys));
        Value value = b.input(RandomTensors.of("values", List.of(count, WIDTH), values));
        Value output = b.value(WIDTH);
        b.layer(new Op.Attention(0, query, key, value, 1, 1, WIDTH, 1e-4f, 1, softCap, output));
        b.caches(1);
        OpCase opCase = b.build("Attention", output, 0, List.of(), new PlanOptions(count, 1, rows, false).withCacheType(type));
        float[] all = new float[count * WIDTH];
        try (Plan plan = backend.prepare(opCase.graph(), opCase.options())) {
            for (int from = 0; from < count; from += rows) {
                int[] tokens = IntStream.range(from, Math.min(count, from + rows)).toArray();
                int[] positions = rows == 1 ? new int[1] : tokens;
                float[] some = new float[tokens.length * WIDTH];
                plan.step(new Batch(tokens, positions, new int[tokens.length], IntStream.range(0, tokens.length).toArray()), some);
                System.arraycopy(some, 0, all, from * WIDTH, some.length);
            }
        }
        return all;
    }
}
