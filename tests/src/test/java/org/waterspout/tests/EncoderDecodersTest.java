package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.tests.TranslatorModel.Recording;
import org.waterspout.validate.RelativeError;

/** Tiny encoder-decoders of every family, on every backend, against what Transformers computed for them. */
@Tag(TestBackend.ON_DEVICES)
class EncoderDecodersTest {

    /** 6.6e-6 was seen. */
    private static final double LIMIT = 1.9e-5;

    /** What a changed number must move at least. */
    private static final double SHOWS = 1e-3;
    private static final int CONTEXT = 32;

    @TestFactory
    Stream<DynamicNode> hiddenStatesAndLogitsAreThoseOfTransformers() {
        return everywhere((model, backend) -> {
            for (Recording recording : model.recordings()) {
                try (Plan plan = plan(model, backend, 1, 1)) {
                    float[] hidden = new float[recording.hidden().length];
                    plan.encode(Batch.of(recording.source(), 0, true), hidden);
                    assertClose(hidden, recording.hidden(), model.architecture().hiddenSize(), LIMIT, backend);
                    float[] logits = new float[recording.logits().length];
                    plan.step(Batch.of(recording.decoderTokens(), 0, true), logits);
                    assertClose(logits, recording.logits(), model.architecture().vocabulary(), LIMIT, backend);
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> stepByStepGivesWhatTheWholeGives() {
        return everywhere((model, backend) -> {
            Recording recording = model.recordings().getFirst();
            int vocabulary = model.architecture().vocabulary();
            float[] single = new float[recording.logits().length];
            try (Plan plan = plan(model, backend, 1, 1)) {
                plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
                for (int position = 0; position < recording.decoderTokens().length; position++) {
                    float[] logits = new float[vocabulary];
                    plan.step(Batch.of(new int[] {recording.decoderTokens()[position]}, position, true), logits);
                    System.arraycopy(logits, 0, single, position * vocabulary, vocabulary);
                }
            }
            assertClose(single, recording.logits(), vocabulary, LIMIT, backend);
        });
    }

    /** Sources in one batch, each read by a sequence of another number; then anew in other places, beside what was there before. */
    @TestFactory
    Stream<DynamicNode> sourcesOfABatchGiveWhatEachGivesAlone() {
        return everywhere((model, backend) -> {
            List<Recording> recordings = model.recordings();
            int count = recordings.size();
            try (Plan plan = plan(model, backend, count, count)) {
                for (int turn = 0; turn < 2; turn++) {
                    List<Recording> order = new ArrayList<>(turn == 0 ? recordings : recordings.reversed());
                    plan.encode(batch(order.stream().map(Recording::source).toList()), new float[0]);
                    Batch together = batch(order.stream().map(Recording::decoderTokens).toList());
                    int[] sequences = Arrays.stream(together.sequences()).map(source -> (source + 1) % count).toArray();
                    float[] logits = new float[together.rows() * model.architecture().vocabulary()];
                    plan.step(new Batch(together.tokens(), together.positions(), sequences, together.outputRows())
                            .withSources(together.sequences()), logits);
                    assertClose(logits, joined(order), model.architecture().vocabulary(), LIMIT, backend);
                }
            }
        });
    }

    /** Three sequences take each other's places half way; each goes on with the tokens of the one whose place it took. */
    @TestFactory
    Stream<DynamicNode> reorderedSequencesGoOnWhereTheirParentsStood() {
        return everywhere((model, backend) -> {
            List<Recording> recordings = model.recordings().subList(0, 3);
            int vocabulary = model.architecture().vocabulary();
            int[] parents = {2, 0, 0};
            int half = 4;
            try (Plan plan = plan(model, backend, 3, 3)) {
                plan.encode(batch(recordings.stream().map(Recording::source).toList()), new float[0]);
                plan.step(batch(recordings.stream().map(one -> Arrays.copyOf(one.decoderTokens(), half)).toList()),
                        new float[3 * half * vocabulary]);
                plan.reorder(parents);
                for (int position = half; position < half + 3; position++) {
                    if (position == half + 2) {
                        parents = new int[] {0, 2, 0};
                        plan.reorder(new int[] {1, 0}); // the third stays as it is
                    }
                    int at = position;
                    int[] parent = parents;
                    int[] tokens = IntStream.range(0, 3).map(i -> recordings.get(parent[i]).decoderTokens()[at]).toArray();
                    float[] logits = new float[3 * vocabulary];
                    plan.step(new Batch(tokens, new int[] {at, at, at}, new int[] {0, 1, 2}, new int[] {0, 1, 2}).withSources(parent),
                            logits);
                    for (int i = 0; i < 3; i++) {
                        assertClose(Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary), Arrays.copyOfRange(
                                recordings.get(parent[i]).logits(), at * vocabulary, (at + 1) * vocabulary), vocabulary, LIMIT, backend);
                    }
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> candidatesGiveTheirColumnsOfAllLogits() {
        return everywhere((model, backend) -> {
            Recording recording = model.recordings().getFirst();
            int vocabulary = model.architecture().vocabulary();
            int[] candidates = {0, 3, 4, 5, 11, 20, 21, 30, vocabulary - 1};
            int rows = recording.decoderTokens().length;
            float[] expected = new float[rows * candidates.length];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = recording.logits()[i / candidates.length * vocabulary + candidates[i % candidates.length]];
            }
            float[] logits = new float[expected.length];
            try (Plan plan = plan(model, backend, 1, 1)) {
                plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
                plan.step(Batch.of(recording.decoderTokens(), 0, true).withCandidates(candidates), logits);
            }
            assertClose(logits, expected, candidates.length, LIMIT, backend);
        });
    }

    /** Every number of the files' descriptions, changed: if the logits stayed, the recordings would not hold the reader to it. */
    @TestFactory
    Stream<DynamicTest> everyKeyShowsInTheLogits() {
        return TranslatorModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (TranslatorModel model = TranslatorModel.open(name); Backend reference = new ReferenceBackend()) {
                String prefix = model.architecture().family() + ".";
                Recording recording = model.recordings().get(1);
                for (var entry : model.file().metadata().values().entrySet()) {
                    String key = entry.getKey();
                    // the length of the context is what a plan may ask for; the start token is the caller's to give
                    if (!key.startsWith(prefix) || key.endsWith("context_length") || key.endsWith("decoder_start_token_id")) {
                        continue;
                    }
                    ChangedFile file = ChangedFile.of(model.file()).key(key, changed(entry.getValue()));
                    float[] logits = new float[recording.logits().length];
                    try {
                        TranslatorModel other = new TranslatorModel(name, file, Architecture.of(file));
                        try (Plan plan = plan(other, reference, 1, 1)) {
                            plan.encode(Batch.of(recording.source(), 0, true), new float[0]);
                            plan.step(Batch.of(recording.decoderTokens(), 0, true), logits);
                        }
                    } catch (WaterspoutException refused) {
                        assertFalse(refused.getMessage().isEmpty(), key); // a contradiction is as good as another result
                        continue;
                    }
                    RelativeError error = RelativeError.of(logits, recording.logits(), model.architecture().vocabulary());
                    assertTrue(error.error() > SHOWS, key + " changed from " + entry.getValue() + ": error only " + error);
                }
            }
        }));
    }

    @Test
    void aDecoderAloneReadsNoSources() {
        try (FamilyModel model = FamilyModel.open("llama"); Backend reference = new ReferenceBackend();
                Plan plan = reference.prepare(model.graph(CONTEXT), new PlanOptions(CONTEXT, 1, CONTEXT, false).withSources(1, CONTEXT))) {
            var refused = assertThrows(InvalidRequestException.class, () -> plan.encode(Batch.of(new int[] {1}, 0, true), new float[0]));
            assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
        }
    }

    private static Object changed(Object value) {
        return switch (value) {
            case Long number -> number > 8 ? number - 4 : number + 1;
            case Double number -> number * 1.5 + 0.1;
            case Boolean flag -> !flag;
            case String text -> text.equals("relu") ? "gelu" : text.equals("sinusoidal") ? "none" : "relu";
            default -> throw new IllegalStateException("no change is known for " + value);
        };
    }

    /** Whole sequences, numbered from 0, every row's output wanted. */
    private static Batch batch(List<int[]> sequences) {
        int[] tokens = sequences.stream().flatMapToInt(Arrays::stream).toArray();
        int[] positions = sequences.stream().flatMapToInt(one -> IntStream.range(0, one.length)).toArray();
        int[] numbers = IntStream.range(0, sequences.size()).flatMap(i -> IntStream.generate(() -> i).limit(sequences.get(i).length))
                .toArray();
        return new Batch(tokens, positions, numbers, IntStream.range(0, tokens.length).toArray());
    }

    private static float[] joined(List<Recording> recordings) {
        float[] all = new float[recordings.stream().mapToInt(one -> one.logits().length).sum()];
        int at = 0;
        for (Recording one : recordings) {
            System.arraycopy(one.logits(), 0, all, at, one.logits().length);
            at += one.logits().length;
        }
        return all;
    }

    private interface Check {
        void run(TranslatorModel model, Backend backend);
    }

    private static Stream<DynamicNode> everywhere(Check check) {
        return TestBackend.all().stream().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            return DynamicContainer.dynamicContainer(backend.name(), TranslatorModel.names().stream()
                    .map(name -> DynamicTest.dynamicTest(name, () -> {
                        try (TranslatorModel model = TranslatorModel.open(name)) {
                            check.run(model, opened);
                        }
                    })).onClose(opened::close));
        });
    }

    private static Plan plan(TranslatorModel model, Backend backend, int sequences, int sources) {
        return backend.prepare(model.graph(CONTEXT, CONTEXT),
                new PlanOptions(CONTEXT, sequences, 64, false).withSources(sources, CONTEXT));
    }

    private static void assertClose(float[] actual, float[] expected, int width, double limit, Backend backend) {
        RelativeError error = RelativeError.of(actual, expected, width);
        assertTrue(error.error() <= limit, backend.name() + ": error " + error + " exceeds " + limit);
    }
}
