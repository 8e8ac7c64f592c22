package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.waterspout.emulator.Bench.execute;
import static org.waterspout.emulator.Bench.grid;
import static org.waterspout.emulator.Bench.with;

import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.collections.VectorFloat8;

/** Right kernels give what plain Java gives, in every order and at odd sizes. */
class KernelRunsTest {
    private static final int EVERY = DataTransferMode.EVERY_EXECUTION;
    private static final long SEED = 20250917;

    private static FloatArray random(int size, long seed) {
        Random random = new Random(seed);
        FloatArray array = new FloatArray(size);
        for (int index = 0; index < size; index++) {
            array.set(index, random.nextFloat() * 2f - 1f);
        }
        return array;
    }

    @ParameterizedTest
    @CsvSource({ "1, 1, 1", "7, 8, 8", "33, 64, 32", "1000, 1008, 16", "1023, 1024, 1024" })
    void scale(int size, int global, int local) {
        FloatArray in = random(size, SEED);
        FloatArray out = new FloatArray(size);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scale, new KernelContext(), in, out, size, -3f).transferToHost(EVERY, out);
        with("raceCheck=true", () -> execute(graph, grid("g.scale", global, local)));
        for (int index = 0; index < size; index++) {
            assertEquals(in.get(index) * -3f, out.get(index), 0f, "element " + index + ", seed " + SEED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "forward", "reverse", "shuffle:1", "shuffle:-99" })
    void groupSum(String order) {
        int size = 1003;
        int local = 64;
        int groups = 16;
        FloatArray in = random(size, SEED);
        FloatArray sums = new FloatArray(groups);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("sum", SampleKernels::groupSum, new KernelContext(), in, sums, size, local).transferToHost(EVERY, sums);
        with("order=" + order, () -> with("raceCheck=true", () -> execute(graph, grid("g.sum", groups * local, local))));
        for (int group = 0; group < groups; group++) {
            double expected = 0;
            for (int index = group * local; index < Math.min(size, (group + 1) * local); index++) {
                expected += in.get(index);
            }
            assertEquals(expected, sums.get(group), 1e-5, "group " + group + ", seed " + SEED);
        }
    }

    @Test
    void localArraysOfTwoTypes() {
        IntArray out = new IntArray(96);
        TaskGraph graph = new TaskGraph("g").task("local", SampleKernels::localIntsAndBytes, new KernelContext(), out, 48)
                .transferToHost(EVERY, out);
        execute(graph, grid("g.local", 96, 48));
        for (int index = 0; index < 96; index++) {
            assertEquals(4 * (47 - index % 48), out.get(index));
        }
    }

    @Test
    void idsOfThreeDimensions() {
        int[] global = { 6, 4, 3 };
        int[] local = { 3, 2, 1 };
        WorkerGrid3D workers = new WorkerGrid3D(global[0], global[1], global[2]);
        workers.setLocalWork(local[0], local[1], local[2]);
        IntArray ids = new IntArray(9 * 6 * 4 * 3);
        TaskGraph graph = new TaskGraph("g").task("ids", SampleKernels::ids, new KernelContext(), ids).transferToHost(EVERY, ids);
        execute(graph, new GridScheduler("g.ids", workers));
        int at = 0;
        for (int z = 0; z < global[2]; z++) {
            for (int y = 0; y < global[1]; y++) {
                for (int x = 0; x < global[0]; x++) {
                    int[] expected = { x % 3, y % 2, 0, x / 3, y / 2, z, 3, 2, 1 };
                    assertArrayEquals(expected, ids.slice(at, 9).toHeapArray(), x + ", " + y + ", " + z);
                    at += 9;
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({ "1, 8", "13, 24", "130, 576" })
    void matvecOfBytes(int rows, int columns) {
        Random random = new Random(SEED);
        byte[] weights = new byte[rows * columns];
        random.nextBytes(weights);
        FloatArray x = random(columns, SEED + 1);
        FloatArray out = new FloatArray(rows);
        ByteArray w = ByteArray.fromArray(weights);
        VectorFloat8 vectors = new VectorFloat8(x);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, w, vectors)
                .task("matvec", SampleKernels::matvecBytes, new KernelContext(), w, vectors, out, rows, columns)
                .transferToHost(EVERY, out);
        execute(graph, grid("g.matvec", (rows + 15) / 16 * 16, 16));
        for (int row = 0; row < rows; row++) {
            double expected = 0;
            for (int column = 0; column < columns; column++) {
                expected += weights[row * columns + column] * (double) x.get(column);
            }
            assertEquals(expected, out.get(row), 1e-5 * 128 * columns, "row " + row + ", seed " + SEED);
        }
    }

    @Test
    void atomicsOnIntegers() {
        IntArray in = new IntArray(77);
        for (int index = 0; index < 77; index++) {
            in.set(index, index * 5);
        }
        IntArray histogram = new IntArray(8);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in, histogram)
                .task("histogram", SampleKernels::histogram, new KernelContext(), in, histogram).transferToHost(EVERY, histogram);
        with("raceCheck=true", () -> execute(graph, grid("g.histogram", 77, 11)));
        int[] expected = new int[8];
        for (int index = 0; index < 77; index++) {
            expected[index * 5 % 8]++;
        }
        assertArrayEquals(expected, histogram.toHeapArray());
    }

    @Test
    void aKernelWithoutContextRunsItsLoop() throws Exception {
        FloatArray a = random(31, SEED);
        FloatArray b = random(31, SEED + 1);
        FloatArray sum = new FloatArray(31);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, a, b).task("add", SampleKernels::addInLoop, a, b, sum, 31)
                .transferToHost(EVERY, sum);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.execute();
        }
        for (int index = 0; index < 31; index++) {
            assertEquals(a.get(index) + b.get(index), sum.get(index));
        }
    }

    @Test
    void aRecordOfNumbersIsAConstant() {
        FloatArray in = random(37, SEED);
        FloatArray out = new FloatArray(37);
        TaskGraph graph = new TaskGraph("g").transferToDevice(EVERY, in)
                .task("scale", SampleKernels::scaleByShape, new KernelContext(), in, out, new SampleKernels.Shape(37, 4f))
                .transferToHost(EVERY, out);
        execute(graph, grid("g.scale", 40, 8));
        for (int index = 0; index < 37; index++) {
            assertEquals(in.get(index) * 4f, out.get(index), 0f, "element " + index + ", seed " + SEED);
        }
    }

    @Test
    void twentyArguments() {
        FloatArray out = new FloatArray(1);
        TaskGraph graph = new TaskGraph("g").task("many", KernelRunsTest::many, new KernelContext(), out, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                10, 11, 12, 13, 14, 15, 16, 17, 18).transferToHost(EVERY, out);
        execute(graph, grid("g.many", 1, 1));
        assertEquals(171f, out.get(0));
    }

    private static void many(KernelContext context, FloatArray out, int a, int b, int c, int d, int e, int f, int g, int h, int i,
            int j, int k, int l, int m, int n, int o, int p, int q, int r) {
        out.set(context.globalIdx, a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r);
    }
}
