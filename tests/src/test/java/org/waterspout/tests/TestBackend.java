package org.waterspout.tests;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.reference.ReferenceBackend;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.TornadoDevices;
import org.waterspout.backend.tornado.launches.KernelFamily;

/**
 * A backend that cases run on.
 *
 * @param name what it calls itself
 * @param why  why it cannot run on this machine; empty when it can
 * @param open makes one; the caller closes it
 */
public record TestBackend(String name, String why, Supplier<Backend> open) {

    /** Tag of the tests that run a second time on the SDK. */
    public static final String ON_DEVICES = "tornadovm";

    /**
     * Every backend that this JVM can run, and why not the others. The build runs these tests twice where TORNADOVM_HOME is set: once
     * without the SDK, and once more on it, where the tests tagged {@link #ON_DEVICES} see the device alone. To add one, add its line.
     */
    public static List<TestBackend> all() {
        if (TornadoDevices.sdkPresent()) {
            return List.of(new TestBackend("tornado", "", () -> new TornadoBackend(BackendOptions.DEFAULT)));
        }
        String why = System.getenv("TORNADOVM_HOME") == null
                ? "no TornadoVM SDK: run ./tornado-env.sh install, then source tornado-env.sh" : "the second run of these tests has it";
        return List.of(
                new TestBackend("reference", "", ReferenceBackend::new),
                new TestBackend("cpu", "", () -> new CpuBackend(BackendOptions.DEFAULT)),
                new TestBackend("emulator", "", () -> new TornadoBackend(BackendOptions.DEFAULT, KernelFamily.WIDE)),
                new TestBackend("tornado", why, () -> {
                    throw new IllegalStateException(why);
                }));
    }

    /** All but the reference, which the others are compared with. */
    static Stream<TestBackend> compared() {
        return all().stream().filter(backend -> !backend.name().equals("reference"));
    }

    /**
     * {@link #compared()}, and those that choose between families of kernels with the other family, slow: {@link GroupKernelsTest} has
     * whole models.
     */
    static Stream<TestBackend> comparedInEveryFamily() {
        String device = TornadoDevices.sdkPresent() ? "tornado" : "emulator";
        return Stream.concat(compared(), Stream.of(new TestBackend(device + ", group kernels", "",
                () -> new TornadoBackend(BackendOptions.DEFAULT, KernelFamily.GROUP))));
    }

    public boolean runs() {
        return why.isEmpty();
    }

    @Override
    public String toString() {
        return name;
    }
}
