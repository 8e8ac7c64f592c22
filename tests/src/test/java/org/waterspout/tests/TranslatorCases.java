package org.waterspout.tests;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;
import org.waterspout.graph.Weight;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Activation;
import org.waterspout.tests.OpCase.Action;
import org.waterspout.tests.OpCase.Tolerance;

/** Cases of what encoder-decoders bring: cross-attention caches, recurrent states, shortlists, and sequences that change places. */
final class TranslatorCases {

    private TranslatorCases() {
    }

    static List<OpCase> all() {
        List<OpCase> cases = new ArrayList<>();
        int[][] heads = {{1, 16}, {4, 40}, {8, 32}, {3, 13}, {2, 128}};
        for (int[] shape : heads) {
            cases.add(cross("CrossAttention", shape[0], shape[1], 1, false));
        }
        cases.add(cross("CrossAttention", 6, 20, 3, true));
        cases.add(cross("StoreCrossCache", 5, 24, 2, false));
        for (int width : new int[] {1, 37, 256}) {
            cases.add(recurrence(width, 1, Optional.empty()));
        }
        cases.add(recurrence(48, 3, Optional.empty()));
        for (Activation function : Activation.values()) {
            cases.add(recurrence(40, 2, Optional.of(function)));
        }
        shortlists(cases);
        for (int length : new int[] {1, 63, 64, 65, 130}) {
            cases.add(reordered(length));
        }
        cases.add(reorderedStates());
        cases.add(reorderedSources());
        return cases;
    }

    /** An encoder of one layer, and what {@code memories} layers of a decoder remember of it. */
    private static void encoder(OpCaseBuilder b, String name, int width, int memories, boolean attends) {
        OpCaseBuilder e = new OpCaseBuilder(name + " encoder");
        Value input = e.input(40);
        Value hidden = e.value(40);
        if (attends) {
            Value attended = e.value(40);
            e.layer(new Op.Attention(0, input, input, input, 2, 2, 20, 0.2f, Op.Mask.BIDIRECTIONAL, 0, 0, Optional.empty(), attended),
                    new Op.Add(input, attended, hidden));
            e.caches(1);
        } else {
            e.layer(new Op.Scale(input, 1, hidden));
        }
        for (int memory = 0; memory < memories; memory++) {
            Value key = e.value(width);
            Value value = e.value(width);
            e.memory(new Op.MatMul(hidden, e.matrix("cross.k", memory, WeightType.F32, width, 40),
                    e.bias(true, "cross.k.bias", memory, width), key),
                    new Op.MatMul(hidden, e.matrix("cross.v", memory, WeightType.F32, width, 40), Optional.empty(), value),
                    new Op.StoreCrossCache(memory, key, value));
        }
        b.encoder(e.graph(hidden));
    }

    private static OpCase cross(String operation, int heads, int headDimension, int layers, boolean attends) {
        String name = (operation.equals("StoreCrossCache") ? "Remember " : "CrossAttention ") + heads + " heads of " + headDimension
                + " in " + layers + (attends ? " layers of an encoder that attends" : layers == 1 ? " layer" : " layers");
        OpCaseBuilder b = new OpCaseBuilder(name);
        int width = heads * headDimension;
        encoder(b, name, width, layers, attends);
        Value value = b.input(width);
        for (int layer = 0; layer < layers; layer++) {
            Value attended = b.value(width);
            Value sum = b.value(width);
            b.layer(new Op.CrossAttention(layer, value, heads, headDimension, (float) (1 / Math.sqrt(headDimension)), attended),
                    new Op.Add(value, attended, sum));
            value = sum;
        }
        return b.buildActions(operation, value, Tolerance.ATTENTION, sourcesAndSteps(b),
                new PlanOptions(16, 12, 150, false).withSources(6, 130));
    }

    /** Sources of many lengths, one by one and together; sequences that share them; sources encoded anew, longer and shorter. */
    private static List<Action> sourcesAndSteps(OpCaseBuilder b) {
        Batch prompt = b.whole(new int[] {0, 1}, 7, 9);
        int[] sourcesOfPrompt = new int[16];
        Arrays.fill(sourcesOfPrompt, 7, 16, 4);
        return List.of(
                new Action.Encode(b.whole(new int[] {0}, 1)),
                new Action.Step(b.oneEach(0)),
                new Action.Encode(b.whole(new int[] {3, 1, 4}, 63, 5, 65)),
                new Action.Step(b.oneEach(0, 0, 0).withSources(new int[] {1, 3, 0})),
                new Action.Step(b.oneEach(1, 1, 1, 0, 0).withSources(new int[] {1, 3, 0, 3, 4})),
                new Action.Step(prompt.withSources(sourcesOfPrompt)),
                new Action.Encode(b.whole(new int[] {1, 5}, 130, 16)),
                new Action.Step(b.oneEach(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).withSources(new int[] {1, 1, 1, 4, 4, 4, 5, 5, 5, 3, 3, 0})),
                new Action.Encode(b.whole(new int[] {4, 1}, 64, 2)),
                new Action.Step(b.oneEach(1, 1, 1, 1).withSources(new int[] {1, 1, 4, 3})),
                new Action.Step(b.oneEach(2, 2)));
    }

    /** @param function of a group that ends in a sum, or none for the operation alone */
    private static OpCase recurrence(int width, int layers, Optional<Activation> function) {
        String name = function.map(activation -> "Fused RECURRENCE_ADD " + activation).orElse("Recurrence");
        OpCaseBuilder b = new OpCaseBuilder(name + " " + width + (layers == 1 ? "" : " in " + layers + " layers"));
        Value candidate = b.input(width);
        Value forget = b.input(width, 3);
        Value residual = b.input(width);
        for (int layer = 0; layer < layers; layer++) {
            Value state = b.value(width);
            Op.Recurrence recurrence = new Op.Recurrence(layer, candidate, forget, state);
            if (function.isEmpty()) {
                b.layer(recurrence);
                candidate = state;
                continue;
            }
            Value activated = b.value(width);
            Value sum = b.value(width);
            b.layer(new Op.Fused(FusionKind.RECURRENCE_ADD,
                    List.of(recurrence, new Op.Activate(function.get(), state, activated), new Op.Add(residual, activated, sum)),
                    List.of(candidate, forget, residual), List.of(sum)));
            candidate = sum;
        }
        // a state of one column may come out near 0
        List<Batch> batches = new ArrayList<>(b.mixedBatches());
        batches.add(b.whole(new int[] {2, 1, 3}, 9, 3, 7));
        batches.add(b.batch(new int[] {10, 3, 4, 9, 7}, new int[] {0, 1, 1, 2, 3}, new int[] {4}));
        return b.build(function.isPresent() ? "Fused RECURRENCE_ADD" : "Recurrence", candidate, Tolerance.SUMS, batches,
                new PlanOptions(16, 4, 19, false));
    }

    private static void shortlists(List<OpCase> cases) {
        for (WeightType type : WeightType.values()) {
            cases.add(shortlist(type, 301, Math.max(64, type.blockLength()), type == WeightType.F32));
        }
        cases.add(shortlist(WeightType.F32, 50, 13, false));
        cases.add(shortlist(WeightType.Q8_0, 1000, 96, true));
    }

    private static OpCase shortlist(WeightType type, int rows, int columns, boolean bias) {
        OpCaseBuilder b = new OpCaseBuilder("Shortlist " + type + " " + rows + "x" + columns + (bias ? " bias" : ""));
        Value last = OpCases.unchanged(b, b.input(columns));
        Value selected = b.value(columns);
        Value logits = b.value(rows);
        b.after(new Op.SelectRows(last, selected));
        b.after(new Op.Shortlist(selected, new Weight("output", Weight.NO_LAYER, b.matrix("output", 0, type, rows, columns).tensor()),
                b.bias(bias, "output.bias", Weight.NO_LAYER, rows), logits));
        int[] some = IntStream.range(0, rows).filter(token -> token % 3 == 1 || token > rows - 20).toArray();
        Batch many = b.oneEach(new int[19]);
        List<Batch> batches = new ArrayList<>();
        for (Batch batch : List.of(b.oneEach(0), b.oneEach(1, 0, 0, 0), many, b.whole(new int[] {0, 1}, 4, 7))) {
            batches.add(batch);
            for (int[] candidates : List.of(new int[] {0, rows / 2, rows - 1}, some, IntStream.range(0, rows).toArray())) {
                batches.add(batch.withCandidates(candidates));
            }
        }
        return b.build("Shortlist", logits, Tolerance.PRODUCTS, batches, new PlanOptions(16, 19, 19, false));
    }

    /** Prompts of {@code length} positions and one less and one more, beams that change places, and tokens behind each change. */
    private static OpCase reordered(int length) {
        OpCaseBuilder b = new OpCaseBuilder("Attention 4/2 heads of 24 reordered after " + length);
        Value value = b.input(96);
        for (int layer = 0; layer < 2; layer++) {
            Value key = b.value(48);
            Value attended = b.value(96);
            Value sum = b.value(96);
            b.layer(new Op.MatMul(value, b.matrix("k", layer, WeightType.F32, 48, 96), Optional.empty(), key),
                    new Op.Attention(layer, value, key, key, 4, 2, 24, 0.3f, 0, 0, attended),
                    new Op.Add(value, attended, sum));
            value = sum;
        }
        b.caches(2);
        int n = length;
        List<Action> actions = List.of(
                new Action.Step(b.whole(new int[] {0}, n)),
                new Action.Step(b.whole(new int[] {1}, n + 1)),
                new Action.Step(b.whole(new int[] {2}, n)),
                new Action.Reorder(1, 0, 2, 0),
                new Action.Step(b.oneEach(n + 1, n, n, n)),
                new Action.Reorder(3, 3, 3, 1),
                new Action.Step(b.oneEach(n + 1, n + 1, n + 1, n + 1)),
                new Action.Step(b.oneEach(n + 2, n + 2, n + 2, n + 2)),
                new Action.Reorder(2, 2),
                new Action.Step(b.oneEach(n + 3, n + 3, n + 3, n + 3)),
                new Action.Reorder(),
                // sequence 1 begins anew and 2 goes back a position: those that share their blocks must not notice
                new Action.Step(b.batch(new int[] {0, 1, n + 1, n + 4, n + 4}, new int[] {1, 1, 2, 0, 3}, new int[] {0, 1, 2, 3, 4})),
                new Action.Reorder(1, 2, 3, 0),
                new Action.Step(b.batch(new int[] {2, n + 2, n + 5, n + 5}, new int[] {0, 1, 2, 3}, new int[] {0, 1, 2, 3})),
                new Action.Reorder(0, 1, 2, 3),
                new Action.Step(b.batch(IntStream.rangeClosed(3, 3 + 11).toArray(), new int[12], new int[] {11})));
        return b.buildActions("Attention", value, Tolerance.ATTENTION, actions, new PlanOptions(n + 20, 4, n + 5 + 12, false));
    }

    private static OpCase reorderedStates() {
        OpCaseBuilder b = new OpCaseBuilder("Recurrence 40 in 2 layers reordered");
        Value value = b.input(40);
        Value forget = b.input(40);
        for (int layer = 0; layer < 2; layer++) {
            Value state = b.value(40);
            b.layer(new Op.Recurrence(layer, value, forget, state));
            value = state;
        }
        List<Action> actions = List.of(
                new Action.Step(b.oneEach(0, 0, 0, 0)),
                new Action.Reorder(1, 0, 3, 3),
                new Action.Step(b.oneEach(1, 1, 1, 1)),
                new Action.Reorder(2, 2, 2, 0),
                new Action.Step(b.oneEach(2, 2, 2, 2)),
                new Action.Reorder(3, 0),
                new Action.Step(b.batch(new int[] {3, 0, 3, 4, 3}, new int[] {0, 1, 2, 2, 3}, new int[] {0})),
                new Action.Reorder(1, 0, 3, 2),
                new Action.Step(b.batch(new int[] {1, 4, 4, 5}, new int[] {0, 1, 2, 3}, new int[] {0})));
        return b.buildActions("Recurrence", value, Tolerance.SUMS, actions, new PlanOptions(16, 4, 8, false));
    }

    /** Sequences change places, sources stay: a batch says which row reads which. */
    private static OpCase reorderedSources() {
        String name = "CrossAttention 4 heads of 16 reordered";
        OpCaseBuilder b = new OpCaseBuilder(name);
        encoder(b, name, 64, 1, false);
        Value input = b.input(64);
        Value self = b.value(64);
        Value sum = b.value(64);
        Value attended = b.value(64);
        b.layer(new Op.Attention(0, input, input, input, 4, 4, 16, 0.25f, 0, 0, self), new Op.Add(input, self, sum),
                new Op.CrossAttention(0, sum, 4, 16, 0.25f, attended));
        b.caches(1);
        int[] sources = {0, 0, 1, 1};
        List<Action> actions = List.of(
                new Action.Encode(b.whole(new int[] {0, 1}, 7, 12)),
                new Action.Step(b.oneEach(0, 0, 0, 0).withSources(sources)),
                new Action.Reorder(1, 0, 3, 3),
                new Action.Step(b.oneEach(1, 1, 1, 1).withSources(sources)),
                new Action.Reorder(1, 1, 2, 3),
                new Action.Step(b.oneEach(2, 2, 2, 2).withSources(sources)));
        return b.buildActions("CrossAttention", attended, Tolerance.ATTENTION, actions,
                new PlanOptions(16, 4, 20, false).withSources(2, 16));
    }
}
