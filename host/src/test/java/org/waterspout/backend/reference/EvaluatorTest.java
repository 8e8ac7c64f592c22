package org.waterspout.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Batch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.model.architecture.NormKind;
import org.waterspout.model.architecture.RopeLayout;

/** Each operation on numbers that are worked out by hand, or given by tables of the function. */
class EvaluatorTest {

    private static final Batch ONE = Batch.of(new int[] {0}, 0, true);

    private final Evaluator evaluator = new Evaluator(1, 1, 2, 8, new KeyValueCache[0]);

    @Test
    void embedTakesTheTokensRow() {
        Op op = new Op.Embed(weight(List.of(3, 2), 1, 2, 3, 4, 5, 6), 10, value(0, 2));
        assertArrayEquals(new float[] {50, 60, 10, 20}, run(op, Batch.of(new int[] {2, 0}, 0, true)));
        InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                () -> run(op, Batch.of(new int[] {3}, 0, true)));
        assertEquals("token 3 is outside the vocabulary of 3: use the tokenizer of this model", thrown.getMessage());
    }

    @Test
    void addPositionTakesThePositionsRow() {
        Op op = new Op.AddPosition(value(0, 2), weight(List.of(3, 2), 1, 2, 3, 4, 5, 6), value(1, 2));
        assertArrayEquals(new float[] {103, 104, 205, 206},
                run(op, Batch.of(new int[] {0, 0}, 1, true), new float[] {100, 100, 200, 200}));
    }

    @Test
    void rmsNormOfEachGroup() {
        // mean squares 12.5 and 50 with epsilon 0: roots 3.5355 and 7.0711
        Op op = new Op.Norm(NormKind.RMS, value(0, 4), weight(List.of(2), 1, 2), Optional.empty(), 0, value(1, 4));
        assertArrayEquals(new float[] {0.84852814f, 2.2627417f, 1.4142135f, 0}, run(op, ONE, new float[] {3, 4, 10, 0}), 1e-6f);
    }

    @Test
    void layerNormWithBias() {
        // mean 4, variance 8/3, plus epsilon 4/3: root 2
        Op op = new Op.Norm(NormKind.LAYER, value(0, 3), weight(List.of(3), 1, 1, 2), Optional.of(weight(List.of(3), 0, 7, 1)),
                4f / 3, value(1, 3));
        assertArrayEquals(new float[] {-1, 7, 3}, run(op, ONE, new float[] {2, 4, 6}), 1e-6f);
    }

    @Test
    void matMulIsRowsTimesInput() {
        Op op = new Op.MatMul(value(0, 2), weight(List.of(3, 2), 1, 2, 3, 4, 5, 6), Optional.of(weight(List.of(3), 100, 200, 300)),
                value(1, 3));
        assertArrayEquals(new float[] {150, 310, 470, 101, 203, 305}, run(op, ONE, new float[] {10, 20, 1, 0}));
    }

    @Test
    void ropeTurnsPairsOfBothLayouts() {
        // position 1 at a quarter turn per position: (x, y) becomes (-y, x); the second pair stays; the last element passes
        RopeTable table = new RopeTable(new double[] {Math.PI / 2, 0}, 2);
        Batch batch = Batch.of(new int[] {0}, 1, true);
        float[] head = {1, 2, 3, 4, 5};
        assertArrayEquals(new float[] {-4, 2, 6, 8, 5},
                run(new Op.Rope(value(0, 5), table, RopeLayout.INTERLEAVED, 5, value(1, 5)), batch, head), 1e-5f);
        assertArrayEquals(new float[] {-6, 4, 2, 8, 5},
                run(new Op.Rope(value(0, 5), table, RopeLayout.HALVES, 5, value(1, 5)), batch, head), 1e-5f);
    }

    @Test
    void attentionWeighsValuesBySoftmaxOfScores() {
        // scores of the second position: ln 3 * (0, 1), so weights 1/4 and 3/4
        float log3 = (float) Math.log(3);
        Op op = attention(1, 1, 0, 0);
        float[] output = run(op, Batch.of(new int[] {0, 0}, 0, true), new float[] {5, log3}, new float[] {0, 1}, new float[] {100, 200});
        assertArrayEquals(new float[] {100, 175}, output, 1e-4f);
        // decode continues the cache: scores 0, ln 3, 0 and weights 1/5, 3/5, 1/5
        assertArrayEquals(new float[] {240}, run(op, Batch.of(new int[] {0}, 2, true), new float[] {log3}, new float[] {0},
                new float[] {500}), 1e-4f);
    }

    @Test
    void attentionSeesItsWindowItsHeadAndItsSequence() {
        Op windowed = attention(1, 1, 1, 0);
        assertArrayEquals(new float[] {7, 8, 9},
                run(windowed, Batch.of(new int[3], 0, true), new float[3], new float[3], new float[] {7, 8, 9}));
        Op grouped = attention(4, 2, 0, 0);
        assertArrayEquals(new float[] {7, 7, 8, 8}, run(grouped, ONE, new float[4], new float[2], new float[] {7, 8}));
        Batch two = new Batch(new int[2], new int[2], new int[] {0, 1}, new int[] {0, 1});
        assertArrayEquals(new float[] {7, 8}, run(attention(1, 1, 0, 0), two, new float[2], new float[2], new float[] {7, 8}));
    }

    @Test
    void attentionCapsScores() {
        // scores 0 and 2 tanh(1000 / 2) = 2
        double weight = Math.exp(2) / (1 + Math.exp(2));
        float[] output = run(attention(1, 1, 0, 2), Batch.of(new int[2], 0, true), new float[] {1, 1}, new float[] {0, 1000},
                new float[] {0, 1});
        assertEquals(weight, output[1], 1e-6);
    }

    @Test
    void activationsAtKnownPoints() {
        assertEquals(0.7310586, activate(Activation.SILU, 1), 1e-7);
        assertEquals(-0.2689414, activate(Activation.SILU, -1), 1e-7);
        assertEquals(0.8411920, activate(Activation.GELU_TANH, 1), 1e-6);
        assertEquals(0.8413447, activate(Activation.GELU_ERF, 1), 1e-7); // the normal distribution at 1
        assertEquals(-0.0455003, activate(Activation.GELU_ERF, -2), 1e-7);
        assertEquals(0, activate(Activation.RELU, -3));
        assertEquals(3, activate(Activation.RELU, 3));
        assertEquals(0.7615942, activate(Activation.TANH, 1), 1e-7);
        assertEquals(-1, activate(Activation.TANH, -3e8f));
        for (Activation function : List.of(Activation.SILU, Activation.GELU_TANH, Activation.GELU_ERF, Activation.RELU)) {
            assertEquals(3e8f, activate(function, 3e8f), function.name());
            assertEquals(0, activate(function, -3e8f), 0, function.name());
        }
    }

    @Test
    void erfByTables() {
        assertEquals(0.5204998778130465, Activations.erf(0.5), 1e-15);
        assertEquals(-0.9953222650189527, Activations.erf(-2), 1e-15);
        assertEquals(0.9999999845827421, Activations.erf(4), 1e-15);
        assertEquals(1, Activations.erf(7));
        assertEquals(0, Activations.erf(0));
    }

    @Test
    void elementsAndChoices() {
        assertArrayEquals(new float[] {11, 22}, run(new Op.Add(value(0, 2), value(1, 2), value(3, 2)), ONE, new float[] {1, 2},
                new float[] {10, 20}));
        assertArrayEquals(new float[] {10, 40}, run(new Op.Multiply(value(0, 2), value(1, 2), value(3, 2)), ONE, new float[] {1, 2},
                new float[] {10, 20}));
        assertArrayEquals(new float[] {-3, 6}, run(new Op.Scale(value(0, 2), -3, value(3, 2)), ONE, new float[] {1, -2}));
        assertArrayEquals(new float[] {2.2847826f, -3}, run(new Op.SoftCap(value(0, 2), 3, value(3, 2)), ONE, new float[] {3, -1e9f}),
                1e-6f);
        Batch picks = new Batch(new int[3], new int[] {0, 1, 2}, new int[3], new int[] {0, 2});
        assertArrayEquals(new float[] {1, 3}, run(new Op.SelectRows(value(0, 1), value(3, 1)), picks, new float[] {1, 2, 3}));
        assertArrayEquals(new float[] {1, 0}, run(new Op.ArgMax(value(0, 3), value(3, 1)), ONE, new float[] {1, 5, 5, 7, 7, 7}));
    }

    private static Op attention(int heads, int kvHeads, int window, float softCap) {
        return new Op.Attention(0, value(0, heads), value(1, kvHeads), value(2, kvHeads), heads, kvHeads, 1, 1, window, softCap,
                value(3, heads));
    }

    private float activate(Activation function, float x) {
        return run(new Op.Activate(function, value(0, 1), value(1, 1)), ONE, new float[] {x})[0];
    }

    private float[] run(Op op, Batch batch, float[]... inputs) {
        Map<Value, float[]> values = new HashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            values.put(op.inputs().get(i), inputs[i]);
        }
        return evaluator.evaluate(op, batch, values).get(op.outputs().getFirst());
    }

    private static Value value(int id, int width) {
        return new Value(id, "value " + id, width);
    }

    private static Weight weight(List<Integer> shape, float... numbers) {
        MemorySegment data = Arena.ofAuto().allocate((long) numbers.length * Float.BYTES, Float.BYTES);
        for (int i = 0; i < numbers.length; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN), i, numbers[i]);
        }
        return new Weight("weight", Weight.NO_LAYER, new Tensor("weight", WeightType.F32, shape, data));
    }
}
