package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/**
 * Rotary positions from a configuration: rope_parameters since Transformers 5, rope_theta and rope_scaling before. Formulas:
 * modeling_rope_utils.py. What GGUF keeps as tensors of divisors is put under {@link #DIVISORS}.
 */
final class Rope {

    /** Keys that begin so hold lists of numbers that become tensors of the name behind it. */
    static final String DIVISORS = "tensor:";

    private Rope() {
    }

    static void read(Config config, Keys keys) {
        Config parameters = config.has("rope_parameters") ? config.object("rope_parameters") : config.object("rope_scaling");
        Config local = parameters.object("sliding_attention");
        Config full = parameters.has("full_attention") ? parameters.object("full_attention") : parameters;
        requireUnscaled(local);
        keys.put(".rope.layout", "halves");
        double base = full.number("rope_theta").or(() -> config.number("rope_theta")).orElse(10_000.0);
        keys.put(".rope.freq_base", base);
        local.number("rope_theta").or(() -> config.number("rope_local_base_freq"))
                .ifPresent(swa -> keys.put(".rope.freq_base_swa", swa));
        double part = full.number("partial_rotary_factor").or(() -> config.number("partial_rotary_factor")).orElse(1.0);
        int rotated = (int) (keys.headDimension() * part);
        if (rotated <= 0 || rotated > keys.headDimension()) {
            throw config.wrong("partial_rotary_factor", "no part of a head");
        }
        keys.put(".rope.dimension_count", (long) rotated);
        String type = full.text("rope_type", "type").orElse("default");
        switch (type) {
            // three positions of an image's part, which of a text are one number
            case "default", "mrope" -> keys.put(".rope.scaling.type", "none");
            case "linear" -> stretched(type, full, keys);
            case "dynamic" -> dynamic(config, full, keys);
            case "yarn" -> yarn(config, full, keys);
            case "llama3" -> keys.put(DIVISORS + "rope_freqs.weight", llama3(config, full, base, rotated));
            case "longrope", "su" -> longRope(config, full, keys, rotated);
            default -> throw new UnsupportedModelException(config.file() + ": the rotary scaling " + Quoted.of(type)
                    + " is not built; built are default, linear, dynamic, yarn, llama3 and longrope");
        }
    }

    /** Refuses a scaling where none is built. */
    static void requireUnscaled(Config parameters) {
        String type = parameters.text("rope_type", "type").orElse("default");
        if (!type.equals("default")) {
            throw new UnsupportedModelException(parameters.file() + ": the rotary scaling " + Quoted.of(type)
                    + " is not built for these layers of this type of model");
        }
    }

    private static void stretched(String type, Config scaling, Keys keys) {
        keys.put(".rope.scaling.type", type);
        keys.put(".rope.scaling.factor", required(scaling, "factor"));
    }

    /**
     * The original context is max_position_embeddings, whatever else is said, as in Transformers; what the model can be loaded with is
     * that times the factor.
     */
    private static void dynamic(Config config, Config scaling, Keys keys) {
        if (scaling.has("alpha")) {
            throw new UnsupportedModelException(config.file() + ": the rotary scaling 'dynamic' with alpha is not built");
        }
        stretched("dynamic", scaling, keys);
        long original = keys.integer(".context_length");
        keys.put(".rope.scaling.original_context_length", original);
        keys.put(".context_length", (long) Math.min(Integer.MAX_VALUE, original * Math.max(1, required(scaling, "factor"))));
    }

    private static void yarn(Config config, Config scaling, Keys keys) {
        stretched("yarn", scaling, keys);
        double factor = required(scaling, "factor");
        keys.put(".rope.scaling.original_context_length", (long) original(config, scaling));
        keys.number(".rope.scaling.yarn_beta_fast", scaling.number("beta_fast"));
        keys.number(".rope.scaling.yarn_beta_slow", scaling.number("beta_slow"));
        if (!scaling.flagOr("truncate", true)) {
            throw new UnsupportedModelException(config.file() + ": YaRN without truncation (truncate is false) is not built");
        }
        double one = scaling.number("mscale").orElse(0.0);
        double all = scaling.number("mscale_all_dim").orElse(0.0);
        Optional<Double> magnitude = scaling.number("attention_factor")
                .or(() -> one != 0 && all != 0 ? Optional.of(magnitude(factor, one) / magnitude(factor, all)) : Optional.empty());
        keys.number(".rope.scaling.yarn_attn_factor", magnitude);
    }

    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private static int original(Config config, Config scaling) {
        return scaling.integer("original_max_position_embeddings").orElseGet(() ->
                config.integer("original_max_position_embeddings").orElseGet(() -> config.requiredInteger("max_position_embeddings")));
    }

    private static List<Double> llama3(Config config, Config scaling, double base, int rotated) {
        double factor = required(scaling, "factor");
        double low = required(scaling, "low_freq_factor");
        double high = required(scaling, "high_freq_factor");
        int original = original(config, scaling);
        if (high <= low || factor <= 0) {
            throw new ModelFormatException(config.file() + ": the rotary scaling llama3 has the factors " + factor + ", " + low + " and "
                    + high + "; get the file again");
        }
        List<Double> divisors = new ArrayList<>();
        for (int i = 0; i < rotated; i += 2) {
            double wavelength = 2 * Math.PI * Math.pow(base, (double) i / rotated);
            double smooth = (original / wavelength - low) / (high - low);
            divisors.add(wavelength < original / high ? 1 : wavelength > original / low ? factor
                    : 1 / ((1 - smooth) / factor + smooth));
        }
        return divisors;
    }

    private static void longRope(Config config, Config scaling, Keys keys, int rotated) {
        int original = original(config, scaling);
        double stretch = config.has("original_max_position_embeddings") || !scaling.has("factor")
                ? (double) keys.integer(".context_length") / original : required(scaling, "factor");
        double magnitude = scaling.number("attention_factor")
                .orElse(stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original)));
        keys.put(".rope.scaling.original_context_length", (long) original);
        keys.put(".rope.scaling.attn_factor", magnitude);
        keys.put(DIVISORS + "rope_factors_short.weight", numbers(scaling, "short_factor", rotated / 2));
        keys.put(DIVISORS + "rope_factors_long.weight", numbers(scaling, "long_factor", rotated / 2));
    }

    private static List<Double> numbers(Config config, String key, int count) {
        List<Double> numbers = new ArrayList<>();
        for (JsonNode number : config.list(key)) {
            if (!number.isNumber()) {
                throw config.wrong(key, "no list of numbers");
            }
            numbers.add(number.doubleValue());
        }
        if (numbers.size() != count) {
            throw config.wrong(key, "not " + count + " numbers");
        }
        return numbers;
    }

    private static double required(Config config, String key) {
        return config.number(key).orElseThrow(() -> new ModelFormatException(config.file() + ": its rotary scaling has no " + key
                + "; get the file again"));
    }
}
