package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.CacheBlocks;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section;
import org.waterspout.backend.tornado.lowering.DeviceProgram;
import org.waterspout.backend.tornado.lowering.GraphProgram;
import org.waterspout.error.DeviceException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.graph.Graph;
import org.waterspout.tests.DeviceProcess;
import org.waterspout.tests.SmallGraphs;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.exceptions.TornadoBailoutRuntimeException;
import uk.ac.manchester.tornado.api.exceptions.TornadoInternalError;
import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.exceptions.TornadoTaskRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Whatever TornadoVM throws reaches the user as one line of ours, and a plan that fails to start leaves the device to the others. */
@Tag("tornadovm")
class DeviceFailureTest {

    private static final Graph GRAPH = SmallGraphs.scale();

    @TestFactory
    Stream<DynamicTest> whatTornadoVmThrowsIsOneLineOfOurs() {
        List<Throwable> thrown = List.of(new TornadoInternalError("failed guarantee:\n\t\u001B[31mthis\u001B[0m buffer"),
                new TornadoTaskRuntimeException("a name twice"), new TornadoBailoutRuntimeException("no\nsketch"),
                new TornadoRuntimeException("no queue"), new NullPointerException(), new AssertionError("in its compiler"));
        return thrown.stream().map(failure -> DynamicTest.dynamicTest(failure.getClass().getSimpleName(), () -> {
            DeviceException seen = assertThrows(DeviceException.class, () -> run((_, _, _, _) -> sneak(failure)));
            assertSame(failure, seen.getCause());
            assertLine(seen, TornadoDevices.sdkPresent() ? "TORNADOVM_HOME is " + System.getenv("TORNADOVM_HOME") : "emulator");
        }));
    }

    @TestFactory
    Stream<DynamicTest> memoryThatIsNotThereNamesWhatCanBeSet() {
        List<RuntimeException> thrown = List.of(
                new TornadoOutOfMemoryException(
                "Unable to allocate 64 bytes of memory.\u001B[33m\n\tTo increase the maximum device memory, use "
                        + "-Dtornado.device.memory=<X>GB\n\u001B[0m"),
                new TornadoMemoryException("[ERROR] Bytes Allocated <= 0: -4"));
        return thrown.stream().map(failure -> DynamicTest.dynamicTest(failure.getClass().getSimpleName(), () -> {
            OutOfMemoryException seen = assertThrows(OutOfMemoryException.class, () -> run((_, _, _, _) -> sneak(failure)));
            assertLine(seen, "WATERSPOUT_DEVICE_MEMORY_GB");
            assertFalse(seen.getMessage().contains("<X>"), seen.getMessage());
        }));
    }

    @Test
    void theJvmsOwnFailuresStayWhatTheyAre() {
        StackOverflowError own = new StackOverflowError();
        assertSame(own, assertThrows(StackOverflowError.class, () -> run((_, _, _, _) -> sneak(own))));
    }

    /** What the compiler of this SDK throws: an error of its own, and exceptions of kinds that the emulator does not have. */
    @TestFactory
    Stream<DynamicTest> kernelsThatDoNotCompileAreOneLineToo() {
        return Stream.of(
                DynamicTest.dynamicTest("an array of a size that varies", () -> assertRefused(TornadoInternalError.class,
                        (graph, task, context, _) -> graph.task(task, DeviceFailureTest::allocates, context, new FloatArray(8)))),
                DynamicTest.dynamicTest("a call into the system", () -> assertRefused(TornadoBailoutRuntimeException.class,
                        (graph, task, context, _) -> graph.task(task, DeviceFailureTest::time, context, new FloatArray(8)))),
                DynamicTest.dynamicTest("objects", () -> assertRefused(Throwable.class,
                        (graph, task, context, _) -> graph.task(task, DeviceFailureTest::lists, context, new FloatArray(8)))));
    }

    private static void assertRefused(Class<? extends Throwable> kind, Launch.Binding binding) {
        assumeTrue(TornadoDevices.sdkPresent(), "tornado skipped: this JVM was started without a TornadoVM SDK");
        DeviceException seen = assertThrows(DeviceException.class, () -> run(binding));
        assertInstanceOf(kind, seen.getCause());
        assertLine(seen, "TORNADOVM_HOME is ");
    }

    static void allocates(KernelContext context, FloatArray output) {
        float[] array = new float[context.globalIdx + 3];
        array[context.globalIdx] = 2;
        output.set(context.globalIdx, array[context.globalIdx]);
    }

    static void time(KernelContext context, FloatArray output) {
        output.set(context.globalIdx, System.nanoTime());
    }

    static void lists(KernelContext context, FloatArray output) {
        List<Float> list = new ArrayList<>();
        list.add(1f);
        output.set(context.globalIdx, list.getFirst());
    }

    @Test
    @Tag("slow")
    void aSecondPlanThatDoesNotFitLeavesTheFirstToItsWork() throws Exception {
        assumeTrue(TornadoDevices.sdkPresent(), "tornado skipped: this JVM was started without a TornadoVM SDK");
        ProcessBuilder builder = DeviceProcess.command(TwoPlans.class);
        builder.command().add(builder.command().indexOf("-cp"), "-Dtornado.device.memory=64MB");
        DeviceProcess process = DeviceProcess.ended(builder);
        assertEquals(0, process.exitCode(), () -> String.join("\n", process.lines()));
        assertEquals(3, process.lines().stream().filter("refused, and the first goes on"::equals).count(),
                () -> String.join("\n", process.lines()));
    }

    /** Two plans of 38 MB beside each other, three times: none of them may stay behind. */
    static final class TwoPlans {
        private TwoPlans() {
        }

        public static void main(String[] arguments) {
            PlanOptions options = new PlanOptions(300_000, 1, 9, false);
            Graph graph = SmallGraphs.attention();
            for (int trial = 0; trial < 3; trial++) {
                try (TornadoBackend backend = new TornadoBackend(BackendOptions.DEFAULT); Plan first = backend.prepare(graph, options);
                        Plan second = backend.prepare(graph, options)) {
                    first.warmUp();
                    OutOfMemoryException refused = assertThrows(OutOfMemoryException.class, second::warmUp);
                    assertLine(refused, "WATERSPOUT_DEVICE_MEMORY_GB");
                    float[] output = new float[graph.output().width()];
                    first.step(Batch.of(new int[] {1}, 0, true), output);
                    assertTrue(output[0] != 0, "a step after the refusal");
                    System.out.println("refused, and the first goes on");
                }
            }
        }
    }

    private static void assertLine(WaterspoutException seen, String part) {
        assertTrue(seen.getMessage().contains(part), seen.getMessage());
        assertTrue(seen.getMessage().lines().count() == 1 && !seen.getMessage().contains("\u001B"), seen.getMessage());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    /** Builds and runs a plan of one kernel. */
    private static void run(Launch.Binding binding) {
        TornadoDevices.Found device = TornadoDevices.choose(Optional.empty());
        PlanOptions options = new PlanOptions(16, 1, 1, false);
        DeviceProgram program = DeviceProgram.lower(GRAPH, options, KernelFamily.WIDE, CacheBlocks.of(GRAPH, options),
                device.device().maxAllocation());
        GraphProgram graph = program.graph();
        Section section = graph.sections().getFirst();
        Launch launch = new Launch("failing", 1, rows -> rows, List.of(), List.of(), List.of(), binding);
        Section failing = new Section(section.rows(), List.of(List.of()),
                List.of(new Section.Stage("failing", List.of(launch), Optional.empty())));
        DeviceProgram changed = new DeviceProgram(
                new GraphProgram(List.of(failing), List.of(), graph.output(), graph.chunk(), graph.selects()),
                Optional.empty(), Optional.empty(), Optional.empty(), program.resources(), program.buffers(), List.of());
        changed.buffers().forEach(DeviceBuffer::allocate);
        try (Executions executions = new Executions(changed, device, new IntArray(64))) {
            executions.run(failing.stages().getFirst(), 1);
        }
    }
}
