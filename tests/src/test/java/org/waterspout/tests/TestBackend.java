package org.waterspout.tests;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.reference.ReferenceBackend;

/**
 * A backend that cases run on.
 *
 * @param name what it calls itself
 * @param why  why it cannot run on this machine; empty when it can
 * @param open makes one; the caller closes it
 */
record TestBackend(String name, String why, Supplier<Backend> open) {

    /** Every backend there is. To add one, add its line. */
    static List<TestBackend> all() {
        return List.of(
                new TestBackend("reference", "", ReferenceBackend::new),
                new TestBackend("cpu", "", () -> new CpuBackend(BackendOptions.DEFAULT)));
    }

    /** All but the reference, which the others are compared with. */
    static Stream<TestBackend> compared() {
        return all().stream().filter(backend -> !backend.name().equals("reference"));
    }

    boolean runs() {
        return why.isEmpty();
    }

    @Override
    public String toString() {
        return name;
    }
}
