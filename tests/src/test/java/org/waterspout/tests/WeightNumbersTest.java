package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.reference.ReferenceBackend;

/**
 * Every number that a weight can hold means the same on every backend: all halves and all upper halves of floats, and in every block type
 * the scales that a file may state but no quantizer writes, infinite ones and NaN among them. Products are computed for one row, a few and
 * panels, in tiles and in what is left of them.
 */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class WeightNumbersTest {

    @TestFactory
    Stream<DynamicNode> everyNumberIsTheSameOnEveryBackend() {
        return TestBackend.comparedInEveryFamily().map(backend -> {
            if (!backend.runs()) {
                return DynamicTest.dynamicTest(backend.name() + ": skipped, " + backend.why(),
                        () -> assumeTrue(false, backend.name() + " skipped: " + backend.why()));
            }
            Backend opened = backend.open().get();
            boolean device = !backend.name().equals("cpu");
            Stream<DynamicTest> tests = WeightNumbers.all(device, device).stream()
                    .map(numbers -> DynamicTest.dynamicTest(numbers.opCase().name(), () -> check(numbers, opened)));
            return DynamicContainer.dynamicContainer(backend.name(), tests.onClose(opened::close));
        });
    }

    /** Infinite where the reference is, NaN where it is, and otherwise within the case's tolerance of the sum of the terms' sizes. */
    static void check(WeightNumbers numbers, Backend backend) {
        List<float[]> expected;
        try (ReferenceBackend reference = new ReferenceBackend()) {
            expected = numbers.opCase().outputs(reference);
        }
        List<float[]> actual = numbers.opCase().outputs(backend);
        int width = numbers.opCase().graph().output().width();
        for (int step = 0; step < expected.size(); step++) {
            for (int i = 0; i < expected.get(step).length; i++) {
                float right = expected.get(step)[i];
                float given = actual.get(step)[i];
                double allowed = numbers.opCase().tolerance() * numbers.sizes()[i % width];
                if (!agree(right, given, allowed, numbers.exact())) {
                    fail(numbers.opCase().name() + ", step " + step + ", row " + i / width + ", number " + i % width + ": " + right
                            + " is " + given);
                }
            }
        }
    }

    private static boolean agree(float right, float given, double allowed, boolean exact) {
        if (Float.isFinite(right)) {
            return Math.abs(given - right) <= allowed;
        }
        return exact ? Float.compare(right, given) == 0 : !Float.isFinite(given);
    }
}
