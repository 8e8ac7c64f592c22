package org.waterspout.tests;

import java.util.List;
import org.waterspout.backend.Batch;
import org.waterspout.backend.PlanOptions;
import org.waterspout.graph.Graph;

/**
 * One operation at one shape and weight type, as a graph that any backend runs: inputs come from F32 tables by token, the
 * output is the operation's.
 *
 * @param name      "MatMul Q8_0 7x96 bias"
 * @param operation the operation's name in {@link org.waterspout.graph.Op}, for the support table
 * @param batches   steps to run in order on one plan
 * @param tolerance how far a backend may be from the reference: {@link Tolerance}, or the case's own
 */
record OpCase(String name, String operation, Graph graph, PlanOptions options, List<Batch> batches, double tolerance) {

    /** Limits on {@link org.waterspout.validate.RelativeError}; no backend rounds more coarsely than 32-bit floats do. */
    static final class Tolerance {

        /** Moves numbers without changing them. */
        static final double EXACT = 0;
        /** A few roundings. */
        static final double ROUNDING = 2e-6;
        /** Sums and elementary functions in 32 bits. */
        static final double SUMS = 2e-5;
        /** Sums in which a block's offset and its quants may cancel. */
        static final double PRODUCTS = 3e-5;
        /** Angles of positions in the hundreds in 32 bits. */
        static final double ANGLES = 1e-4;

        private Tolerance() {
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
