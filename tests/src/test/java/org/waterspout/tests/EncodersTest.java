package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.encode.Sequence;
import org.waterspout.error.WaterspoutException;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Pooling;
import org.waterspout.runtime.Encoder;
import org.waterspout.validate.RelativeError;

/** Tiny encoders of every family, bare and with every kind of head, on every backend, against what Transformers computed. */
@Tag(TestBackend.ON_DEVICES)
class EncodersTest {

    /** 9.9e-6 was seen. */
    private static final double LIMIT = 2.9e-5;

    /** What a changed number must move at least. */
    private static final double SHOWS = 1e-3;
    private static final String POOLING = ".pooling_type";

    @TestFactory
    Stream<DynamicNode> hiddenRowsAreThoseOfTransformers() {
        return everywhere((model, backend) ->
                check(model, backend, Target.HIDDEN, model.expected().stream().map(EncoderModel.Expected::hidden).toList()));
    }

    @TestFactory
    Stream<DynamicNode> vectorsArePooledAsTransformersWould() {
        return everywhere((model, backend) -> {
            for (Pooling pooling : Pooling.values()) {
                ModelFile file = ChangedFile.of(model.file()).key(model.architecture().family() + POOLING, (long) pooling.ordinal() + 1);
                EncoderModel pooled = new EncoderModel(model.name(), file, Architecture.of(file));
                assertEquals(pooling, pooled.architecture().pooling().orElseThrow());
                check(pooled, backend, Target.VECTOR, model.expected().stream().map(expected -> switch (pooling) {
                    case MEAN -> expected.mean();
                    case FIRST -> expected.first();
                    case LAST -> expected.last();
                }).toList());
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> pooledVectorsAreWhatTheHeadsOfTransformersRead() {
        return everywhere((model, backend) -> {
            List<float[]> pooled = model.expected().stream().flatMap(expected -> expected.pooled().stream()).toList();
            if (!pooled.isEmpty()) {
                check(model, backend, Target.POOLED, pooled);
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> headsGiveTheLogitsOfTransformers() {
        return everywhere((model, backend) -> {
            List<float[]> heads = model.expected().stream().flatMap(expected -> expected.head().stream()).toList();
            if (!heads.isEmpty()) {
                check(model, backend, Target.HEAD, heads);
            }
        });
    }

    /** The batch holds them all, in this order and the other way round. */
    @TestFactory
    Stream<DynamicNode> aSequenceDoesNotDependOnItsNeighbours() {
        return everywhere((model, backend) -> {
            List<Sequence> sequences = model.expected().stream().map(EncoderModel.Expected::sequence).toList();
            double allowed = backend.name().equals("reference") ? 0 : LIMIT;
            for (Target target : model.expected().getFirst().head().isPresent() ? List.of(Target.HIDDEN, Target.HEAD)
                    : List.of(Target.HIDDEN)) {
                try (Encoder engine = engine(model, backend, target)) {
                    List<float[]> alone = sequences.stream().map(sequence -> engine.run(List.of(sequence)).getFirst()).toList();
                    assertClose(engine.run(sequences), alone, engine.width(), allowed, model.name() + " " + backend.name());
                    assertClose(engine.run(sequences.reversed()), alone.reversed(), engine.width(), allowed,
                            model.name() + " " + backend.name());
                }
            }
        });
    }

    /** Every number of the file's description, changed: if nothing moved, the recordings would not hold the reader to it. */
    @TestFactory
    Stream<DynamicTest> everyKeyShows() {
        return EncoderModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (EncoderModel model = EncoderModel.open(name); Backend reference = new ReferenceBackend()) {
                boolean head = model.expected().getFirst().head().isPresent();
                String prefix = model.architecture().family() + ".";
                for (String key : model.file().metadata().values().keySet()) {
                    if (key.startsWith(prefix) && !key.endsWith("context_length") && !key.contains(".classifier.")) {
                        ChangedFile file = ChangedFile.of(model.file()).key(key, changed(model.file().metadata().values().get(key)));
                        try {
                            EncoderModel other = new EncoderModel(name, file, Architecture.of(file));
                            double error = largest(run(other, reference, head ? Target.HEAD : Target.HIDDEN),
                                    model.expected().stream().map(expected -> expected.head().orElse(expected.hidden())).toList());
                            assertTrue(error > SHOWS, key + ": error only " + error);
                        } catch (WaterspoutException | IllegalArgumentException refused) {
                            assertFalse(refused.getMessage().isEmpty(), key); // a contradiction is as good as another result
                        }
                    }
                }
            }
        }));
    }

    private static Object changed(Object value) {
        return switch (value) {
            // a largest distance must come within reach
            case Long number -> number > 100 ? number / 4 : number > 8 ? number - 4 : number * 2;
            case Double number -> number * 1.5 + 0.1;
            case Boolean flag -> !flag;
            default -> throw new IllegalStateException("no change is known for " + value);
        };
    }

    private interface Check {
        void run(EncoderModel model, Backend backend);
    }

    private static Stream<DynamicNode> everywhere(Check check) {
        return TestBackend.all().stream().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            return DynamicContainer.dynamicContainer(backend.name(), EncoderModel.names().stream()
                    .map(name -> DynamicTest.dynamicTest(name, () -> {
                        try (EncoderModel model = EncoderModel.open(name)) {
                            check.run(model, opened);
                        }
                    })).onClose(opened::close));
        });
    }

    private static void check(EncoderModel model, Backend backend, Target target, List<float[]> expected) {
        // the few labels of one token may all be near 0: they are measured by those of all tokens
        boolean labels = target == Target.HEAD;
        assertClose(run(model, backend, target), expected, labels ? 0 : expected.getFirst().length / rows(model, target), LIMIT,
                model.name() + " " + target + " on " + backend.name());
    }

    private static int rows(EncoderModel model, Target target) {
        boolean every = target == Target.HIDDEN || target == Target.HEAD
                && model.architecture().head().stream().anyMatch(head -> switch (head.task()) {
            case TOKENS, SPAN -> true;
            case SEQUENCE, MULTI_LABEL, REGRESSION -> false;
        });
        return every ? model.expected().getFirst().sequence().length() : 1;
    }

    private static List<float[]> run(EncoderModel model, Backend backend, Target target) {
        try (Encoder engine = engine(model, backend, target)) {
            return engine.run(model.expected().stream().map(EncoderModel.Expected::sequence).toList());
        }
    }

    private static Encoder engine(EncoderModel model, Backend backend, Target target) {
        int context = model.architecture().contextLength();
        return Encoder.prepare(model.file(), model.architecture(), target, backend, new PlanOptions(context, 3, context, false));
    }

    private static double largest(List<float[]> actual, List<float[]> expected) {
        double largest = 0;
        for (int i = 0; i < expected.size(); i++) {
            largest = Math.max(largest, actual.get(i).length != expected.get(i).length ? Double.POSITIVE_INFINITY
                    : RelativeError.of(actual.get(i), expected.get(i), expected.get(i).length).error());
        }
        return largest;
    }

    /** @param width of the rows that are measured each by itself; 0 for a sequence's all together */
    private static void assertClose(List<float[]> actual, List<float[]> expected, int width, double limit, String what) {
        List<String> wrong = new ArrayList<>();
        assertEquals(expected.size(), actual.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).length, actual.get(i).length, what + ", sequence " + i);
            RelativeError error = RelativeError.of(actual.get(i), expected.get(i), width == 0 ? expected.get(i).length : width);
            if (!(error.error() <= limit)) {
                wrong.add("sequence " + i + ": " + error);
            }
        }
        assertTrue(wrong.isEmpty(), what + " exceeds " + limit + ": " + wrong);
    }
}
