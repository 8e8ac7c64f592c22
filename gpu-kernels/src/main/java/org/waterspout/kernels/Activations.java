package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/** The functions between the halves of a feed-forward; formulas at org.waterspout.model.architecture.Activation. */
public final class Activations {

    public static final int SILU = 0;
    public static final int GELU_TANH = 1;
    public static final int GELU_ERF = 2;
    public static final int RELU = 3;
    public static final int TANH = 4;

    private Activations() {
    }

    /** {@code function} is a compile-time constant, so one line of this is left on the device. */
    static float apply(int function, float x) {
        float result = TornadoMath.max(x, 0f);
        if (function == SILU) {
            result = x / (1f + TornadoMath.exp(clamp(-x)));
        }
        if (function == GELU_TANH) {
            // 0.5 (1 + tanh u) is 1 / (1 + exp(-2u)), which keeps its digits where tanh comes near -1
            result = x / (1f + TornadoMath.exp(clamp(-1.5957691216f * (x + 0.044715f * x * x * x))));
        }
        if (function == GELU_ERF) {
            result = 0.5f * x * (1f + erf(clamp(0.7071067812f * x)));
        }
        if (function == TANH) {
            result = TornadoMath.tanh(clamp(x));
        }
        return result;
    }

    /** Keeps exp and tanh away from infinities, of which relaxed device arithmetic promises nothing. */
    static float clamp(float x) {
        return TornadoMath.min(TornadoMath.max(x, -80f), 80f);
    }

    /** Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7; TornadoMath has no erf. */
    private static float erf(float x) {
        float a = TornadoMath.abs(x);
        float t = 1f / (1f + 0.3275911f * a);
        float series = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
        float magnitude = 1f - series * TornadoMath.exp(-TornadoMath.min(a * a, 80f));
        return x < 0f ? -magnitude : magnitude;
    }
}
