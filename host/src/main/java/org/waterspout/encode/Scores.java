package org.waterspout.encode;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Logits to scores. */
public final class Scores {

    private Scores() {
    }

    /** e^x over the sum of all. */
    public static double[] softmax(float[] logits) {
        double largest = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElse(0);
        double[] scores = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i] - largest)).toArray();
        double sum = Arrays.stream(scores).sum();
        return Arrays.stream(scores).map(score -> score / sum).toArray();
    }

    /** 1 / (1 + e^-x) each. */
    public static double[] sigmoids(float[] logits) {
        return Arrays.stream(asTheyAre(logits)).map(logit -> 1 / (1 + Math.exp(-logit))).toArray();
    }

    public static double[] asTheyAre(float[] logits) {
        return IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray();
    }
}
