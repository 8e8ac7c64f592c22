package org.waterspout.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Op;
import org.waterspout.graph.RelativeBias;
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

    private final ReferenceCache[] memories = Evaluator.caches(1, 2, 8);
    private final Evaluator evaluator = new Evaluator(CacheType.F32, 1, 1, 2, 8, memories);

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
    void attentionInBothDirectionsStaysInItsSequence() {
        // a query of zeros weighs all alike: means of (3, 9) and of (50)
        Op op = attention(Op.Mask.BIDIRECTIONAL, 0, Optional.empty());
        Batch two = new Batch(new int[3], new int[] {0, 1, 0}, new int[] {1, 1, 0}, new int[] {1, 2});
        assertArrayEquals(new float[] {6, 6, 50}, run(op, two, new float[3], new float[3], new float[] {3, 9, 50}));
        // and of neighbours only: (10, 20), (10, 20, 60), (20, 60)
        assertArrayEquals(new float[] {15, 30, 40}, run(attention(Op.Mask.BIDIRECTIONAL, 2, Optional.empty()),
                Batch.of(new int[3], 0, true), new float[3], new float[3], new float[] {10, 20, 60}));
        // a sequence that is shorter than the one before it does not see what that has left
        assertArrayEquals(new float[] {7}, run(op, ONE, new float[1], new float[1], new float[] {7}));
        Batch torn = new Batch(new int[3], new int[] {0, 0, 1}, new int[] {0, 1, 0}, new int[] {2});
        InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                () -> run(op, torn, new float[3], new float[3], new float[3]));
        assertEquals("attention in both directions needs whole sequences, one after the other: row 2 is position 1 of sequence 0",
                thrown.getMessage());
    }

    @Test
    void attentionAddsTheBiasOfTheDistance() {
        // four buckets for both directions: itself, one or more behind, none, one or more ahead; weights 1, 3, -, 4
        Weight both = weight(List.of(4, 1), 0, (float) Math.log(3), 77, (float) Math.log(4));
        Op full = attention(Op.Mask.BIDIRECTIONAL, 0, Optional.of(new RelativeBias(both, 8, Op.Mask.BIDIRECTIONAL)));
        assertArrayEquals(new float[] {180, 125},
                run(full, Batch.of(new int[2], 0, true), new float[2], new float[2], new float[] {100, 200}), 1e-4f);
        // two buckets for what lies behind: itself, and anything else
        Weight behind = weight(List.of(2, 1), 0, (float) Math.log(2));
        Op causal = attention(Op.Mask.CAUSAL, 0, Optional.of(new RelativeBias(behind, 8, Op.Mask.CAUSAL)));
        assertArrayEquals(new float[] {100, 400f / 3, 120},
                run(causal, Batch.of(new int[3], 0, true), new float[3], new float[3], new float[] {100, 200, 0}), 1e-4f);
    }

    @Test
    void bucketsOfTheLiterature() {
        // what the public implementation of T5 gives for 32 buckets up to a distance of 128
        RelativeBias both = new RelativeBias(weight(List.of(32, 1), new float[32]), 128, Op.Mask.BIDIRECTIONAL);
        int[] distances = {-200, -128, -100, -16, -8, -7, -1, 0, 1, 7, 8, 11, 12, 16, 23, 32, 64, 90, 128, 1000};
        assertArrayEquals(new int[] {15, 15, 15, 10, 8, 7, 1, 0, 17, 23, 24, 24, 25, 26, 27, 28, 30, 30, 31, 31},
                Arrays.stream(distances).map(both::bucket).toArray());
        RelativeBias behind = new RelativeBias(weight(List.of(32, 1), new float[32]), 128, Op.Mask.CAUSAL);
        assertArrayEquals(new int[] {31, 31, 30, 16, 8, 7, 1, 0, 0, 0},
                Arrays.stream(distances).limit(10).map(behind::bucket).toArray());
    }

    @Test
    void crossAttentionReadsWhatIsRemembered() {
        Op store = new Op.StoreCrossCache(0, value(0, 2), value(1, 2));
        Batch sources = new Batch(new int[3], new int[] {0, 1, 0}, new int[] {0, 0, 1}, new int[0]);
        float log3 = (float) Math.log(3);
        evaluator.evaluate(store, sources, Map.of(value(0, 2), new float[] {0, 0, log3, 0, 5, 5}, value(1, 2),
                new float[] {100, 10, 200, 30, 7, 8}));
        // head 0 weighs source 0 by 1/4 and 3/4, head 1 by halves; the second row reads source 1, which has one position
        Op cross = new Op.CrossAttention(0, value(0, 2), 2, 1, 1, value(1, 2));
        Batch rows = new Batch(new int[2], new int[2], new int[] {0, 1}, new int[] {0, 1}).withSources(new int[] {0, 1});
        assertArrayEquals(new float[] {175, 20, 7, 8}, run(cross, rows, new float[] {1, 1, 1, 1}), 1e-4f);
        // encoded anew, shorter
        evaluator.evaluate(store, Batch.of(new int[1], 0, true), Map.of(value(0, 2), new float[2], value(1, 2), new float[] {1, 2}));
        assertArrayEquals(new float[] {1, 2, 7, 8}, run(cross, rows, new float[] {1, 1, 1, 1}));
    }

    @Test
    void crossAttentionToASourceThatWasNeverEncoded() {
        Op cross = new Op.CrossAttention(0, value(0, 1), 1, 1, 1, value(1, 1));
        assertEquals("source 0 was never encoded: encode it before the first step",
                assertThrows(InvalidRequestException.class, () -> run(cross, ONE, new float[1])).getMessage());
    }

    @Test
    void recurrenceKeepsAShareOfItsState() {
        Op op = new Op.Recurrence(0, value(0, 1), value(1, 1), value(2, 1));
        float log3 = (float) Math.log(3);
        // halves of 0 and 10, of 5 and 20; then three quarters of 12.5 and one of 100
        assertArrayEquals(new float[] {5, 12.5f, 34.375f},
                run(op, Batch.of(new int[3], 0, true), new float[] {10, 20, 100}, new float[] {0, 0, log3}), 1e-5f);
        assertArrayEquals(new float[] {17.1875f}, run(op, Batch.of(new int[1], 3, true), new float[1], new float[1]), 1e-5f);
        assertArrayEquals(new float[] {4}, run(op, ONE, new float[] {8}, new float[1]), 1e-5f); // position 0 begins anew
    }

    @Test
    void reorderedSequencesGoOnWhereTheirParentsStood() {
        Batch two = new Batch(new int[2], new int[2], new int[] {0, 1}, new int[] {0, 1});
        Batch next = new Batch(new int[2], new int[] {1, 1}, new int[] {0, 1}, new int[] {0, 1});
        Op attention = attention(Op.Mask.CAUSAL, 0, Optional.empty());
        Op recurrence = new Op.Recurrence(0, value(0, 1), value(1, 1), value(2, 1));
        run(attention, two, new float[2], new float[2], new float[] {10, 20});
        run(recurrence, two, new float[] {10, 20}, new float[2]);
        evaluator.reorder(new int[] {1, 0});
        assertArrayEquals(new float[] {15, 10}, run(attention, next, new float[2], new float[2], new float[] {10, 10}));
        assertArrayEquals(new float[] {10, 7.5f}, run(recurrence, next, new float[] {10, 10}, new float[2]));
        evaluator.reorder(new int[] {1, 1});
        Batch third = new Batch(new int[2], new int[] {2, 2}, new int[] {0, 1}, new int[] {0, 1});
        assertArrayEquals(new float[] {10, 20}, run(attention, third, new float[2], new float[2], new float[] {10, 40}));
        assertArrayEquals(new float[] {3.75f, 13.75f}, run(recurrence, third, new float[] {0, 20}, new float[2]));
    }

    @Test
    void whatEntersBesideTokens() {
        Op embed = new Op.Embed(weight(List.of(3, 2), 1, 2, 3, 4, 5, 6), 10, value(0, 2));
        assertArrayEquals(new float[] {0, 0, 30, 40}, run(embed, Batch.of(new int[] {Batch.NO_TOKEN, 1}, 0, true)));
        assertArrayEquals(new float[] {7, 8}, run(new Op.InputEmbeddings(value(0, 2)), ONE.withInputEmbeddings(new float[] {7, 8})));
        Op addType = new Op.AddType(value(0, 2), weight(List.of(2, 2), 1, 2, 3, 4), value(1, 2));
        assertArrayEquals(new float[] {103, 104, 201, 202},
                run(addType, Batch.of(new int[2], 0, true).withTypes(new int[] {1, 0}), new float[] {100, 100, 200, 200}));
        assertArrayEquals(new float[] {1, 2}, run(addType, ONE, new float[2]));
        assertEquals("token type 2 is outside the model's 2", assertThrows(InvalidRequestException.class,
                () -> run(addType, ONE.withTypes(new int[] {2}), new float[2])).getMessage());
    }

    @Test
    void meansOfSequences() {
        Batch three = new Batch(new int[4], new int[] {0, 1, 0, 0}, new int[] {0, 0, 1, 2}, new int[] {1, 2});
        assertArrayEquals(new float[] {2, 30, 7, 8}, run(new Op.MeanRows(value(0, 2), value(1, 2)), three,
                new float[] {1, 20, 3, 40, 7, 8, 99, 99}));
    }

    @Test
    void shortlistTakesTheCandidatesColumns() {
        Op op = new Op.Shortlist(value(0, 2), weight(List.of(3, 2), 1, 2, 3, 4, 5, 6), Optional.of(weight(List.of(3), 100, 200, 300)),
                value(1, 3));
        float[] input = {10, 20, 1, 0};
        assertArrayEquals(new float[] {150, 310, 470, 101, 203, 305}, run(op, ONE, input));
        float[] two = run(op, ONE.withCandidates(new int[] {0, 2}), input);
        assertArrayEquals(new float[] {150, 470, 101, 305}, new float[] {two[0], two[1], two[3], two[4]});
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
        for (Activation function : EnumSet.complementOf(EnumSet.of(Activation.TANH))) {
            assertEquals(3e8f, activate(function, 3e8f), function.name());
            assertEquals(0, activate(function, -3e8f), 0, function.name());
        }
    }

    @Test
    void erfByTables() {
        assertEquals(0.5204998778130465, ExactActivations.erf(0.5), 1e-15);
        assertEquals(-0.9953222650189527, ExactActivations.erf(-2), 1e-15);
        assertEquals(0.9999999845827421, ExactActivations.erf(4), 1e-15);
        assertEquals(1, ExactActivations.erf(7));
        assertEquals(0, ExactActivations.erf(0));
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

    private static Op attention(Op.Mask mask, int window, Optional<RelativeBias> bias) {
        return new Op.Attention(0, value(0, 1), value(1, 1), value(2, 1), 1, 1, 1, 1, mask, window, 0, bias, value(3, 1));
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
