package org.waterspout.backend.reference;

import java.util.function.DoubleUnaryOperator;
import org.waterspout.model.architecture.Activation;

/** The functions of {@link Activation} in double precision. */
public final class ExactActivations {

    private ExactActivations() {
    }

    /** From one number to one number. */
    public static DoubleUnaryOperator of(Activation activation) {
        return switch (activation) {
            case SILU -> x -> x / (1 + Math.exp(-x));
            case GELU_TANH -> x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case GELU_ERF -> x -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
            case RELU -> x -> Math.max(x, 0);
            case TANH -> Math::tanh;
        };
    }

    /** The error function by its series of positive terms, Abramowitz and Stegun 7.1.6; accurate to a few units in the last place. */
    static double erf(double x) {
        if (Math.abs(x) > 6) { // 1 - erf(6) is 2e-17, less than half a unit in the last place of 1
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
