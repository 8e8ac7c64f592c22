package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.validate.ValidationReport;
import org.waterspout.validate.Validator;

/** A real model, where its file is found: the same greedy tokens as Transformers, and every operation within its limit. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class SmolLm2Test {

    /** The beginning of a document, and "The capital of France is". */
    private static final int[] PROMPT = {1, 504, 3575, 282, 4649, 314};

    /** By record_greedy.py. The sixth is ahead of the second best by a logit of 0.05, the others by 0.24 and more. */
    private static final List<Integer> GREEDY = List.of(7042, 30, 198, 198, 504, 3575, 282, 260, 1797, 1918, 314, 1315, 2863, 4206, 30,
            198, 198, 504, 3575, 282);

    @TestFactory
    Stream<DynamicTest> greedyTokensAreThoseOfTransformers() {
        return onEveryBackend((graph, backend) -> {
            List<Integer> tokens = new ArrayList<>();
            try (Plan plan = backend.prepare(graph, new PlanOptions(64, 1, PROMPT.length, false))) {
                float[] logits = new float[graph.output().width()];
                plan.step(Batch.of(PROMPT, 0, false), logits);
                while (tokens.size() < GREEDY.size()) {
                    tokens.add(best(logits));
                    plan.step(Batch.of(new int[] {tokens.getLast()}, PROMPT.length + tokens.size() - 1, false), logits);
                }
            }
            assertEquals(GREEDY, tokens);
        });
    }

    @TestFactory
    Stream<DynamicTest> everyOperationIsWithinItsLimit() {
        return onEveryBackend((graph, backend) -> {
            List<Batch> batches = new ArrayList<>(List.of(Batch.of(PROMPT, 0, true)));
            batches.add(Batch.of(new int[] {GREEDY.getFirst()}, PROMPT.length, true));
            ValidationReport report = Validator.run(graph, backend, batches, new PlanOptions(64, 1, PROMPT.length, true));
            assertTrue(report.ok(), report::print);
        });
    }

    private interface Check {
        void run(Graph graph, Backend backend);
    }

    private static Stream<DynamicTest> onEveryBackend(Check check) {
        return TestBackend.all().stream().map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
            assumeTrue(!backend.name().startsWith("emulator"), "emulator skipped: a model of 135 million weights takes it hours");
            Optional<Path> path = RealModel.find();
            assumeTrue(path.isPresent(), RealModel.MISSING);
            try (ModelFile file = ModelFiles.open(path.get()); Backend opened = backend.open().get()) {
                check.run(GraphBuilder.build(file, Architecture.of(file), 64), opened);
            }
        }));
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }
}
