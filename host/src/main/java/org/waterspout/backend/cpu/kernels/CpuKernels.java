package org.waterspout.backend.cpu.kernels;

import org.waterspout.model.architecture.Activation;

/**
 * The loops that take the time, in two forms: {@link VectorKernels}, and {@link ScalarKernels} which says what they mean and runs
 * where vectors are not to be had.
 *
 * <p>Activations lie in one of two layouts. Few rows (decoding) are row-major, [rows, width]. Many rows (prompts) are in panels
 * of {@link #lanes()} rows, [panels][width][lanes]: lane i of panel p is row {@code p * lanes + i}. There every operation works on
 * all rows of a panel at once, and no sum runs across the lanes of a vector.
 */
public sealed interface CpuKernels permits ScalarKernels, VectorKernels {

    /** Positions in a block of the key-value cache. */
    int BLOCK = 64;

    /** Groups of up to four sums that are kept in lanes until their stores are no longer on the way; a multiple of 2, 3, 4 and 6. */
    int STAGED = 12;

    /** For the log: instructions in use. */
    String description();

    /** Rows in a panel: 4, 8 or 16; divides {@link #BLOCK}. */
    int lanes();

    /** Decodes rows {@code from} to {@code to} of {@code weights} to out [to - from, columns], from {@code outAt} on. */
    void decode(Matrix weights, int from, int to, float[] out, int outAt);

    /**
     * out[outAt + r] = weights[r] . x for r from {@code from} to {@code to}; x [columns].
     *
     * @param scratch at least {@link #scratch(int)} floats of this thread
     */
    void multiply(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch);

    /** Floats of scratch that {@link #multiply} needs for rows of {@code columns}. */
    default int scratch(int columns) {
        return VectorRows.ARRANGED * columns + STAGED * 4 * lanes();
    }

    /**
     * out[outAt + s * outStride + r] = weights[r] . x[s] for r from {@code from} to {@code to}; x [xRows, columns] from index 0. Each row
     * is to the bit what {@link #multiply} makes of it, so that it does not depend on the others.
     *
     * @param tile    at least {@code Scratch.tileRows} rows of {@code columns}, of this thread
     * @param scratch as for {@link #multiply}
     */
    void multiplyRows(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch);

    /**
     * out[p][outRow + r] += tile[r] . x[p] over all columns, for all lanes of the panels from {@code from} to {@code to}.
     *
     * @param tile   [rows, columns]
     * @param x      [panels][columns][lanes]
     * @param out    [panels][width][lanes]
     */
    void multiplyPanels(float[] tile, int rows, int columns, float[] x, int from, int to, float[] out, int outRow, int width);

    /**
     * One head of a block of the cache in 8 bits, {@code CacheArray.Layout}: out[i] = scale * quants[quantsAt + i].
     *
     * @param scales [BLOCK / across][groups of the width][across] from {@code scalesAt} on
     * @param across    1 or the lanes
     * @param positions how many, a multiple of {@code across}
     */
    void decodeCache(byte[] quants, int quantsAt, float[] scales, int scalesAt, int width, int across, int positions, float[] out);

    /**
     * scores[t] = q . keys[t] for t from {@code from} to {@code to}, positions of a block; keys [BLOCK / lanes][headDimension][lanes] from
     * {@code keysAt} on. Changes other scores as well.
     */
    void scores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int from, int to, float[] scores);

    /**
     * sum[d] += sum over t of weights[t] * values[t][d], t from {@code from} to {@code to}; values [BLOCK, width] from {@code valuesAt} on,
     * width a multiple of lanes.
     */
    void weigh(float[] weights, int from, int to, float[] values, int valuesAt, int width, float[] sum, int sumAt);

    /** scores[i] = exp(scores[i] - largest); returns their sum. Below -87 the result is 0. Changes scores behind {@code to} as well. */
    float exponentials(float[] scores, int from, int to, float largest);

    /**
     * scores[t][lane] = q[.][lane] . keys[t] from {@code scoresAt} on; q [headDimension][lanes] from {@code qAt} on, keys as in
     * {@link #scores}, but as many positions as are given, a multiple of the lanes.
     */
    void panelScores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int positions, float[] scores, int scoresAt);

    /**
     * Online softmax of some scores [positions][lanes], lane by lane: replaces each by its exponential, moves {@code largest} [lanes],
     * and scales {@code total} [lanes] and {@code sum} [width][lanes] by what that changes.
     */
    void panelSoftmax(float[] scores, int positions, float[] largest, float[] total, float[] sum, int width);

    /** sum[d][lane] += sum over t of weights[t][lane] * values[t][d]; values as in {@link #weigh}, weights [BLOCK][lanes]. */
    void panelWeigh(float[] weights, float[] values, int valuesAt, int width, float[] sum);

    /**
     * As {@link #panelWeigh} for values [width][lanes], as a panel has them, and weights [lanes][lanes] from {@code weightsAt} on, of the
     * positions from {@code from} to {@code to}.
     */
    void panelWeighColumns(float[] weights, int weightsAt, int from, int to, float[] values, int valuesAt, int width, float[] sum);

    /**
     * One step of a recurrent unit: state[stateAt + i] = f * state[stateAt + i] + (1 - f) * candidate[candidateAt + i],
     * f = 1 / (1 + e^-forget[forgetAt + i]), for i below {@code count}.
     */
    void recur(float[] candidate, int candidateAt, float[] forget, int forgetAt, float[] state, int stateAt, int count);

    /** RMS norm of one group of {@code width}: out = x / sqrt(mean(x^2) + epsilon) * gain. */
    void rmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt);

    /** As {@link #rmsNorm} for all lanes of [width][lanes]. */
    void panelRmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt);

    /** Layer norm of one group: out = (x - mean) / sqrt(variance + epsilon) * gain + bias. */
    void layerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt);

    /** As {@link #layerNorm} for all lanes of [width][lanes]. */
    void panelLayerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt);

    /** out[i] = function(x[i]) for i from {@code from} to {@code to}. */
    void activate(Activation function, float[] x, float[] out, int from, int to);

    /** out[i] = cap * tanh(x[i] / cap). */
    void softCap(float cap, float[] x, float[] out, int from, int to);

    /** out[i] = left[i] + right[i]. */
    void add(float[] left, float[] right, float[] out, int from, int to);

    /** out[i] = left[i] * right[i]. */
    void multiply(float[] left, float[] right, float[] out, int from, int to);

    /** out[outAt + i] = x[xAt + i] * factor for i below {@code count}. */
    void scale(float factor, float[] x, int xAt, float[] out, int outAt, int count);
}
