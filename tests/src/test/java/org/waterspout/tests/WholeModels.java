package org.waterspout.tests;

import java.util.Arrays;
import java.util.List;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Target;
import org.waterspout.runtime.Encoder;

/** What a recorded model of any kind gives on a backend, rows of several tokens and rows of one alike. */
final class WholeModels {

    /** Tokens that come one by one behind the others. */
    private static final int SINGLE = 2;

    private WholeModels() {
    }

    /** Logits [tokens, vocabulary] after the first tokens of a recording: all but two in one step. */
    static float[] decoder(FamilyModel model, Backend backend, FamilyModel.Expected expected, int tokens) {
        try (Plan plan = backend.prepare(model.graph(expected.context()), new PlanOptions(expected.context(), 1, tokens, false))) {
            // the length of the whole recording, by which LongRoPE's frequencies go
            return steps(plan, Arrays.copyOf(expected.tokens(), tokens), expected.tokens().length);
        }
    }

    /** Every recorded sequence's hidden rows, or what the head gives for it, all in one step. */
    static List<float[]> encoder(EncoderModel model, Backend backend) {
        List<EncoderModel.Expected> expected = model.expected();
        int context = model.architecture().contextLength();
        Target target = expected.getFirst().head().isPresent() ? Target.HEAD : Target.HIDDEN;
        try (Encoder engine = Encoder.prepare(model.file(), model.architecture(), target, backend,
                new PlanOptions(context, expected.size(), context, false))) {
            return engine.run(expected.stream().map(EncoderModel.Expected::sequence).toList());
        }
    }

    /** Logits [target, vocabulary] of the first recording, as for a decoder. */
    static float[] translator(TranslatorModel model, Backend backend) {
        TranslatorModel.Recording recording = model.recordings().getFirst();
        PlanOptions options = new PlanOptions(32, 1, 40, false).withSources(1, 40);
        try (Plan plan = backend.prepare(model.graph(options.contextLength(), options.sourceLength()), options)) {
            plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
            return steps(plan, recording.decoderTokens(), recording.decoderTokens().length);
        }
    }

    private static float[] steps(Plan plan, int[] tokens, int length) {
        int width = plan.graph().output().width();
        float[] all = new float[tokens.length * width];
        int together = tokens.length - SINGLE;
        for (int from = 0; from < tokens.length;) {
            int to = from == 0 ? together : from + 1;
            int[] lengths = new int[to - from];
            Arrays.fill(lengths, length);
            float[] logits = new float[(to - from) * width];
            plan.step(Batch.of(Arrays.copyOfRange(tokens, from, to), from, true).withLengths(lengths), logits);
            System.arraycopy(logits, 0, all, from * width, logits.length);
            from = to;
        }
        return all;
    }
}
