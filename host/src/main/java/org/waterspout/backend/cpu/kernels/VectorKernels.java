package org.waterspout.backend.cpu.kernels;

import org.waterspout.model.architecture.Activation;

/** The kernels in vectors of 128, 256 or 512 bits. */
public final class VectorKernels implements CpuKernels {

    private final ScalarKernels plain = new ScalarKernels();

    @Override
    public String description() {
        return VectorShapes.describe();
    }

    @Override
    public int lanes() {
        return VectorShapes.COUNT;
    }

    @Override
    public void decode(Matrix weights, int from, int to, float[] out, int outAt) {
        VectorTiles.decode(weights, from, to, out, outAt);
    }

    @Override
    public void multiply(Matrix weights, int from, int to, float[] x, float[] out, int outAt, float[] scratch) {
        VectorProducts.multiply(weights, from, to, x, out, outAt, scratch);
    }

    @Override
    public void multiplyRows(Matrix weights, int from, int to, float[] x, int xRows, float[] out, int outAt, int outStride, float[] tile,
            float[] scratch) {
        VectorRows.multiply(weights, from, to, x, xRows, out, outAt, outStride, tile, scratch);
    }

    @Override
    public void multiplyPanels(float[] tile, int rows, int columns, float[] x, int from, int to, float[] out, int outRow, int width) {
        VectorTiles.multiplyPanels(tile, rows, columns, x, from, to, out, outRow, width);
    }

    @Override
    public void decodeCache(byte[] quants, int quantsAt, float[] scales, int scalesAt, int width, int across, int positions,
            float[] out) {
        VectorAttention.decodeCache(quants, quantsAt, scales, scalesAt, width, across, positions, out);
    }

    @Override
    public void scores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int from, int to, float[] scores) {
        VectorAttention.scores(q, qAt, keys, keysAt, headDimension, from, to, scores);
    }

    @Override
    public void weigh(float[] weights, int from, int to, float[] values, int valuesAt, int width, float[] sum, int sumAt) {
        VectorAttention.weigh(weights, from, to, values, valuesAt, width, sum, sumAt);
    }

    @Override
    public float exponentials(float[] scores, int from, int to, float largest) {
        return VectorElements.exponentials(scores, from, to, largest);
    }

    @Override
    public void panelScores(float[] q, int qAt, float[] keys, int keysAt, int headDimension, int positions, float[] scores, int scoresAt) {
        VectorAttention.panelScores(q, qAt, keys, keysAt, headDimension, positions, scores, scoresAt);
    }

    @Override
    public void panelSoftmax(float[] scores, int positions, float[] largest, float[] total, float[] sum, int width) {
        VectorAttention.panelSoftmax(scores, positions, largest, total, sum, width);
    }

    @Override
    public void panelWeigh(float[] weights, float[] values, int valuesAt, int width, float[] sum) {
        VectorAttention.panelWeigh(weights, values, valuesAt, width, sum);
    }

    @Override
    public void panelWeighColumns(float[] weights, int weightsAt, int from, int to, float[] values, int valuesAt, int width, float[] sum) {
        VectorAttention.panelWeighColumns(weights, weightsAt, from, to, values, valuesAt, width, sum);
    }

    @Override
    public void recur(float[] candidate, int candidateAt, float[] forget, int forgetAt, float[] state, int stateAt, int count) {
        VectorElements.recur(candidate, candidateAt, forget, forgetAt, state, stateAt, count);
    }

    @Override
    public void rmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        VectorElements.rmsNorm(x, xAt, gain, epsilon, out, outAt);
    }

    @Override
    public void panelRmsNorm(float[] x, int xAt, float[] gain, float epsilon, float[] out, int outAt) {
        VectorElements.panelRmsNorm(x, xAt, gain, epsilon, out, outAt);
    }

    @Override
    public void layerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        VectorElements.layerNorm(x, xAt, gain, bias, epsilon, out, outAt);
    }

    @Override
    public void panelLayerNorm(float[] x, int xAt, float[] gain, float[] bias, float epsilon, float[] out, int outAt) {
        VectorElements.panelLayerNorm(x, xAt, gain, bias, epsilon, out, outAt);
    }

    @Override
    public void activate(Activation function, float[] x, float[] out, int from, int to) {
        VectorElements.activate(function, x, out, from, to);
    }

    @Override
    public void softCap(float cap, float[] x, float[] out, int from, int to) {
        VectorElements.softCap(cap, x, out, from, to);
    }

    // The compiler makes vectors of the plain loops for these.

    @Override
    public void add(float[] left, float[] right, float[] out, int from, int to) {
        plain.add(left, right, out, from, to);
    }

    @Override
    public void multiply(float[] left, float[] right, float[] out, int from, int to) {
        plain.multiply(left, right, out, from, to);
    }

    @Override
    public void scale(float factor, float[] x, int xAt, float[] out, int outAt, int count) {
        plain.scale(factor, x, xAt, out, outAt, count);
    }
}
