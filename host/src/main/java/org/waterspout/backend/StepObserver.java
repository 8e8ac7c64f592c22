package org.waterspout.backend;

import java.util.function.Function;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/** Sees every operation of a step right after it ran. */
@FunctionalInterface
public interface StepObserver {

    /** Looks at nothing. */
    StepObserver NONE = (op, values) -> { };

    /**
     * @param op     an operation of {@link Plan#graph()}
     * @param values reads an input or an output of {@code op} as [rows, width], a fresh array each time
     */
    void after(Op op, Function<Value, float[]> values);
}
