package org.waterspout.model.architecture;

import java.util.Arrays;
import java.util.List;

/**
 * Rotary positions (Su et al. 2021): pair i of a head is turned by position * base^(-2i/rotatedWidth), as changed by the scaling.
 *
 * @param rotatedWidth leading elements of a head that are turned
 * @param base         of the geometric sequence of frequencies
 */
public record Rotary(int rotatedWidth, RopeLayout layout, double base, Scaling scaling) {

    /** The longest sequence before frequencies change. */
    public int border() {
        return switch (scaling) {
            case LongShort choice -> choice.originalContext();
            case Dynamic dynamic -> dynamic.originalContext();
            case None _, Linear _, Divided _, Yarn _ -> Integer.MAX_VALUE;
        };
    }

    /** Radians per position of each pair, and the factor on sine and cosine, for a sequence of {@code length} positions. */
    public Angles angles(int length) {
        double[] frequencies = new double[rotatedWidth / 2];
        for (int pair = 0; pair < frequencies.length; pair++) {
            frequencies[pair] = Math.pow(base, -2.0 * pair / rotatedWidth);
        }
        return switch (scaling) {
            case None _ -> new Angles(frequencies, 1);
            case Linear linear -> new Angles(Arrays.stream(frequencies).map(f -> f / linear.factor()).toArray(), 1);
            case Divided divided -> new Angles(divide(frequencies, divided.divisors()), 1);
            case LongShort choice -> new Angles(
                    divide(frequencies, length > choice.originalContext() ? choice.longDivisors() : choice.shortDivisors()),
                    choice.magnitude());
            case Dynamic dynamic -> new Angles(dynamic.apply(frequencies, length), 1);
            case Yarn yarn -> new Angles(yarn.apply(frequencies, base), yarn.magnitude());
        };
    }

    private static double[] divide(double[] frequencies, List<Float> divisors) {
        double[] divided = frequencies.clone();
        for (int pair = 0; pair < divided.length; pair++) {
            divided[pair] /= divisors.get(pair);
        }
        return divided;
    }

    /** What {@link #angles} computes: [rotatedWidth / 2] radians per position, and a factor on sine and cosine. */
    public record Angles(double[] frequencies, double magnitude) {
    }

    /** How a model trained on one length of context is stretched to another. */
    public sealed interface Scaling {
    }

    /** Not at all. */
    public record None() implements Scaling {
    }

    /** Positions divided by {@code factor} (Chen et al. 2023). */
    public record Linear(double factor) implements Scaling {
    }

    /** Each pair's frequency divided by its own number: how Llama 3's scaling is stored. */
    public record Divided(List<Float> divisors) implements Scaling {
        public Divided {
            divisors = List.copyOf(divisors);
        }
    }

    /** LongRoPE (Ding et al. 2024): one set of divisors up to the original context, another beyond it. */
    public record LongShort(List<Float> shortDivisors, List<Float> longDivisors, int originalContext, double magnitude)
            implements Scaling {
        public LongShort {
            shortDivisors = List.copyOf(shortDivisors);
            longDivisors = List.copyOf(longDivisors);
        }
    }

    /**
     * Dynamic NTK-aware scaling: the base is base * (factor * length / originalContext - (factor - 1)) ^ (width / (width - 2)) for
     * sequences longer than the original context, another for each length (_compute_dynamic_ntk_parameters of Transformers'
     * modeling_rope_utils.py).
     */
    public record Dynamic(double factor, int originalContext) implements Scaling {

        /**
         * What frequencies of the original base, [width / 2], become in a sequence of {@code length} positions: pair i's is divided by
         * the base's growth to the power of 2i / width.
         */
        public double[] apply(double[] frequencies, int length) {
            double[] changed = frequencies.clone();
            if (length > originalContext) {
                double growth = 1 + factor * (length - originalContext) / originalContext;
                for (int pair = 0; pair < changed.length; pair++) {
                    changed[pair] *= Math.pow(growth, -pair / (changed.length - 1.0));
                }
            }
            return changed;
        }
    }

    /**
     * YaRN (Peng et al. 2023): pairs that turn more than {@code betaFast} times in the original context keep their frequency, those
     * that turn less than {@code betaSlow} times are divided by {@code factor}, those between are mixed.
     */
    public record Yarn(double factor, int originalContext, double betaFast, double betaSlow, double magnitude) implements Scaling {

        double[] apply(double[] frequencies, double base) {
            int pairs = frequencies.length;
            double low = Math.max(0, Math.floor(pairTurning(betaFast, pairs, base)));
            double high = Math.min(2 * pairs - 1, Math.ceil(pairTurning(betaSlow, pairs, base)));
            double[] mixed = new double[pairs];
            for (int pair = 0; pair < pairs; pair++) {
                double divided = Math.clamp((pair - low) / Math.max(0.001, high - low), 0, 1);
                mixed[pair] = frequencies[pair] * (1 - divided + divided / factor);
            }
            return mixed;
        }

        /** The (fractional) pair that turns {@code turns} times in the original context. */
        private double pairTurning(double turns, int pairs, double base) {
            return pairs * Math.log(originalContext / (turns * 2 * Math.PI)) / Math.log(base);
        }
    }
}
