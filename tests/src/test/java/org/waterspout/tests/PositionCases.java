package org.waterspout.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;
import org.waterspout.model.architecture.RopeLayout;
import org.waterspout.model.architecture.Rotary;
import org.waterspout.tests.OpCase.Tolerance;

/** Cases of the operations that depend on where a token stands: rotation and attention. */
final class PositionCases {

    private PositionCases() {
    }

    static List<OpCase> all() {
        List<OpCase> cases = new ArrayList<>();
        for (RopeLayout layout : RopeLayout.values()) {
            int[][] shapes = {{2, 2, 1}, {40, 40, 3}, {64, 64, 4}, {80, 32, 2}, {128, 128, 2}, {13, 6, 3}};
            for (int[] shape : shapes) {
                cases.add(rope(layout, shape[0], shape[1], shape[2], 1, false));
            }
            cases.add(rope(layout, 64, 64, 3, 1.19, false));
            cases.add(rope(layout, 64, 48, 2, 1, true));
            cases.add(dynamicRope(layout));
        }
        int[][] heads = {{1, 1, 16}, {4, 4, 40}, {6, 2, 64}, {3, 1, 80}, {4, 2, 128}, {9, 3, 13}};
        for (int[] shape : heads) {
            cases.add(attention(shape[0], shape[1], shape[2], 0, 0, false));
        }
        cases.add(attention(6, 3, 64, 3, 0, false));
        cases.add(attention(4, 1, 40, 1, 0, false));
        cases.add(attention(6, 2, 64, 0, 5, false));
        cases.add(attention(4, 2, 32, 4, 50, false));
        cases.add(attention(4, 2, 32, 0, 0, true));
        cases.add(attention(4, 4, 64, 33, 0, true));
        cases.add(attention(3, 1, 80, 0, 20, true));
        cases.add(layers(false));
        cases.add(layers(true));
        for (CacheType type : CacheType.values()) {
            cases.add(turnedAttention(4, 2, 40).withCacheType(type));
        }
        for (CacheType type : List.of(CacheType.F16, CacheType.Q8_0)) {
            cases.add(attention(9, 3, 13, 0, 0, false).withCacheType(type));
            cases.add(attention(3, 1, 80, 0, 0, false).withCacheType(type));
            cases.add(attention(4, 2, 32, 4, 50, false).withCacheType(type));
            cases.add(attention(4, 4, 64, 33, 0, true).withCacheType(type));
            cases.add(attention(9, 3, 13, 0, 20, true).withCacheType(type));
        }
        return cases;
    }

    /**
     * More heads in caches of fewer bits. A device's kernels read each of them by the loops that the cases of {@link #all} go through, and
     * compile anew for each case; on cpu every head dimension has its own number of whole vectors.
     */
    static List<OpCase> moreInFewerBits() {
        List<OpCase> cases = new ArrayList<>();
        for (CacheType type : List.of(CacheType.F16, CacheType.Q8_0)) {
            for (int[] shape : new int[][] {{1, 1, 16}, {4, 4, 40}, {6, 2, 64}, {4, 2, 128}}) {
                cases.add(attention(shape[0], shape[1], shape[2], 0, 0, false).withCacheType(type));
            }
            cases.add(attention(4, 1, 40, 1, 0, false).withCacheType(type));
            cases.add(attention(4, 2, 32, 0, 0, true).withCacheType(type));
        }
        return cases;
    }

    /**
     * Queries and keys that are turned in the launch that keeps them. By angles of 0, and doubled: so what is kept is the same to the bit
     * everywhere, and rounds to the same.
     */
    private static OpCase turnedAttention(int heads, int kvHeads, int headDimension) {
        OpCaseBuilder b = new OpCaseBuilder("Attention " + heads + "/" + kvHeads + " heads of " + headDimension + " turned");
        Value query = b.input(heads * headDimension);
        Value key = b.input(kvHeads * headDimension);
        Value value = b.input(kvHeads * headDimension);
        Value turnedQuery = b.value(heads * headDimension);
        Value turnedKey = b.value(kvHeads * headDimension);
        Value output = b.value(heads * headDimension);
        RopeTable table = new RopeTable(new double[headDimension / 2 - 2], 2);
        b.layer(new Op.Rope(query, table, RopeLayout.HALVES, headDimension, turnedQuery),
                new Op.Rope(key, table, RopeLayout.HALVES, headDimension, turnedKey),
                attention(0, turnedQuery, turnedKey, value, heads, kvHeads, headDimension, 0, 0, output));
        b.caches(1);
        return b.build("Attention", output, Tolerance.ATTENTION);
    }

    /** Frequencies as in Su et al. 2021 with base 10000. */
    static RopeTable frequencies(int rotated, double magnitude) {
        double[] frequencies = new double[rotated / 2];
        for (int pair = 0; pair < frequencies.length; pair++) {
            frequencies[pair] = Math.pow(10000, -2.0 * pair / rotated);
        }
        return new RopeTable(frequencies, magnitude);
    }

    private static OpCase rope(RopeLayout layout, int headDimension, int rotated, int heads, double magnitude, boolean far) {
        OpCaseBuilder b = new OpCaseBuilder("Rope " + layout + " " + heads + " heads of " + headDimension + " rotated " + rotated
                + (magnitude == 1 ? "" : " magnitude " + magnitude) + (far ? " far" : ""));
        Value input = b.input(heads * headDimension);
        Value output = b.value(heads * headDimension);
        b.layer(new Op.Rope(input, frequencies(rotated, magnitude), layout, headDimension, output));
        return far ? b.build("Rope", output, Tolerance.ANGLES, b.longBatches(300, 97), new PlanOptions(301, 1, 97, false))
                : b.build("Rope", output, Tolerance.ANGLES);
    }

    /** Frequencies that change with every length beyond six. */
    private static RopeTable dynamic(int rotated, double magnitude) {
        return new RopeTable(frequencies(rotated, magnitude).frequencies(), magnitude, new Rotary.Dynamic(3.5, 6));
    }

    /** Each sequence with a length of its own, on either side of the border of {@link #dynamic}; it grows where a step goes beyond it. */
    private static List<Batch> withLengths(List<Batch> batches) {
        return batches.stream().map(batch -> batch.withLengths(IntStream.range(0, batch.rows())
                .map(row -> Math.max(3 + 4 * batch.sequences()[row], batch.positions()[row] + 1)).toArray())).toList();
    }

    private static OpCase dynamicRope(RopeLayout layout) {
        OpCaseBuilder b = new OpCaseBuilder("Rope " + layout + " 3 heads of 40 rotated 36 dynamic");
        Value input = b.input(3 * 40);
        Value output = b.value(3 * 40);
        b.layer(new Op.Rope(input, dynamic(36, 1.3), layout, 40, output));
        return b.build("Rope", output, Tolerance.ANGLES, withLengths(b.mixedBatches()), new PlanOptions(16, 4, 9, false));
    }

    private static OpCase attention(int heads, int kvHeads, int headDimension, int window, float softCap, boolean far) {
        OpCaseBuilder b = new OpCaseBuilder("Attention " + heads + "/" + kvHeads + " heads of " + headDimension
                + (window == 0 ? "" : " window " + window) + (softCap == 0 ? "" : " cap " + softCap) + (far ? " far" : ""));
        Value query = b.input(heads * headDimension);
        Value key = b.input(kvHeads * headDimension);
        Value value = b.input(kvHeads * headDimension);
        Value output = b.value(heads * headDimension);
        b.layer(attention(0, query, key, value, heads, kvHeads, headDimension, window, softCap, output));
        b.caches(1);
        return far ? b.build("Attention", output, Tolerance.ATTENTION, b.longBatches(300, 97), new PlanOptions(301, 1, 97, false))
                : b.build("Attention", output, Tolerance.ATTENTION);
    }

    private static Op.Attention attention(int layer, Value query, Value key, Value value, int heads, int kvHeads, int headDimension,
            int window, float softCap, Value output) {
        float scale = (float) (1 / Math.sqrt(headDimension));
        return new Op.Attention(layer, query, key, value, heads, kvHeads, headDimension, scale, window, softCap, output);
    }

    /**
     * Three layers with caches of their own; window, angles and scale differ from layer to layer, and where angles are dynamic one's are
     * not.
     */
    private static OpCase layers(boolean dynamic) {
        int width = 3 * 20;
        OpCaseBuilder b = new OpCaseBuilder("Attention 3/3 heads of 20 in three layers" + (dynamic ? " dynamic" : ""));
        Value value = b.input(width);
        for (int layer = 0; layer < 3; layer++) {
            Value turned = b.value(width);
            Value attended = b.value(width);
            Value sum = b.value(width);
            RopeTable table = dynamic && layer != 1 ? dynamic(20, 1 + 0.1 * layer) : frequencies(20, 1 + 0.1 * layer);
            b.layer(new Op.Rope(value, table, RopeLayout.HALVES, 20, turned),
                    attention(layer, turned, turned, value, 3, 3, 20, layer == 1 ? 2 : 0, 0, attended),
                    new Op.Add(value, attended, sum));
            value = sum;
        }
        b.caches(3);
        return dynamic ? b.build("Attention", value, Tolerance.ATTENTION, withLengths(b.mixedBatches()), new PlanOptions(16, 4, 9, false))
                : b.build("Attention", value, Tolerance.ATTENTION);
    }
}
