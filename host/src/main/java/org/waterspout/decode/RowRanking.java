package org.waterspout.decode;

import org.waterspout.error.ValidationException;

/** The best of a row of logits, and what turns logits into log-probabilities. Belongs to one thread. */
public final class RowRanking {

    private static final int PART = 1024;
    private static final float LOG2_E = 1.442695f;
    /** ln 2 in two parts: the first has few digits, so that its products with small whole numbers are exact. */
    private static final float LN_2 = 0.693359375f;
    private static final float LN_2_REST = -2.12194440e-4f;
    /** 1.5 * 2^23: adding it leaves a small float's nearest whole number in the low bits. */
    private static final float ROUNDING = 12582912f;
    /** e^x is no normal float below. */
    private static final float MIN = -87f;

    private final float[] part = new float[PART];
    private int[] columns = new int[8];
    private float[] values = new float[8];
    private int count;

    /**
     * The logarithm of the sum of e^logit over {@code logits[from .. from + length - 1]}: a logit minus this is a log-probability.
     *
     * @throws ValidationException when it is no number
     */
    public float logSum(float[] logits, int from, int length) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + length; i++) {
            if (logits[i] > largest) {
                largest = logits[i];
            }
        }
        double sum = 0;
        for (int at = from; at < from + length; at += PART) {
            sum += exponentials(logits, at, Math.min(PART, from + length - at), largest);
        }
        if (!(sum > 0) || Double.isInfinite(sum)) {
            throw new ValidationException(
                    "the model gives no token a probability here: its file is damaged, or the backend computes wrongly; "
                    + "validate the model");
        }
        return largest + (float) Math.log(sum);
    }

    /**
     * The sum of e^(logit - largest). Without a branch or a call, so that the compiler makes vectors of it: x = n ln 2 + r, e^x = 2^n e^r,
     * e^r by its Taylor series, which for |r| at most ln 2 / 2 is exact to float's precision at degree 7.
     */
    private double exponentials(float[] logits, int from, int length, float largest) {
        for (int i = 0; i < length; i++) {
            float x = Math.max(logits[from + i] - largest, MIN);
            float n = x * LOG2_E + ROUNDING - ROUNDING;
            float r = x - n * LN_2 - n * LN_2_REST;
            float series = 1 + r * (1 + r * (1 / 2f + r * (1 / 6f + r * (1 / 24f + r * (1 / 120f + r * (1 / 720f + r * (1 / 5040f)))))));
            part[i] = series * Float.intBitsToFloat((int) n + 127 << 23);
        }
        float[] sums = new float[8];
        int whole = length & ~7;
        for (int i = 0; i < whole; i += 8) {
            for (int lane = 0; lane < 8; lane++) {
                sums[lane] += part[i + lane];
            }
        }
        double sum = 0;
        for (float lane : sums) {
            sum += lane;
        }
        for (int i = whole; i < length; i++) {
            sum += part[i];
        }
        return sum;
    }

    /**
     * Finds the {@code wanted} largest of {@code logits[from .. from + length - 1]}, of equal ones the first; -Infinity is never among
     * them.
     */
    public void rank(float[] logits, int from, int length, int wanted) {
        if (columns.length < wanted) {
            columns = new int[wanted];
            values = new float[wanted];
        }
        count = 0;
        float threshold = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            float logit = logits[from + i];
            if (logit > threshold) {
                insert(i, logit, wanted);
                threshold = count == wanted ? values[wanted - 1] : Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void insert(int column, float value, int wanted) {
        int at = count < wanted ? count++ : wanted - 1;
        while (at > 0 && values[at - 1] < value) {
            values[at] = values[at - 1];
            columns[at] = columns[at - 1];
            at--;
        }
        values[at] = value;
        columns[at] = column;
    }

    /** How many {@link #rank} found. */
    public int count() {
        return count;
    }

    /** Which column is the {@code rank}th, from 0. */
    public int column(int rank) {
        return columns[rank];
    }

    public float value(int rank) {
        return values[rank];
    }
}
