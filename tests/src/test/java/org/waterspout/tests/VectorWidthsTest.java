package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.cpu.CpuBackend;

/**
 * The cpu kernels in vectors of every width that this machine can be held to, each in a JVM of its own, which has one width for its life.
 * The width that it takes by itself is that of all other tests.
 */
@Tag("slow")
class VectorWidthsTest {

    @TestFactory
    Stream<DynamicTest> theCpuBackendAgreesWithTheReferenceAtEveryWidth() {
        int own = bits();
        return Stream.of(128, 256, 512).filter(bits -> bits != own).map(bits -> DynamicTest.dynamicTest(bits + " bits", () -> {
            assumeTrue(bits < own, "skipped: the vectors of this machine have " + own + " bits");
            assertEquals(List.of(bits + " bits: all agree"), run(bits));
        }));
    }

    private static List<String> run(int bits) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:MaxVectorSize=" + bits / 8,
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                VectorWidthsTest.class.getName()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException("the process closed its output and did not end");
        }
        return output.lines().toList();
    }

    /** Width of the vectors in use; 0 where plain loops are. */
    private static int bits() {
        try (CpuBackend cpu = new CpuBackend(BackendOptions.DEFAULT)) {
            Matcher vectors = Pattern.compile("(\\d+)-bit vectors").matcher(cpu.device().toString());
            return vectors.find() ? Integer.parseInt(vectors.group(1)) : 0;
        }
    }

    /** Prints each case that fails, and the width if none does. */
    public static void main(String[] arguments) {
        List<String> failures = new ArrayList<>();
        try (CpuBackend cpu = new CpuBackend(BackendOptions.DEFAULT)) {
            for (OpCase opCase : OpCases.all()) {
                attempt(opCase.name(), () -> OpCasesTest.check(opCase, cpu), failures);
            }
            for (WeightNumbers numbers : WeightNumbers.all(true, false)) {
                attempt(numbers.opCase().name(), () -> WeightNumbersTest.check(numbers, cpu), failures);
            }
        }
        failures.forEach(System.out::println);
        if (failures.isEmpty()) {
            System.out.println(bits() + " bits: all agree");
        }
    }

    private static void attempt(String name, Runnable check, List<String> failures) {
        try {
            check.run();
        } catch (AssertionError | RuntimeException failure) {
            failures.add(name + ": " + failure);
        }
    }
}
