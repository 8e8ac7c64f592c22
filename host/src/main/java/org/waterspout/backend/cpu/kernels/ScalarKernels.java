package org.waterspout.backend.cpu.kernels;

import java.util.Arrays;
import org.waterspout.backend.CacheType;
import org.waterspout.model.architecture.Activation;

/** The kernels as plain loops; the compiler makes what vectors of them it can. */
public final class ScalarKernels implements CpuKernels {

    private static final int LANES = 8;

    @Override
    public String description() {
        return "plain loops";
    }

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void decode(Matrix weights, int from, int to, float[] out, int outAt) {
        weights.type().decode(weights.data(), from * weights.rowBytes(), out, outAt, (to - from) * weights.columns());
    }

    @Override
    public void multiply(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        int columns = weights.columns();
        for (int row = from; row < to; row++) {
            decode(weights, row, row + 1, scratch, 0);
            out[outAt + row] = dot(scratch, 0, x, 0, columns);
        }
    }

    /** Eight sums, so that additions need not wait for each other. */
    static float dot(float[] a, int aAt, float[] b, int bAt, int count) {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        int i = 0;
        for (; i + 8 <= count; i += 8) {
            s0 += a[aAt + i] * b[bAt + i];
            s1 += a[aAt + i + 1] * b[bAt + i + 1];
            s2 += a[aAt + i + 2] * b[bAt + i + 2];
            s3 += a[aAt + i + 3] * b[bAt + i + 3];
            s4 += a[aAt + i + 4] * b[bAt + i + 4];
            s5 += a[aAt + i + 5] * b[bAt + i + 5];
            s6 += a[aAt + i + 6] * b[bAt + i + 6];
            s7 += a[aAt + i + 7] * b[bAt + i + 7];
        }
        for (; i < count; i++) {
            s0 += a[aAt + i] * b[bAt + i];
        }
        return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
    }

    @Override
    public void multiplyRows(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        int columns = weights.columns();
        for (int row = from; row < to; row++) {
            decode(weights, row, row + 1, tile, 0);
            for (int s = 0; s < xRows; s++) {
                out[outAt + s * outStride + row] = dot(tile, 0, x, s * columns, columns);
            }
        }
    }

    @Override
    public void multiplyPanels(float[] tile, int rows, int columns, float[] x, int from, int to, float[] out, int outRow, int width) {
        float[] sums = new float[LANES];
        for (int panel = from; panel < to; panel++) {
            for (int row = 0; row < rows; row++) {
                int outAt = (panel * width + outRow + row) * LANES;
                System.arraycopy(out, outAt, sums, 0, LANES);
                weighted(tile, row * columns, columns, 1, x, panel * columns * LANES, sums);
                System.arraycopy(sums, 0, out, outAt, LANES);
            }
        }
    }

    /** sums[lane] += sum over k of a[aAt + k * aStride] * x[xAt + k * LANES + lane]. */
    private static void weighted(float[] a, int aAt, int count, int aStride, float[] x, int xAt, float[] sums) {
        for (int k = 0; k < count; k++) {
            float factor = a[aAt + k * aStride];
            for (int lane = 0; lane < LANES; lane++) {
                sums[lane] += factor * x[xAt + k * LANES + lane];
            }
        }
    }

    @Override
    public void decodeCache(byte[] quants, int quantsAt, float[] scales, int scalesAt, int width, int across, int positions,
            float[] out) {
        for (int tile = 0; tile < positions / across; tile++) {
            for (int d = 0; d < width; d++) {
                int at = (tile * width + d) * across;
                int scale = scalesAt + (tile * CacheType.groups(width) + d / CacheType.GROUP) * across;
                for (int t = 0; t < across; t++) {
                    out[at + t] = scales[scale + t] * quants[quantsAt + at + t];
                }
            }
        }
    }

    @Override
    public void scores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int from, int to, float[] scores) {
        float[] sums = new float[LANES];
        for (int t = from / LANES * LANES; t < to; t += LANES) {
            Arrays.fill(sums, 0);
            weighted(q, qAt, headDimension, 1, keys, keysAt + t * headDimension, sums);
            System.arraycopy(sums, 0, scores, t, LANES);
        }
    }

    @Override
    public void weigh(float[] weights, int from, int to, float[] values, int valuesAt, int width, float[] sum, int sumAt) {
        for (int t = from; t < to; t++) {
            float weight = weights[t];
            for (int d = 0; d < width; d++) {
                sum[sumAt + d] += weight * values[valuesAt + t * width + d];
            }
        }
    }

    @Override
    public float exponentials(float[] scores, int from, int to, float largest) {
        float total = 0;
        for (int i = from; i < to; i++) {
            scores[i] = exp(scores[i] - largest);
            total += scores[i];
        }
        return total;
    }

    private static float exp(float x) {
        return x < -87 ? 0 : (float) Math.exp(x);
    }

    @Override
    public void panelScores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int positions, float[] scores, int scoresAt) {
        float[] sums = new float[LANES];
        for (int t = 0; t < positions; t++) {
            Arrays.fill(sums, 0);
            weighted(keys, keysAt + t / LANES * LANES * headDimension + t % LANES, headDimension, LANES, q, qAt, sums);
            System.arraycopy(sums, 0, scores, scoresAt + t * LANES, LANES);
        }
    }

    @Override
    public void panelSoftmax(float[] scores, int positions, float[] largest, float[] total, float[] sum, int width) {
        for (int lane = 0; lane < LANES; lane++) {
            float now = largest[lane];
            for (int t = 0; t < positions; t++) {
                now = Math.max(now, scores[t * LANES + lane]);
            }
            float factor = exp(largest[lane] - now);
            largest[lane] = now;
            float added = 0;
            for (int t = 0; t < positions; t++) {
                float weight = exp(scores[t * LANES + lane] - now);
                scores[t * LANES + lane] = weight;
                added += weight;
            }
            total[lane] = total[lane] * factor + added;
            for (int d = 0; d < width; d++) {
                sum[d * LANES + lane] *= factor;
            }
        }
    }

    @Override
    public void panelWeigh(float[] weights, float[] values, int valuesAt, int width, float[] sum) {
        for (int t = 0; t < BLOCK; t++) {
            for (int d = 0; d < width; d++) {
                float value = values[valuesAt + t * width + d];
                for (int lane = 0; lane < LANES; lane++) {
                    sum[d * LANES + lane] += weights[t * LANES + lane] * value;
                }
            }
        }
    }

    @Override
    public void panelWeighColumns(float[] weights, int weightsAt, int from, int to, float[] values, int valuesAt, int width, float[] sum) {
        for (int t = from; t < to; t++) {
            for (int d = 0; d < width; d++) {
                float value = values[valuesAt + d * LANES + t];
                for (int lane = 0; lane < LANES; lane++) {
                    sum[d * LANES + lane] += weights[weightsAt + t * LANES + lane] * value;
                }
            }
        }
    }

    @Override
    public void recur(float[] candidate, int candidateAt, float[] forget, int forgetAt, float[] state, int stateAt, int count) {
        for (int i = 0; i < count; i++) {
            double keep = 1 / (1 + Math.exp(-forget[forgetAt + i]));
            state[stateAt + i] = (float) (keep * state[stateAt + i] + (1 - keep) * candidate[candidateAt + i]);
        }
    }

    @Override
    public void rmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        normalise(x, xAt, 1, gain, epsilon, out, outAt);
    }

    @Override
    public void panelRmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        for (int lane = 0; lane < LANES; lane++) {
            normalise(x, xAt + lane, LANES, gain, epsilon, out, outAt + lane);
        }
    }

    private static void normalise(float[] x, int xAt, int stride, float[] gain, float epsilon, float[] out, int outAt) {
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            double value = x[xAt + i * stride];
            squares += value * value;
        }
        float factor = (float) (1 / Math.sqrt(squares / gain.length + epsilon));
        for (int i = 0; i < gain.length; i++) {
            out[outAt + i * stride] = x[xAt + i * stride] * factor * gain[i];
        }
    }

    @Override
    public void layerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        centre(x, xAt, 1, gain, bias, epsilon, out, outAt);
    }

    @Override
    public void panelLayerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        for (int lane = 0; lane < LANES; lane++) {
            centre(x, xAt + lane, LANES, gain, bias, epsilon, out, outAt + lane);
        }
    }

    private static void centre(float[] x, int xAt, int stride, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        double sum = 0;
        for (int i = 0; i < gain.length; i++) {
            sum += x[xAt + i * stride];
        }
        float mean = (float) (sum / gain.length);
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            double value = x[xAt + i * stride] - mean;
            squares += value * value;
        }
        float factor = (float) (1 / Math.sqrt(squares / gain.length + epsilon));
        for (int i = 0; i < gain.length; i++) {
            out[outAt + i * stride] = (x[xAt + i * stride] - mean) * factor * gain[i] + bias[i];
        }
    }

    @Override
    public void activate(Activation function, float[] x, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = ScalarActivations.of(function, x[i]);
        }
    }

    @Override
    public void softCap(float cap, float[] x, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = cap * (float) Math.tanh(x[i] / cap);
        }
    }

    @Override
    public void add(float[] left, float[] right, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = left[i] + right[i];
        }
    }

    @Override
    public void multiply(float[] left, float[] right, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = left[i] * right[i];
        }
    }

    @Override
    public void scale(float factor, float[] x, int xAt, float[] out, int outAt, int count) {
        for (int i = 0; i < count; i++) {
            out[outAt + i] = x[xAt + i] * factor;
        }
    }
}
