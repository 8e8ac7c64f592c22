package org.waterspout.model.architecture;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Tensor;

/** How a file says that queries and keys are turned. */
record RotaryReader(FamilyKeys keys, int headDimension) {

    /** @param local of a layer with a window */
    Rotary rotary(boolean local) {
        int rotated = keys.metadata().integerOr(keys.key("rope.dimension_count"), headDimension);
        if (rotated <= 0 || rotated > headDimension || rotated % 2 != 0) {
            throw new ModelFormatException("metadata key " + keys.key("rope.dimension_count") + " is " + rotated
                    + ", not an even part of a head of " + headDimension);
        }
        double base = keys.above0("rope.freq_base", 10_000);
        if (local && keys.row().localBase() != 0) {
            return new Rotary(rotated, layout(), keys.above0("rope.freq_base_swa", keys.row().localBase()), new Rotary.None());
        }
        if (local) {
            base = keys.above0("rope.freq_base_swa", base);
        }
        return new Rotary(rotated, layout(), base, scaling(rotated));
    }

    /** Files that no converter has permuted say so. */
    private RopeLayout layout() {
        String layout = keys.metadata().optionalString(keys.key("rope.layout")).orElse("");
        return switch (layout) {
            case "" -> keys.row().layout();
            case "halves" -> RopeLayout.HALVES;
            case "interleaved" -> RopeLayout.INTERLEAVED;
            default -> throw new ModelFormatException("metadata key " + keys.key("rope.layout") + " is " + Quoted.of(layout)
                    + ", neither halves nor interleaved");
        };
    }

    private Rotary.Scaling scaling(int rotated) {
        String type = keys.metadata().optionalString(keys.key("rope.scaling.type")).orElse("linear");
        double factor = keys.finite("rope.scaling.factor", keys.finite("rope.scale_linear", 1));
        double magnitude = keys.finite("rope.scaling.attn_factor", 1);
        int original = keys.metadata().integerOr(keys.key("rope.scaling.original_context_length"),
                keys.metadata().integer(keys.key("context_length")));
        if (factor <= 0 || original <= 0) {
            throw new ModelFormatException("the rotary scaling's factor is " + factor + ", its original context " + original);
        }
        if (keys.has("rope_factors_long.weight") || keys.has("rope_factors_short.weight")) {
            return new Rotary.LongShort(divisors("rope_factors_short.weight", rotated),
                    divisors("rope_factors_long.weight", rotated), original, magnitude);
        }
        if (keys.has("rope_freqs.weight")) {
            if (!type.equals("none") && !type.equals("linear")) {
                throw new UnsupportedModelException("the rotary scaling " + Quoted.of(type)
                        + " beside tensor rope_freqs.weight is not supported");
            }
            float stretch = type.equals("none") ? 1 : (float) factor;
            return new Rotary.Divided(divisors("rope_freqs.weight", rotated).stream().map(divisor -> divisor * stretch).toList());
        }
        return switch (type) {
            case "none" -> new Rotary.None(); // even where there is a factor
            case "linear" -> factor == 1 ? new Rotary.None() : new Rotary.Linear(factor);
            case "yarn" -> new Rotary.Yarn(factor, original, keys.above0("rope.scaling.yarn_beta_fast", 32),
                    keys.above0("rope.scaling.yarn_beta_slow", 1),
                    // what the converter writes is Transformers' attention_factor, which stands in place of the usual one
                    magnitude * keys.finite("rope.scaling.yarn_attn_factor", (float) (1 + 0.1 * Math.log(Math.max(1, factor)))));
            case "dynamic" -> dynamic(factor, original, rotated);
            default -> throw new UnsupportedModelException("the rotary scaling " + Quoted.of(type)
                    + " is not supported; supported are none, linear, dynamic, yarn, and those stored as tensors (Llama 3, LongRoPE)");
        };
    }

    private static Rotary.Scaling dynamic(double factor, int original, int rotated) {
        if (rotated == 2) {
            throw new ModelFormatException("the rotary scaling 'dynamic' is not defined for heads of which one pair is turned");
        }
        return new Rotary.Dynamic(factor, original);
    }

    private List<Float> divisors(String name, int rotated) {
        Tensor tensor = keys.tensor(name);
        if (tensor.count() != rotated / 2) {
            throw new ModelFormatException("tensor " + name + " has shape " + tensor.shape() + ", expected [" + rotated / 2 + "]");
        }
        List<Float> divisors = new ArrayList<>();
        for (float divisor : tensor.decode()) {
            if (!(divisor > 0) || Float.isInfinite(divisor)) {
                throw new ModelFormatException("tensor " + name + " holds " + divisor + ", no divisor of a frequency");
            }
            divisors.add(divisor);
        }
        return divisors;
    }
}
