package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Op;
import org.waterspout.model.WeightType;
import org.waterspout.validate.RelativeError;

/** Runs {@link OpCases} on every {@link TestBackend} against the reference. */
@Tag(TestBackend.ON_DEVICES)
class OpCasesTest {

    @TestFactory
    Stream<DynamicNode> everyBackendAgreesWithTheReference() {
        return TestBackend.comparedInEveryFamily().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            Stream<DynamicTest> tests = OpCases.all().stream()
                    .map(opCase -> DynamicTest.dynamicTest(opCase.name(), () -> check(opCase, opened)));
            return DynamicContainer.dynamicContainer(backend.name(), tests.onClose(opened::close));
        });
    }

    /** Rows computed together and rows computed one at a time are the same to the bit: the reference has no tails to get wrong. */
    @TestFactory
    Stream<DynamicTest> theReferenceGivesTheSameRowByRow() {
        return OpCases.all().stream().map(opCase -> DynamicTest.dynamicTest(opCase.name(), () -> {
            try (ReferenceBackend reference = new ReferenceBackend()) {
                float[] together = flat(run(opCase, reference, opCase.batches()));
                assertEquals(0, Arrays.compare(together, flat(run(opCase, reference, rowByRow(opCase)))));
                for (float number : together) {
                    assertTrue(Float.isFinite(number), "inputs and weights of a case give finite outputs");
                }
            }
        }));
    }

    @Test
    void everyOperationEveryFusionAndEveryWeightTypeHasCases() {
        Map<String, List<OpCase>> byOperation = OpCases.all().stream().collect(Collectors.groupingBy(OpCase::operation));
        Set<String> expected = Arrays.stream(Op.Plain.class.getPermittedSubclasses()).map(Class::getSimpleName)
                .collect(Collectors.toSet());
        Arrays.stream(FusionKind.values()).forEach(kind -> expected.add("Fused " + kind));
        assertEquals(expected, byOperation.keySet());
        for (String operation : List.of("MatMul", "Embed")) {
            Set<WeightType> types = byOperation.get(operation).stream().flatMap(opCase -> opCase.graph().ops())
                    .flatMap(op -> op.weights().stream()).map(weight -> weight.tensor().type())
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(WeightType.class)));
            assertEquals(EnumSet.allOf(WeightType.class), types, operation);
        }
        List<String> names = OpCases.all().stream().map(OpCase::name).toList();
        assertEquals(names.size(), Set.copyOf(names).size(), "names are unique, since they are seeds");
    }

    private static void check(OpCase opCase, Backend backend) {
        List<float[]> expected;
        try (ReferenceBackend reference = new ReferenceBackend()) {
            expected = run(opCase, reference, opCase.batches());
        }
        List<float[]> actual = run(opCase, backend, opCase.batches());
        double limit = opCase.tolerance();
        for (int step = 0; step < expected.size(); step++) {
            RelativeError error = RelativeError.of(actual.get(step), expected.get(step), opCase.graph().output().width());
            assertTrue(error.error() <= limit, "step " + step + ": error " + error + " exceeds " + limit + " (seed "
                    + opCase.name().hashCode() + ")");
        }
    }

    /** The output of each batch, on one plan. */
    private static List<float[]> run(OpCase opCase, Backend backend, List<Batch> batches) {
        boolean selects = opCase.graph().ops().anyMatch(Op.SelectRows.class::isInstance);
        List<float[]> outputs = new ArrayList<>();
        try (Plan plan = backend.prepare(opCase.graph(), opCase.options())) {
            for (Batch batch : batches) {
                int rows = selects ? batch.outputRows().length : batch.rows();
                float[] output = new float[rows * opCase.graph().output().width()];
                plan.step(batch, output);
                outputs.add(output);
            }
        }
        return outputs;
    }

    private static List<Batch> rowByRow(OpCase opCase) {
        List<Batch> single = new ArrayList<>();
        for (Batch batch : opCase.batches()) {
            for (int row = 0; row < batch.rows(); row++) {
                int wanted = Arrays.binarySearch(batch.outputRows(), row) >= 0 ? 1 : 0;
                single.add(new Batch(new int[] {batch.tokens()[row]}, new int[] {batch.positions()[row]},
                        new int[] {batch.sequences()[row]}, new int[wanted]));
            }
        }
        return single;
    }

    private static float[] flat(List<float[]> outputs) {
        float[] all = new float[outputs.stream().mapToInt(output -> output.length).sum()];
        int start = 0;
        for (float[] output : outputs) {
            System.arraycopy(output, 0, all, start, output.length);
            start += output.length;
        }
        return all;
    }
}
