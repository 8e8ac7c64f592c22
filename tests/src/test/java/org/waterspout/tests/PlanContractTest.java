package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.error.ClosedException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.validate.RelativeError;

/** Every backend refuses the same, in the same words, and what it refused has changed nothing. */
@Tag(TestBackend.ON_DEVICES)
class PlanContractTest {

    private static final int CONTEXT = 16;

    private static Stream<DynamicTest> everywhere(Consumer<Backend> check) {
        return TestBackend.all().stream().map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
            try (Backend opened = backend.open().get()) {
                check.accept(opened);
            }
        }));
    }

    private static Batch row(int token, int position, int sequence) {
        return new Batch(new int[] {token}, new int[] {position}, new int[] {sequence}, new int[] {0});
    }

    private static void refused(String message, Executable request) {
        assertEquals(message, assertThrows(InvalidRequestException.class, request).getMessage());
    }

    @TestFactory
    Stream<DynamicTest> aDecoderRefusesWhatNobodyWrote() {
        return everywhere(backend -> {
            try (ModelFile file = DemonstrationModel.open();
                    Plan plan = backend.prepare(GraphBuilder.build(file, Architecture.of(file), CONTEXT),
                            new PlanOptions(CONTEXT, 2, 4, false))) {
                int vocabulary = plan.graph().output().width();
                float[] output = new float[2 * vocabulary];
                plan.step(Batch.of(new int[] {5, 6}, 0, true), output);
                refused("sequence 0 holds 2 positions, so position 3 would leave a gap: continue where it ends",
                        () -> plan.step(row(7, 3, 0), output));
                refused("sequence 1 holds 0 positions, so position 1 would leave a gap: continue where it ends",
                        () -> plan.step(row(7, 1, 1), output));
                refused("sequence 0 holds 3 positions, so position 4 would leave a gap: continue where it ends", () ->
                        plan.step(new Batch(new int[] {7, 7}, new int[] {2, 4}, new int[2], new int[] {0}), output));
                refused("the output takes " + vocabulary + " floats, the array has 3", () -> plan.step(row(7, 2, 0), new float[3]));
                refused("token " + vocabulary + " is outside the vocabulary of " + vocabulary + ": use the tokenizer of this model",
                        () -> plan.step(row(vocabulary, 2, 0), output));
                refused("sequence 2 is outside the plan's 2: prepare the plan with more sequences", () -> plan.step(row(7, 0, 2), output));
                refused("sequence 2 is outside the plan's 2: prepare the plan with more sequences", () -> plan.reorder(new int[] {0, 2}));
                refused("sequence -1 is outside the plan's 2: prepare the plan with more sequences", () -> plan.forget(-1));
                refused("3 sequences exceed the plan's 2: prepare the plan with more sequences", () -> plan.reorder(new int[] {0, 1, 0}));
                assertTrue(assertThrows(InvalidRequestException.class, () -> plan.encode(row(7, 0, 0), output)).getMessage()
                        .contains("has no encoder"));
                assertTrue(assertThrows(InvalidRequestException.class, () -> plan.step(row(7, 2, 0).withCandidates(new int[] {1}), output))
                        .getMessage().contains("has no shortlist"));
                assertTrue(assertThrows(InvalidRequestException.class, () -> plan.step(row(7, 2, 0), output, (_, _) -> { })).getMessage()
                        .contains("observed"));

                float[] next = new float[vocabulary];
                plan.step(row(7, 2, 0), next);
                float[] whole = new float[vocabulary];
                plan.step(new Batch(new int[] {5, 6, 7}, new int[] {0, 1, 2}, new int[] {1, 1, 1}, new int[] {2}), whole);
                assertTrue(RelativeError.of(next, whole, vocabulary).error() < 1e-5, "what was refused has changed nothing");

                plan.reorder(new int[] {0, 0});
                plan.step(row(8, 3, 1), next);
                plan.forget(1);
                refused("sequence 1 holds 0 positions, so position 4 would leave a gap: continue where it ends",
                        () -> plan.step(row(9, 4, 1), output));
                float[] other = new float[vocabulary];
                plan.step(row(8, 3, 0), other);
                assertArrayEquals(next, other);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aRecurrentStateDoesNotGoBack() {
        return everywhere(backend -> {
            try (TranslatorModel model = TranslatorModel.open("marian-ssru"); Plan plan = backend.prepare(model.graph(CONTEXT, CONTEXT),
                    new PlanOptions(CONTEXT, 2, CONTEXT, false).withSources(2, CONTEXT))) {
                float[] output = new float[CONTEXT * plan.graph().output().width()];
                refused("source 0 was never encoded: encode it before the first step", () -> plan.step(row(3, 0, 0), output));
                plan.encode(Batch.of(new int[] {3, 4, 5}, 0, true), new float[0]);
                refused("source 1 was never encoded: encode it before the first step",
                        () -> plan.step(row(3, 0, 0).withSources(new int[] {1}), output));
                plan.step(row(3, 0, 0), output);
                plan.step(row(4, 1, 0), output);
                plan.step(row(5, 2, 0), output);
                refused("sequence 0 has come to position 3 and its recurrent state cannot go back to 1: continue where it ends, or begin"
                        + " it anew", () -> plan.step(row(4, 1, 0), output));
                plan.step(row(3, 0, 0), output);
            }
        });
    }

    /** One sequence of the context must fit, on the reference all of them. */
    @TestFactory
    Stream<DynamicTest> cachesBeyondTheirBytesAreRefusedAtOnce() {
        return everywhere(backend -> {
            try (ModelFile file = DemonstrationModel.open()) {
                Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
                PlanOptions options = new PlanOptions(CONTEXT, 2, 4, false);
                long needed = backend.estimate(graph, backend.name().equals("reference") ? options : options.withSequences(1)).cache();
                backend.prepare(graph, options.withCacheBytes(needed)).close();
                String message = assertThrows(OutOfMemoryException.class, () -> backend.prepare(graph, options.withCacheBytes(needed - 1)))
                        .getMessage();
                assertTrue(message.contains("keys and values of 16 positions") && message.contains("shorter context"), message);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aClosedPlanSaysSo() {
        return everywhere(backend -> {
            try (ModelFile file = DemonstrationModel.open()) {
                Plan plan = backend.prepare(GraphBuilder.build(file, Architecture.of(file), CONTEXT),
                        new PlanOptions(CONTEXT, 1, 1, false));
                plan.close();
                plan.close();
                float[] output = new float[plan.graph().output().width()];
                assertThrows(ClosedException.class, () -> plan.step(row(1, 0, 0), output));
                assertThrows(ClosedException.class, () -> plan.encode(row(1, 0, 0), output));
                assertThrows(ClosedException.class, () -> plan.reorder(new int[] {0}));
                assertThrows(ClosedException.class, () -> plan.forget(0));
            }
        });
    }
}
