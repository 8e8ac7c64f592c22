package org.waterspout.backend.cpu.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.cpu.StoredWeights;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;

/**
 * Both forms of every kernel against plain loops in double precision. Sums are held to a part of the sum of their terms' sizes,
 * which is what rounding grows with.
 */
class CpuKernelsTest {

    private static final double SUM = 2e-6;

    /** The vector form only where vectors are wide enough: elsewhere it is never used. */
    private static List<CpuKernels> forms() {
        return VectorShapes.wide() ? List.of(new ScalarKernels(), new VectorKernels()) : List.of(new ScalarKernels());
    }

    private interface Check {
        void run(CpuKernels kernels) throws Exception;
    }

    private static Stream<DynamicTest> onBoth(String name, Check check) {
        return forms().stream().map(kernels -> DynamicTest.dynamicTest(name + " " + kernels.description(), () -> check.run(kernels)));
    }

    @TestFactory
    Stream<DynamicTest> productsOfStoredWeights() {
        List<DynamicTest> tests = new ArrayList<>();
        for (WeightType type : WeightType.values()) {
            int[][] shapes = switch (type.blockLength()) {
                case 1 -> new int[][] {{1, 1}, {7, 13}, {12, 37}, {66, 768}, {131, 100}};
                case 32 -> new int[][] {{1, 32}, {7, 96}, {12, 32}, {14, 768}, {131, 160}};
                default -> new int[][] {{1, 256}, {7, 256}, {14, 768}};
            };
            for (int[] shape : shapes) {
                for (boolean extreme : new boolean[] {false, true}) {
                    String name = type + " " + shape[0] + "x" + shape[1] + (extreme ? " extremes" : "");
                    onBoth(name, kernels -> product(kernels, type, shape[0], shape[1], name.hashCode(), extreme)).forEach(tests::add);
                }
            }
        }
        return tests.stream();
    }

    private static void product(CpuKernels kernels, WeightType type, int rows, int columns, long seed, boolean extreme) {
        StoredWeights random = new StoredWeights(seed, extreme);
        Tensor tensor = random.tensor("w", type, rows, columns);
        Matrix matrix = Matrix.of(tensor, Arena.ofAuto(), true);
        float[] x = random.floats(columns);
        float[] decoded = tensor.decode();
        float[] tile = new float[rows * columns + 2];
        kernels.decode(matrix, 0, rows, tile, 1);
        for (int i = 0; i < decoded.length; i++) {
            // d * q + m is one rounding in one form and two in the other: the part that cancels is at most 33 times 60000
            assertEquals(decoded[i], tile[i + 1], 2e-7 * Math.abs(decoded[i]) + (extreme ? 70 : 1e-5), "decoded " + i + ", seed " + seed);
        }
        for (int from : new int[] {0, rows / 3}) {
            float[] out = new float[rows + 3];
            kernels.multiply(matrix, from, rows, x, out, 2, new float[kernels.scratch(columns)]);
            for (int row = from; row < rows; row++) {
                near(decoded, row * columns, 1, x, 0, 1, columns, out[2 + row], extreme ? 2e-5 : SUM, "row " + row + ", seed " + seed);
            }
            assertEquals(0, out[1] + out[rows + 2], "writes its own rows only");
        }
    }

    private static void near(float[] a, int aAt, int aStride, float[] b, int bAt, int bStride, int count, float actual, double limit,
            String what) {
        double sum = 0;
        double size = 0;
        for (int i = 0; i < count; i++) {
            double term = (double) a[aAt + i * aStride] * b[bAt + i * bStride];
            sum += term;
            size += Math.abs(term);
        }
        assertEquals(sum, actual, limit * size + 1e-30, what);
    }

    @TestFactory
    Stream<DynamicTest> productsOfTiles() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int[] shape : new int[][] {{1, 1}, {5, 13}, {6, 96}, {7, 300}, {13, 576}, {48, 257}}) {
            String name = shape[0] + "x" + shape[1];
            for (int panels = 1; panels <= 5; panels++) {
                int some = panels;
                onBoth(name + " by " + some + " panels", kernels -> panels(kernels, shape[0], shape[1], some)).forEach(tests::add);
            }
        }
        return tests.stream();
    }

    private static void panels(CpuKernels kernels, int rows, int columns, int panels) {
        StoredWeights random = new StoredWeights(rows * 1000L + columns + panels, false);
        int lanes = kernels.lanes();
        int width = rows + 4;
        float[] tile = random.floats(rows * columns);
        float[] x = random.floats(panels * columns * lanes);
        float[] out = new float[panels * width * lanes];
        int split = panels / 2;
        kernels.multiplyPanels(tile, rows, columns, x, split, panels, out, 3, width);
        kernels.multiplyPanels(tile, rows, columns, x, 0, split, out, 3, width);
        for (int panel = 0; panel < panels; panel++) {
            for (int row = 0; row < width; row++) {
                for (int lane = 0; lane < lanes; lane++) {
                    float actual = out[(panel * width + row) * lanes + lane];
                    if (row < 3 || row >= 3 + rows) {
                        assertEquals(0, actual, "writes its own rows only");
                    } else {
                        near(tile, (row - 3) * columns, 1, x, panel * columns * lanes + lane, lanes, columns, actual, SUM, "row " + row);
                    }
                }
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> attentionInPanels() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int headDimension : new int[] {1, 7, 8, 13, 32, 40}) {
            onBoth("heads of " + headDimension, kernels -> attention(kernels, headDimension)).forEach(tests::add);
        }
        return tests.stream();
    }

    private static void attention(CpuKernels kernels, int headDimension) {
        StoredWeights random = new StoredWeights(headDimension, false);
        int lanes = kernels.lanes();
        float[] query = random.floats(headDimension * lanes + 1);
        float[] keys = random.floats(headDimension * lanes + 2);
        float[] scores = new float[lanes * lanes + 3];
        kernels.panelScores(query, 1, keys, 2, headDimension, lanes, scores, 3);
        for (int t = 0; t < lanes; t++) {
            for (int lane = 0; lane < lanes; lane++) {
                near(query, 1 + lane, lanes, keys, 2 + t, lanes, headDimension, scores[3 + t * lanes + lane], SUM,
                        "score of " + t + " and " + lane);
            }
        }
        float[] sum = new float[headDimension * lanes];
        int to = lanes - 1;
        kernels.panelWeighColumns(scores, 3, 2, to, keys, 2, headDimension, sum);
        for (int d = 0; d < headDimension; d++) {
            for (int lane = 0; lane < lanes; lane++) {
                near(scores, 3 + 2 * lanes + lane, lanes, keys, 2 + d * lanes + 2, 1, to - 2, sum[d * lanes + lane], SUM, "sum of " + d);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> recurrentStates() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int count : new int[] {1, 16, 37}) {
            onBoth("states of " + count, kernels -> {
                StoredWeights random = new StoredWeights(count, false);
                float[] candidate = random.floats(count + 1);
                float[] forget = random.floats(count + 2);
                forget[2] = 100;
                float[] before = random.floats(count + 4);
                float[] state = before.clone();
                kernels.recur(candidate, 1, forget, 2, state, 3, count);
                for (int i = 0; i < count; i++) {
                    double keep = 1 / (1 + Math.exp(-forget[2 + i]));
                    assertEquals(keep * before[3 + i] + (1 - keep) * candidate[1 + i], state[3 + i],
                            5e-7 * (Math.abs(before[3 + i]) + Math.abs(candidate[1 + i])));
                }
                assertEquals(before[3 + count], state[3 + count]);
                assertEquals(before[2], state[2]);
            }).forEach(tests::add);
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> activations() {
        float[] x = new float[4003];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - 2001) * (i % 7 == 0 ? 0.5f : 0.01f);
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (Activation function : Activation.values()) {
            onBoth(function.name(), kernels -> {
                float[] out = new float[x.length];
                kernels.activate(function, x, out, 1, x.length);
                assertEquals(0, out[0]);
                for (int i = 1; i < x.length; i++) {
                    assertEquals(exact(function, x[i]), out[i], 4e-7 * Math.max(1, Math.abs(x[i])), function + " of " + x[i]);
                }
            }).forEach(tests::add);
        }
        onBoth("soft cap", kernels -> {
            float[] out = new float[x.length];
            kernels.softCap(30, x, out, 0, x.length);
            for (int i = 0; i < x.length; i++) {
                assertEquals(30 * Math.tanh(x[i] / 30.0), out[i], 1e-5, "of " + x[i]);
            }
        }).forEach(tests::add);
        onBoth("exponentials", kernels -> {
            float[] out = x.clone();
            float sum = kernels.exponentials(out, 3, x.length, 1000.5f);
            double expected = 0;
            for (int i = 3; i < x.length; i++) {
                double exact = Math.exp(x[i] - 1000.5);
                expected += exact;
                assertEquals(exact, out[i], 1e-37 + 4e-7 * exact, "of " + x[i]);
            }
            assertEquals(expected, sum, 1e-6 * expected);
            assertEquals(0, sumOf(kernels, Float.NEGATIVE_INFINITY), "minus infinity weighs nothing");
            assertArrayEquals(new float[] {x[0], x[1], x[2]}, new float[] {out[0], out[1], out[2]});
        }).forEach(tests::add);
        return tests.stream();
    }

    private static float sumOf(CpuKernels kernels, float score) {
        float[] scores = new float[64];
        Arrays.fill(scores, score);
        return kernels.exponentials(scores, 0, 64, 0);
    }

    private static double exact(Activation function, double x) {
        return switch (function) {
            case SILU -> x / (1 + Math.exp(-x));
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case GELU_ERF -> x * normal(x);
            case RELU -> Math.max(0, x);
            case TANH -> Math.tanh(x);
        };
    }

    /** The normal distribution by Marsaglia's series (2004), and 0 or 1 where it is within 1e-15 of them. */
    private static double normal(double x) {
        if (Math.abs(x) > 8) {
            return x > 0 ? 1 : 0;
        }
        double term = x;
        double sum = x;
        for (int n = 3; Math.abs(term) > 1e-18; n += 2) {
            term *= x * x / n;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    @TestFactory
    Stream<DynamicTest> norms() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int width : new int[] {1, 5, 16, 37, 64, 577}) {
            onBoth("norms of " + width, kernels -> norms(kernels, width)).forEach(tests::add);
        }
        return tests.stream();
    }

    private static void norms(CpuKernels kernels, int width) {
        StoredWeights random = new StoredWeights(width, false);
        int lanes = kernels.lanes();
        float[] x = random.floats(width * lanes + 2);
        float[] gain = random.floats(width);
        float[] bias = random.floats(width);
        float[][] out = new float[4][width * lanes + 2];
        kernels.rmsNorm(x, 2, gain, 1e-5f, out[0], 2);
        kernels.layerNorm(x, 2, gain, bias, 1e-5f, out[1], 2);
        kernels.panelRmsNorm(x, 2, gain, 1e-5f, out[2], 2);
        kernels.panelLayerNorm(x, 2, gain, bias, 1e-5f, out[3], 2);
        for (int form = 0; form < 4; form++) {
            boolean centred = form % 2 == 1;
            int stride = form < 2 ? 1 : lanes;
            for (int lane = 0; lane < stride; lane++) {
                double mean = 0;
                double squares = 0;
                for (int i = 0; i < width; i++) {
                    mean += centred ? x[2 + lane + i * stride] / (double) width : 0;
                }
                for (int i = 0; i < width; i++) {
                    squares += Math.pow(x[2 + lane + i * stride] - mean, 2);
                }
                double factor = 1 / Math.sqrt(squares / width + 1e-5f);
                for (int i = 0; i < width; i++) {
                    double expected = (x[2 + lane + i * stride] - mean) * factor * gain[i] + (centred ? bias[i] : 0);
                    double size = Math.sqrt(width) * Math.abs(gain[i]) + Math.abs(bias[i]);
                    assertEquals(expected, out[form][2 + lane + i * stride], 1e-6 * size + (width == 1 ? 1e-2 * Math.abs(gain[i]) : 0),
                            "form " + form + ", " + i);
                }
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> theSumOfLanesIsInAFixedOrder() {
        return onBoth("sum of a product", kernels -> {
            StoredWeights random = new StoredWeights(11, false);
            Matrix matrix = Matrix.of(random.tensor("w", WeightType.Q8_0, 9, 320), Arena.ofAuto(), true);
            float[] x = random.floats(320);
            float[] first = new float[9];
            kernels.multiply(matrix, 0, 9, x, first, 0, new float[kernels.scratch(320)]);
            for (int i = 0; i < 20_000; i++) { // long enough to be interpreted first and compiled at last
                float[] again = new float[9];
                kernels.multiply(matrix, 0, 9, x, again, 0, new float[kernels.scratch(320)]);
                assertArrayEquals(first, again);
            }
            assertTrue(first[0] != 0);
        });
    }
}
