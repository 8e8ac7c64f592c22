package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.graph.FusionKind;
import org.waterspout.graph.Op;
import org.waterspout.model.WeightType;
import org.waterspout.validate.RelativeError;

/** Runs {@link OpCases} on every {@link TestBackend} against the reference. */
@Tag(TestBackend.ON_DEVICES)
class OpCasesTest {

    @TestFactory
    Stream<DynamicNode> theCpuAgreesWithTheReference() {
        return agreeWithTheReference(TestBackend.compared().filter(backend -> backend.name().equals("cpu")),
                Stream.concat(OpCases.all().stream(), PositionCases.moreInFewerBits().stream()).toList());
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicNode> everyDeviceAgreesWithTheReference() {
        return agreeWithTheReference(TestBackend.comparedInEveryFamily().filter(backend -> !backend.name().equals("cpu")),
                OpCases.all());
    }

    private static Stream<DynamicNode> agreeWithTheReference(Stream<TestBackend> backends, List<OpCase> cases) {
        return backends.map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            Stream<DynamicTest> tests = cases.stream()
                    .map(opCase -> DynamicTest.dynamicTest(opCase.name(), () -> check(opCase, opened)));
            return DynamicContainer.dynamicContainer(backend.name(), tests.onClose(opened::close));
        });
    }

    /** Rows computed together and rows computed one at a time are the same to the bit: the reference has no tails to get wrong. */
    @Tag("slow")
    @TestFactory
    Stream<DynamicTest> theReferenceGivesTheSameRowByRow() {
        return OpCases.all().stream().map(opCase -> DynamicTest.dynamicTest(opCase.name(), () -> {
            try (ReferenceBackend reference = new ReferenceBackend()) {
                float[] together = OpCase.flat(opCase.outputs(reference));
                assertEquals(0, Arrays.compare(together, opCase.outputsPieceByPiece(reference)));
                for (float number : together) {
                    assertTrue(Float.isFinite(number), "inputs and weights of a case give finite outputs");
                }
            }
        }));
    }

    private static Stream<Class<?>> records(Class<?> kind) {
        return kind.isRecord() ? Stream.of(kind) : Arrays.stream(kind.getPermittedSubclasses()).flatMap(OpCasesTest::records);
    }

    @Test
    void everyOperationEveryFusionAndEveryWeightTypeHasCases() {
        Map<String, List<OpCase>> byOperation = OpCases.all().stream().collect(Collectors.groupingBy(OpCase::operation));
        Set<String> expected = records(Op.class).filter(kind -> kind != Op.Fused.class).map(Class::getSimpleName)
                .collect(Collectors.toSet());
        Arrays.stream(FusionKind.values()).forEach(kind -> expected.add("Fused " + kind));
        assertEquals(expected, byOperation.keySet());
        for (String operation : List.of("MatMul", "Embed", "Shortlist")) {
            Set<WeightType> types = byOperation.get(operation).stream().flatMap(opCase -> opCase.graph().ops())
                    .flatMap(op -> op.weights().stream()).map(weight -> weight.tensor().type())
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(WeightType.class)));
            assertEquals(EnumSet.allOf(WeightType.class), types, operation);
        }
        List<String> names = Stream.concat(OpCases.all().stream(), PositionCases.moreInFewerBits().stream()).map(OpCase::name).toList();
        assertEquals(names.size(), Set.copyOf(names).size(), "names are unique, since they are seeds");
    }

    static void check(OpCase opCase, Backend backend) {
        List<float[]> expected;
        try (ReferenceBackend reference = new ReferenceBackend()) {
            expected = opCase.outputs(reference);
        }
        List<float[]> actual = opCase.outputs(backend);
        List<OpCase.Action> actions = opCase.speaking();
        double limit = opCase.tolerance();
        for (int i = 0; i < expected.size(); i++) {
            RelativeError error = RelativeError.of(actual.get(i), expected.get(i), opCase.width(actions.get(i)));
            assertTrue(error.error() <= limit, "output " + i + ": error " + error + " exceeds " + limit + " (seed "
                    + opCase.name().hashCode() + ")");
        }
    }
}
