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
 * @param tolerance how far a backend may be from the reference
 */
record OpCase(String name, String operation, Graph graph, PlanOptions options, List<Batch> batches, Tolerance tolerance) {

    /**
     * Limits on {@link org.waterspout.validate.RelativeError}.
     *
     * @param floats    of backends that compute with 32-bit floats throughout
     * @param quantised of the cpu backend, which rounds the inputs of products with quantised weights to 8 bits
     */
    record Tolerance(double floats, double quantised) {

        /** Moves numbers without changing them. */
        static final Tolerance EXACT = new Tolerance(0, 0);
        /** A few roundings. */
        static final Tolerance ROUNDING = new Tolerance(2e-6, 2e-6);
        /** Sums and elementary functions in 32 bits. */
        static final Tolerance SUMS = new Tolerance(2e-5, 2e-5);
        /** Angles of positions in the hundreds in 32 bits. */
        static final Tolerance ANGLES = new Tolerance(1e-4, 1e-4);
        /**
         * Inputs rounded to 8 bits in blocks of 32: each has an error of about 0.5 % of the block's root mean square, a sum the same
         * part of its own size, and the largest of some thousand sums four times that.
         */
        static final Tolerance QUANTISED = new Tolerance(3e-5, 3e-2);

        double of(String backend) {
            return backend.equals("cpu") ? quantised : floats;
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
