package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertFalse;
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
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.validate.RelativeError;

/** Tiny models of every family, on every backend, against the logits recorded from Transformers. */
@Tag(TestBackend.ON_DEVICES)
class FamiliesTest {

    /** 9.5e-6 was seen. */
    private static final double LIMIT = 2.8e-5;

    /** What a changed number must move at least. */
    private static final double SHOWS = 1e-3;

    @TestFactory
    Stream<DynamicNode> logitsAreThoseOfTransformers() {
        return everywhere((model, backend) -> {
            for (FamilyModel.Expected expected : model.expected()) {
                assertClose(prompt(model, backend, expected), expected, model, backend);
                // a longer context changes nothing: LongRoPE's frequencies go by the length of the sequence
                int longest = model.expected().stream().mapToInt(FamilyModel.Expected::context).max().orElseThrow();
                assertClose(prompt(model, backend, new FamilyModel.Expected(longest, expected.tokens(), expected.logits())), expected,
                        model, backend);
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> aPromptGivesWhatItsTokensGiveOneByOne() {
        return everywhere((model, backend) -> {
            FamilyModel.Expected expected = model.expected().getFirst();
            float[] together = prompt(model, backend, expected);
            float[] single = new float[together.length];
            int vocabulary = model.architecture().vocabulary();
            try (Plan plan = plan(model, backend, expected, 1, 1)) {
                for (int position = 0; position < expected.tokens().length; position++) {
                    float[] logits = new float[vocabulary];
                    plan.step(Batch.of(new int[] {expected.tokens()[position]}, position, true)
                            .withLengths(new int[] {expected.tokens().length}), logits);
                    System.arraycopy(logits, 0, single, position * vocabulary, vocabulary);
                }
            }
            assertSame(single, together, vocabulary, backend);
        });
    }

    @TestFactory
    Stream<DynamicNode> sequencesTogetherGiveWhatEachGivesAlone() {
        return everywhere((model, backend) -> {
            FamilyModel.Expected expected = model.expected().getFirst();
            int vocabulary = model.architecture().vocabulary();
            List<int[]> prompts = List.of(Arrays.copyOf(expected.tokens(), 13),
                    Arrays.copyOfRange(expected.tokens(), 5, 16), Arrays.copyOfRange(expected.tokens(), 20, 37));
            List<float[]> alone = new ArrayList<>();
            for (int[] tokens : prompts) {
                alone.add(prompt(model, backend, new FamilyModel.Expected(expected.context(), tokens, new float[0])));
            }
            float[] together = new float[prompts.size() * vocabulary];
            try (Plan plan = plan(model, backend, expected, prompts.size(), 64)) {
                // prompts but their last tokens, all in one step; then the last tokens, one of each sequence
                step(plan, prompts, (tokens, position) -> position < tokens.length - 1, together.clone());
                step(plan, prompts, (tokens, position) -> position == tokens.length - 1, together);
            }
            float[] last = new float[together.length];
            for (int sequence = 0; sequence < prompts.size(); sequence++) {
                float[] logits = alone.get(sequence);
                System.arraycopy(logits, logits.length - vocabulary, last, sequence * vocabulary, vocabulary);
            }
            assertSame(together, last, vocabulary, backend);
        });
    }

    /** Every number of the file's description, changed: if the logits stayed, the recordings would not hold the reader to it. */
    @TestFactory
    Stream<DynamicTest> everyKeyShowsInTheLogits() {
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name); Backend reference = new ReferenceBackend()) {
                String prefix = model.architecture().family() + ".";
                for (String key : model.file().metadata().values().keySet()) {
                    Object value = model.file().metadata().values().get(key);
                    // the length of the context is what a plan may ask for, not what it computes
                    if (key.startsWith(prefix) && !key.endsWith("context_length") || key.endsWith("original_context_length")) {
                        ChangedFile file = ChangedFile.of(model.file()).key(key, changed(key, value));
                        try {
                            FamilyModel other = new FamilyModel(name, file, Architecture.of(file));
                            FamilyModel.Expected expected = model.expected().getFirst();
                            RelativeError error = RelativeError.of(prompt(other, reference, expected), expected.logits(),
                                    model.architecture().vocabulary());
                            assertTrue(error.error() > SHOWS, key + " changed from " + value + ": error only " + error);
                        } catch (WaterspoutException refused) {
                            assertFalse(refused.getMessage().isEmpty(), key); // a contradiction is as good as another result
                        }
                    }
                }
            }
        }));
    }

    private static Object changed(String key, Object value) {
        return switch (value) {
            case Long number when key.endsWith("original_context_length") -> number * 5; // beyond the recorded context
            case Long number -> number > 8 ? number - 4 : number * 2;
            case Double number -> number * 1.5 + 0.1;
            case String _ -> "none";
            default -> throw new IllegalStateException("no change is known for " + value);
        };
    }

    private interface Check {
        void run(FamilyModel model, Backend backend);
    }

    private interface Chosen {
        boolean test(int[] tokens, int position);
    }

    private static Stream<DynamicNode> everywhere(Check check) {
        return TestBackend.all().stream().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            return DynamicContainer.dynamicContainer(backend.name(), FamilyModel.names().stream()
                    .map(name -> DynamicTest.dynamicTest(name, () -> {
                        try (FamilyModel model = FamilyModel.open(name)) {
                            check.run(model, opened);
                        }
                    })).onClose(opened::close));
        });
    }

    /** Logits [tokens, vocabulary] of a prompt taken whole. */
    private static float[] prompt(FamilyModel model, Backend backend, FamilyModel.Expected expected) {
        int rows = expected.tokens().length;
        float[] logits = new float[rows * model.architecture().vocabulary()];
        try (Plan plan = plan(model, backend, expected, 1, rows)) {
            plan.step(Batch.of(expected.tokens(), 0, true), logits);
        }
        return logits;
    }

    private static Plan plan(FamilyModel model, Backend backend, FamilyModel.Expected expected, int sequences, int rows) {
        return backend.prepare(model.graph(expected.context()), new PlanOptions(expected.context(), sequences, rows, false));
    }

    /** Runs the chosen positions of each prompt, a sequence each; output: the last chosen of each. */
    private static void step(Plan plan, List<int[]> prompts, Chosen chosen, float[] output) {
        List<int[]> rows = new ArrayList<>(); // token, position, sequence
        int[] last = new int[prompts.size()];
        for (int sequence = 0; sequence < prompts.size(); sequence++) {
            int[] tokens = prompts.get(sequence);
            int number = sequence;
            IntStream.range(0, tokens.length).filter(position -> chosen.test(tokens, position))
                    .forEach(position -> rows.add(new int[] {tokens[position], position, number}));
            last[sequence] = rows.size() - 1;
        }
        plan.step(new Batch(rows.stream().mapToInt(row -> row[0]).toArray(), rows.stream().mapToInt(row -> row[1]).toArray(),
                rows.stream().mapToInt(row -> row[2]).toArray(), last)
                .withLengths(rows.stream().mapToInt(row -> prompts.get(row[2]).length).toArray()), output);
    }

    private static void assertClose(float[] logits, FamilyModel.Expected expected, FamilyModel model, Backend backend) {
        RelativeError error = RelativeError.of(logits, expected.logits(), model.architecture().vocabulary());
        assertTrue(error.error() <= LIMIT, backend.name() + ": error " + error + " exceeds " + LIMIT + " in a context of "
                + expected.context());
    }

    /** To the bit on the reference; elsewhere other shapes may sum in another order. */
    private static void assertSame(float[] actual, float[] expected, int vocabulary, Backend backend) {
        RelativeError error = RelativeError.of(actual, expected, vocabulary);
        double allowed = backend.name().equals("reference") ? 0 : LIMIT;
        assertTrue(error.error() <= allowed, backend.name() + ": error " + error + " exceeds " + allowed);
    }
}
