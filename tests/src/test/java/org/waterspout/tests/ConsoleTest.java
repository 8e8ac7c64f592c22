package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.launches.KernelFamily;

/** Runs on a device leave no error line on the console, and a launch that fails would. */
@Tag("slow")
class ConsoleTest {

    @BeforeAll
    static void requireSdk() {
        assumeTrue(System.getenv("TORNADOVM_HOME") != null, "console of the devices skipped: no TornadoVM SDK (TORNADOVM_HOME is not set)");
    }

    @Test
    void oneCaseOfEveryOperationLeavesTheConsoleClean() throws Exception {
        DeviceProcess process = DeviceProcess.run(Cases.class);
        assertEquals(List.of(), process.nativeErrors());
        assertEquals(0, process.exitCode(), () -> String.join("\n", process.lines()));
    }

    @Test
    void aLaunchThatFailsIsSeen() throws Exception {
        assertFalse(DeviceProcess.run(BadGrid.class).nativeErrors().isEmpty(), "a group size that does not divide the grid");
    }

    /** Runs the first case of every operation in both families of kernels. */
    static final class Cases {
        private Cases() {
        }

        public static void main(String[] arguments) {
            List<String> operations = new ArrayList<>();
            for (OpCase opCase : OpCases.all()) {
                if (!operations.contains(opCase.operation())) {
                    operations.add(opCase.operation());
                    for (KernelFamily family : KernelFamily.values()) {
                        run(opCase, family);
                    }
                }
            }
        }

        private static void run(OpCase opCase, KernelFamily family) {
            try (Backend backend = new TornadoBackend(BackendOptions.DEFAULT, family)) {
                opCase.outputs(backend);
            }
        }
    }
}
