package org.waterspout.tests;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Op;
import org.waterspout.graph.Op.Mask;
import org.waterspout.graph.RelativeBias;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.RopeLayout;
import org.waterspout.tests.OpCase.Tolerance;

/** Cases of the operations that encoders bring: attention in both directions, biases by distance, token types, images, pooling. */
final class EncoderCases {

    private static final int LONGEST = 130;
    private static final PlanOptions WHOLE = new PlanOptions(LONGEST, 6, 200, false);

    private EncoderCases() {
    }

    static List<OpCase> all() {
        List<OpCase> cases = new ArrayList<>();
        int[][] heads = {{1, 1, 16}, {4, 4, 40}, {6, 2, 64}, {3, 1, 80}, {9, 3, 13}, {12, 12, 32}, {2, 2, 128}};
        for (int[] shape : heads) {
            cases.add(full(shape, 0, 0, false));
        }
        cases.add(full(new int[] {4, 2, 32}, 1, 0, false));
        cases.add(full(new int[] {4, 4, 24}, 17, 0, false));
        cases.add(full(new int[] {2, 2, 64}, 70, 0, false));
        cases.add(full(new int[] {3, 3, 20}, 0, 4, false));
        cases.add(full(new int[] {3, 3, 20}, 0, 0, true));
        cases.add(full(new int[] {6, 2, 32}, 9, 3, true));
        cases.add(causalBias(0, 0));
        cases.add(causalBias(40, 5));
        cases.add(sharedCache());
        cases.add(manyShort());
        types(cases);
        given(cases);
        means(cases);
        cases.add(noToken());
        return cases;
    }

    /** Sequences of every length that meets an edge of a block or of a vector, several in a batch, numbers out of order. */
    private static List<Batch> wholeBatches(OpCaseBuilder b) {
        return List.of(
                b.whole(new int[] {0}, 1),
                b.whole(new int[] {0}, 7),
                b.whole(new int[] {2, 0, 5}, 3, 1, 4),
                b.whole(new int[] {1, 0}, 16, 16),
                b.whole(new int[] {3, 0, 4, 1}, 5, 31, 64, 17),
                b.whole(new int[] {0, 2}, 65, 2),
                b.whole(new int[] {4}, LONGEST),
                b.whole(new int[] {4, 3}, 63, 33));
    }

    private static RelativeBias bias(OpCaseBuilder b, int heads, Mask mask) {
        return new RelativeBias(b.table("bias", WeightType.F32, 8, heads), 40, mask);
    }

    private static OpCase full(int[] shape, int window, float softCap, boolean biased) {
        int heads = shape[0];
        int kvHeads = shape[1];
        int headDimension = shape[2];
        OpCaseBuilder b = new OpCaseBuilder("Attention BIDIRECTIONAL " + heads + "/" + kvHeads + " heads of " + headDimension
                + (window == 0 ? "" : " window " + window) + (softCap == 0 ? "" : " cap " + softCap) + (biased ? " bias" : ""));
        Value query = b.input(heads * headDimension);
        Value key = b.input(kvHeads * headDimension);
        Value value = b.input(kvHeads * headDimension);
        Value output = b.value(heads * headDimension);
        b.layer(new Op.Attention(0, query, key, value, heads, kvHeads, headDimension, scale(headDimension), Mask.BIDIRECTIONAL, window,
                softCap, biased ? Optional.of(bias(b, heads, Mask.BIDIRECTIONAL)) : Optional.empty(), output));
        b.caches(1);
        return b.build("Attention", output, Tolerance.ATTENTION, wholeBatches(b), WHOLE);
    }

    private static OpCase causalBias(int window, float softCap) {
        OpCaseBuilder b = new OpCaseBuilder("Attention CAUSAL 6/3 heads of 24 bias"
                + (window == 0 ? "" : " window " + window) + (softCap == 0 ? "" : " cap " + softCap));
        Value query = b.input(6 * 24);
        Value key = b.input(3 * 24);
        Value value = b.input(3 * 24);
        Value output = b.value(6 * 24);
        b.layer(new Op.Attention(0, query, key, value, 6, 3, 24, scale(24), Mask.CAUSAL, window, softCap,
                Optional.of(bias(b, 6, Mask.CAUSAL)), output));
        b.caches(1);
        return b.build("Attention", output, Tolerance.ATTENTION, b.longBatches(150, 53), new PlanOptions(151, 1, 53, false));
    }

    /** Three layers on one cache, as all attention in both directions is; the second sees two neighbours only. */
    private static OpCase sharedCache() {
        OpCaseBuilder b = new OpCaseBuilder("Attention BIDIRECTIONAL 5/5 heads of 12 in three layers");
        Value value = b.input(60);
        for (int layer = 0; layer < 3; layer++) {
            Value turned = b.value(60);
            Value attended = b.value(60);
            Value sum = b.value(60);
            b.layer(new Op.Rope(value, PositionCases.frequencies(12, 1 + 0.1 * layer), RopeLayout.HALVES,
                            12, turned),
                    new Op.Attention(0, turned, turned, value, 5, 5, 12, scale(12), Mask.BIDIRECTIONAL, layer == 1 ? 3 : 0, 0,
                    Optional.empty(), attended), new Op.Add(value, attended, sum));
            value = sum;
        }
        b.caches(1);
        // three layers on one another: 1.8e-5 was seen
        return b.build("Attention", value, 5.4e-5, wholeBatches(b), WHOLE);
    }

    /** Forty sequences of one to nine tokens. */
    private static OpCase manyShort() {
        OpCaseBuilder b = new OpCaseBuilder("Attention BIDIRECTIONAL 4/4 heads of 32 many short");
        Value query = b.input(128);
        Value output = b.value(128);
        b.layer(new Op.Attention(0, query, b.input(128), b.input(128), 4, 4, 32, scale(32), Mask.BIDIRECTIONAL, 0, 0, Optional.empty(),
                output));
        b.caches(1);
        int[] sequences = new int[40];
        int[] lengths = new int[40];
        Arrays.setAll(sequences, i -> i);
        Arrays.setAll(lengths, i -> 1 + i * 7 % 9);
        return b.build("Attention", output, Tolerance.ATTENTION, List.of(b.whole(sequences, lengths), b.whole(new int[] {9, 8}, 4, 9)),
                new PlanOptions(9, 40, 200, false));
    }

    private static float scale(int headDimension) {
        return (float) (1 / Math.sqrt(headDimension));
    }

    private static void types(List<OpCase> cases) {
        for (WeightType type : List.of(WeightType.F32, WeightType.F16)) {
            OpCaseBuilder b = new OpCaseBuilder("AddType " + type + " 3x37");
            Value input = b.input(37);
            Value typed = b.value(37);
            b.before(new Op.AddType(input, b.table("types", type, 3, 37), typed));
            Value output = OpCases.unchanged(b, typed);
            List<Batch> batches = new ArrayList<>(b.mixedBatches());
            b.mixedBatches().forEach(batch -> {
                int[] types = new int[batch.rows()];
                Arrays.setAll(types, row -> (row + 2) % 3);
                batches.add(batch.withTypes(types));
            });
            batches.add(b.whole(new int[] {0, 1}, 4, 15).withTypes(new int[] {0, 0, 1, 1, 2, 2, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2}));
            cases.add(b.build("AddType", output, Tolerance.ROUNDING, batches, new PlanOptions(16, 4, 19, false)));
        }
    }

    private static void given(List<OpCase> cases) {
        for (int width : new int[] {1, 37, 768}) {
            OpCaseBuilder b = new OpCaseBuilder("InputEmbeddings " + width);
            Value given = b.value(width);
            b.before(new Op.InputEmbeddings(given));
            Value output = OpCases.unchanged(b, given);
            List<Batch> batches = new ArrayList<>();
            for (Batch batch : List.of(b.whole(new int[] {0}, 1), b.whole(new int[] {1, 0}, 3, 2), b.whole(new int[] {0, 1}, 11, 8))) {
                Random random = new Random(width * 31L + batch.rows());
                float[] numbers = new float[batch.rows() * width];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) random.nextGaussian();
                }
                int[] tokens = new int[batch.rows()];
                Arrays.fill(tokens, Batch.NO_TOKEN);
                batches.add(new Batch(tokens, batch.positions(), batch.sequences(), batch.outputRows()).withInputEmbeddings(numbers));
            }
            cases.add(b.build("InputEmbeddings", output, Tolerance.EXACT, batches, new PlanOptions(16, 4, 19, false)));
        }
    }

    /** The mean, and a product of it: everything behind the mean has a row a sequence. */
    private static void means(List<OpCase> cases) {
        for (int width : new int[] {1, 37, 64}) {
            OpCaseBuilder b = new OpCaseBuilder("MeanRows " + width);
            Value last = OpCases.unchanged(b, b.input(width));
            Value mean = b.value(width);
            b.after(new Op.MeanRows(last, mean));
            // one column: the mean of a few numbers may come out near 0
            cases.add(b.build("MeanRows", mean, Tolerance.SUMS, wholeBatches(b), WHOLE));
        }
        OpCaseBuilder b = new OpCaseBuilder("MeanRows 64 and a product");
        Value last = OpCases.unchanged(b, b.input(64));
        Value mean = b.value(64);
        Value product = b.value(19);
        b.after(new Op.MeanRows(last, mean));
        b.after(new Op.MatMul(mean, new Weight("head", Weight.NO_LAYER, b.matrix("head", 0, WeightType.F32, 19, 64).tensor()),
                b.bias(true, "head.bias", Weight.NO_LAYER, 19), product));
        int[] twelve = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        List<Batch> batches = new ArrayList<>(wholeBatches(b));
        batches.add(b.whole(twelve, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
        cases.add(b.build("MeanRows", product, Tolerance.PRODUCTS, batches, new PlanOptions(LONGEST, 12, 200, false)));
    }

    private static OpCase noToken() {
        OpCaseBuilder b = new OpCaseBuilder("Embed F32 23x48 without tokens");
        Value embedded = b.value(48);
        b.before(new Op.Embed(b.table("embedding", WeightType.F32, OpCaseBuilder.TOKENS, 48), 1.75f, embedded));
        Value sum = b.value(48);
        b.layer(new Op.Add(b.input(48), embedded, sum));
        List<Batch> batches = List.of(b.whole(new int[] {0}, 1), b.whole(new int[] {0, 1, 2}, 1, 3, 2),
                b.whole(new int[] {3, 0, 1}, 9, 7, 1));
        List<Batch> without = batches.stream().map(batch -> {
            int[] tokens = batch.tokens().clone();
            for (int row = 0; row < tokens.length; row++) {
                if (batch.positions()[row] == 0) {
                    tokens[row] = Batch.NO_TOKEN;
                }
            }
            return new Batch(tokens, batch.positions(), batch.sequences(), batch.outputRows());
        }).toList();
        return b.build("Embed", sum, Tolerance.ROUNDING, without, new PlanOptions(16, 4, 19, false));
    }
}
