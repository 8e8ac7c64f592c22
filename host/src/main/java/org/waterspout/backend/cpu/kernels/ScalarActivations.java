package org.waterspout.backend.cpu.kernels;

import org.waterspout.model.architecture.Activation;

/** The functions of {@link Activation}, one number at a time. */
final class ScalarActivations {

    private ScalarActivations() {
    }

    static float of(Activation function, float x) {
        return switch (function) {
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            case GELU_TANH -> (float) (0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
            case GELU_ERF -> (float) (0.5 * x * (1 + erf(x / Math.sqrt(2))));
            case RELU -> Math.max(x, 0);
            case TANH -> (float) Math.tanh(x);
        };
    }

    /** The error function to 1.2e-7: Numerical Recipes (Press et al.), 6.2, erfcc. */
    private static double erf(double x) {
        double t = 1 / (1 + 0.5 * Math.abs(x));
        double tail = t * Math.exp(-x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418
                + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223
                + t * 0.17087277)))))))));
        return x >= 0 ? 1 - tail : tail - 1;
    }
}
