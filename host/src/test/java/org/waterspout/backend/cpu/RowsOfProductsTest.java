package org.waterspout.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.cpu.kernels.CpuKernels;
import org.waterspout.backend.cpu.kernels.Matrix;
import org.waterspout.backend.cpu.kernels.ScalarKernels;
import org.waterspout.backend.cpu.kernels.VectorKernels;
import org.waterspout.backend.cpu.kernels.VectorShapes;
import org.waterspout.model.WeightType;

/**
 * A row of a product of several is to the bit what it is alone: every weight type, odd numbers of rows and columns, every width of vectors.
 */
@Tag("slow")
class RowsOfProductsTest {

    /** Rows of a product: every way to divide them into groups of up to four, and more than are arranged at a time. */
    private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 33};

    @TestFactory
    Stream<DynamicTest> aRowDoesNotDependOnTheOthers() {
        List<CpuKernels> forms = VectorShapes.wide() ? List.of(new ScalarKernels(), new VectorKernels()) : List.of(new ScalarKernels());
        return forms.stream().flatMap(kernels -> Arrays.stream(WeightType.values())
                .map(type -> DynamicTest.dynamicTest(type + ", " + kernels.description(), () -> every(kernels, type))));
    }

    /** In a JVM of its own, which has one width for its life. */
    @Test
    void norAtHalfTheWidth() throws IOException, InterruptedException {
        assumeTrue(VectorShapes.COUNT > 4, "skipped: the vectors of this machine have " + VectorShapes.COUNT * 32 + " bits");
        Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:MaxVectorSize=" + VectorShapes.COUNT * 2,
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                RowsOfProductsTest.class.getName()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException("the process closed its output and did not end");
        }
        assertEquals(List.of(VectorShapes.COUNT * 16 + "-bit vectors: all equal"), output.lines().toList());
    }

    /** Prints each weight type that fails, and the width if none does. */
    public static void main(String[] arguments) {
        CpuKernels kernels = new VectorKernels();
        List<String> failures = new ArrayList<>();
        for (WeightType type : WeightType.values()) {
            try {
                every(kernels, type);
            } catch (AssertionError | RuntimeException failure) {
                failures.add(type + ": " + failure);
            }
        }
        failures.forEach(System.out::println);
        if (failures.isEmpty()) {
            System.out.println(kernels.description() + ": all equal");
        }
    }

    private static void every(CpuKernels kernels, WeightType type) {
        int[][] shapes = switch (type.blockLength()) {
            case 1 -> new int[][] {{1, 1}, {7, 13}, {48, 257}, {67, 768}};
            case 32 -> new int[][] {{1, 32}, {7, 96}, {59, 576}};
            default -> new int[][] {{1, 256}, {59, 768}};
        };
        for (int[] shape : shapes) {
            for (boolean extreme : new boolean[] {false, true}) {
                rows(kernels, type, shape[0], shape[1], 1000L * shape[0] + shape[1] + type.ordinal(), extreme);
            }
        }
    }

    /** Some rows of input are so small that products of halves treat them in a way of their own. */
    private static void rows(CpuKernels kernels, WeightType type, int rows, int columns, long seed, boolean extreme) {
        StoredWeights random = new StoredWeights(seed, extreme);
        Matrix matrix = Matrix.of(random.tensor("w", type, rows, columns), Arena.ofAuto(), true);
        int stride = rows + 5;
        for (int xRows : ROWS) {
            float[] x = random.floats(xRows * columns);
            for (int k = 0; xRows % 4 == 1 && k < columns; k++) {
                x[k] *= 1e-30f;
            }
            for (int[] range : new int[][] {{0, rows}, {rows / 3, rows}, {0, rows - rows / 4}}) {
                float[] together = new float[xRows * stride + 3];
                float[] tile = new float[Math.max(Scratch.tileRows(columns), CpuKernels.STAGED) * columns];
                kernels.multiplyRows(matrix, range[0], range[1], x, xRows, together, 3, stride, tile, new float[kernels.scratch(columns)]);
                float[] alone = new float[xRows * stride + 3];
                for (int s = 0; s < xRows; s++) {
                    kernels.multiply(matrix, range[0], range[1], Arrays.copyOfRange(x, s * columns, (s + 1) * columns), alone,
                            3 + s * stride, new float[kernels.scratch(columns)]);
                }
                assertArrayEquals(alone, together, type + ", " + xRows + " rows by " + Arrays.toString(range) + " of " + rows + "x"
                        + columns + ", seed " + seed + (extreme ? ", extremes" : ""));
            }
        }
    }
}
