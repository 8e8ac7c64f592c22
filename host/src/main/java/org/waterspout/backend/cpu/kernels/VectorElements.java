package org.waterspout.backend.cpu.kernels;

import static org.waterspout.backend.cpu.kernels.VectorShapes.COUNT;
import static org.waterspout.backend.cpu.kernels.VectorShapes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.waterspout.model.architecture.Activation;

/** Norms, and functions of single numbers. */
final class VectorElements {

    /** Added to a float below 2^22 and subtracted again, it rounds to the nearest integer: 1.5 * 2^23. */
    private static final float ROUND = 12582912f;

    private VectorElements() {
    }

    /**
     * e^x to 1e-7 of its size, 0 below -87: 2^n * e^r with n = round(x / ln 2), |r| at most ln(2) / 2, ln 2 in two parts (Cody and
     * Waite 1980), and the Taylor series of e^r to the seventh power, whose remainder is 5e-9 at the ends.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(-87.3f).min(88.3f);
        FloatVector shifted = clamped.fma(FloatVector.broadcast(FLOATS, 1.44269504f), FloatVector.broadcast(FLOATS, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -0.693359375f), clamped);
        r = n.fma(FloatVector.broadcast(FLOATS, 2.12194440e-4f), r);
        FloatVector p = r.fma(FloatVector.broadcast(FLOATS, 1f / 5040), FloatVector.broadcast(FLOATS, 1f / 720));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 120));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 24));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 6));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 0.5f));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
        // the low bits of shifted hold n; moved to the exponent's place they multiply by 2^n
        IntVector scaled = p.reinterpretAsInts().add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23));
        return scaled.reinterpretAsFloats().blend(0f, x.lt(-87f));
    }

    static float exponentials(float[] scores, int from, int to, float largest) {
        FloatVector sum = FloatVector.zero(FLOATS);
        int i = from;
        for (; i + COUNT <= to; i += COUNT) {
            FloatVector weight = exp(FloatVector.fromArray(FLOATS, scores, i).sub(largest));
            weight.intoArray(scores, i);
            sum = sum.add(weight);
        }
        float total = 0;
        for (int lane = 0; lane < COUNT; lane++) {
            total += sum.lane(lane);
        }
        if (i < to && i + COUNT <= scores.length) { // what lies behind is changed, and does not count
            exp(FloatVector.fromArray(FLOATS, scores, i).sub(largest)).intoArray(scores, i);
            for (; i < to; i++) {
                total += scores[i];
            }
        }
        for (; i < to; i++) {
            float x = scores[i] - largest;
            scores[i] = x < -87 ? 0 : (float) Math.exp(x);
            total += scores[i];
        }
        return total;
    }

    static void rmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        int width = gain.length;
        float factor = (float) (1 / Math.sqrt(squares(x, xAt, 0, width) / width + epsilon));
        int i = 0;
        for (; i + COUNT <= width; i += COUNT) {
            FloatVector.fromArray(FLOATS, x, xAt + i).mul(factor).mul(FloatVector.fromArray(FLOATS, gain, i)).intoArray(out, outAt + i);
        }
        for (; i < width; i++) {
            out[outAt + i] = x[xAt + i] * factor * gain[i];
        }
    }

    /** Sum of (x - mean)^2. */
    private static double squares(float[] x, int at, float mean, int width) {
        FloatVector sum = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i + COUNT <= width; i += COUNT) {
            FloatVector value = FloatVector.fromArray(FLOATS, x, at + i).sub(mean);
            sum = value.fma(value, sum);
        }
        double total = sumInOrder(sum);
        for (; i < width; i++) {
            float value = x[at + i] - mean;
            total += value * value;
        }
        return total;
    }

    private static double sumInOrder(FloatVector vector) {
        double total = 0;
        for (int lane = 0; lane < COUNT; lane++) {
            total += vector.lane(lane);
        }
        return total;
    }

    static void layerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        int width = gain.length;
        double total = 0;
        for (int i = 0; i < width; i++) {
            total += x[xAt + i];
        }
        float mean = (float) (total / width);
        float factor = (float) (1 / Math.sqrt(squares(x, xAt, mean, width) / width + epsilon));
        int i = 0;
        for (; i + COUNT <= width; i += COUNT) {
            FloatVector.fromArray(FLOATS, x, xAt + i).sub(mean).mul(factor).mul(FloatVector.fromArray(FLOATS, gain, i))
                    .add(FloatVector.fromArray(FLOATS, bias, i)).intoArray(out, outAt + i);
        }
        for (; i < width; i++) {
            out[outAt + i] = (x[xAt + i] - mean) * factor * gain[i] + bias[i];
        }
    }

    static void panelRmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        int width = gain.length;
        FloatVector squares = panelSquares(x, xAt, FloatVector.zero(FLOATS), width);
        FloatVector factor = FloatVector.broadcast(FLOATS, 1f).div(squares.div(width).add(epsilon).sqrt());
        for (int i = 0; i < width; i++) {
            FloatVector.fromArray(FLOATS, x, xAt + i * COUNT).mul(factor).mul(gain[i]).intoArray(out, outAt + i * COUNT);
        }
    }

    /** Four sums: additions need not wait for each other, and each rounds less. */
    private static FloatVector panelSquares(float[] x, int at, FloatVector mean, int width) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i + 4 <= width; i += 4) {
            FloatVector v0 = FloatVector.fromArray(FLOATS, x, at + i * COUNT).sub(mean);
            FloatVector v1 = FloatVector.fromArray(FLOATS, x, at + (i + 1) * COUNT).sub(mean);
            FloatVector v2 = FloatVector.fromArray(FLOATS, x, at + (i + 2) * COUNT).sub(mean);
            FloatVector v3 = FloatVector.fromArray(FLOATS, x, at + (i + 3) * COUNT).sub(mean);
            s0 = v0.fma(v0, s0);
            s1 = v1.fma(v1, s1);
            s2 = v2.fma(v2, s2);
            s3 = v3.fma(v3, s3);
        }
        for (; i < width; i++) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, at + i * COUNT).sub(mean);
            s0 = v.fma(v, s0);
        }
        return s0.add(s1).add(s2.add(s3));
    }

    static void panelLayerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        int width = gain.length;
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = even;
        int i = 0;
        for (; i + 2 <= width; i += 2) {
            even = even.add(FloatVector.fromArray(FLOATS, x, xAt + i * COUNT));
            odd = odd.add(FloatVector.fromArray(FLOATS, x, xAt + (i + 1) * COUNT));
        }
        for (; i < width; i++) {
            even = even.add(FloatVector.fromArray(FLOATS, x, xAt + i * COUNT));
        }
        FloatVector mean = even.add(odd).div(width);
        FloatVector squares = panelSquares(x, xAt, mean, width);
        FloatVector factor = FloatVector.broadcast(FLOATS, 1f).div(squares.div(width).add(epsilon).sqrt());
        for (i = 0; i < width; i++) {
            FloatVector.fromArray(FLOATS, x, xAt + i * COUNT).sub(mean).mul(factor).mul(gain[i]).add(bias[i])
                    .intoArray(out, outAt + i * COUNT);
        }
    }

    static void activate(Activation function, float[] x, float[] out, int from, int to) {
        int i = from;
        switch (function) {
            case SILU -> {
                for (; i + COUNT <= to; i += COUNT) {
                    FloatVector v = FloatVector.fromArray(FLOATS, x, i);
                    v.div(exp(v.neg()).add(1f)).intoArray(out, i);
                }
            }
            case GELU_TANH -> {
                for (; i + COUNT <= to; i += COUNT) { // 0.5 (1 + tanh(y)) is 1 / (1 + e^(-2 y))
                    FloatVector v = FloatVector.fromArray(FLOATS, x, i);
                    FloatVector y = v.mul(v).mul(0.044715f).add(1f).mul(v).mul(-1.5957691216f);
                    v.div(exp(y).add(1f)).intoArray(out, i);
                }
            }
            case RELU -> {
                for (; i + COUNT <= to; i += COUNT) {
                    FloatVector.fromArray(FLOATS, x, i).max(0f).intoArray(out, i);
                }
            }
            case GELU_ERF -> i = geluErf(x, out, from, to);
            case TANH -> {
                softCap(1, x, out, from, to);
                i = to;
            }
        }
        for (; i < to; i++) {
            out[i] = ScalarActivations.of(function, x[i]);
        }
    }

    /** With the formula of {@link ScalarActivations}; returns where it stopped. */
    private static int geluErf(float[] x, float[] out, int from, int to) {
        int i = from;
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (; i + COUNT <= to; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, i);
            FloatVector z = v.abs().mul(0.70710678f);
            FloatVector t = one.div(z.fma(FloatVector.broadcast(FLOATS, 0.5f), one));
            FloatVector p = t.fma(FloatVector.broadcast(FLOATS, 0.17087277f), FloatVector.broadcast(FLOATS, -0.82215223f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, 1.48851587f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, -1.13520398f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, 0.27886807f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, -0.18628806f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, 0.09678418f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, 0.37409196f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, 1.00002368f));
            p = p.fma(t, FloatVector.broadcast(FLOATS, -1.26551223f));
            FloatVector tail = exp(p.sub(z.mul(z))).mul(t).mul(0.5f); // 1 - Phi(|x|)
            v.mul(tail.blend(one.sub(tail), v.lt(0f).not())).intoArray(out, i);
        }
        return i;
    }

    static void softCap(float cap, float[] x, float[] out, int from, int to) {
        int i = from;
        for (; i + COUNT <= to; i += COUNT) { // tanh(y) is 1 - 2 / (1 + e^(2 y))
            FloatVector e = exp(FloatVector.fromArray(FLOATS, x, i).mul(2 / cap));
            FloatVector.broadcast(FLOATS, cap).sub(FloatVector.broadcast(FLOATS, 2 * cap).div(e.add(1f))).intoArray(out, i);
        }
        for (; i < to; i++) {
            out[i] = cap * (float) Math.tanh(x[i] / cap);
        }
    }

    static void recur(float[] candidate, int candidateAt, float[] forget, int forgetAt, float[] state, int stateAt, int count) {
        int i = 0;
        for (; i + COUNT <= count; i += COUNT) {
            FloatVector keep = FloatVector.broadcast(FLOATS, 1f).div(exp(FloatVector.fromArray(FLOATS, forget, forgetAt + i).neg())
                    .add(1f));
            FloatVector fresh = FloatVector.fromArray(FLOATS, candidate, candidateAt + i);
            FloatVector.fromArray(FLOATS, state, stateAt + i).sub(fresh).fma(keep, fresh).intoArray(state, stateAt + i);
        }
        for (; i < count; i++) {
            double keep = 1 / (1 + Math.exp(-forget[forgetAt + i]));
            state[stateAt + i] = (float) (keep * state[stateAt + i] + (1 - keep) * candidate[candidateAt + i]);
        }
    }
}
