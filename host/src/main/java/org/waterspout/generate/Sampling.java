package org.waterspout.generate;

import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;

/**
 * How the next token is chosen from the logits. Applied in this order, as Transformers does: logit bias, penalties,
 * temperature, top-h, top-k, top-p, min-p, typical-p, epsilon, eta, then one draw.
 *
 * @param temperature       0 takes the most likely token (after bias and penalties) and ignores the filters; else logits are divided by it
 * @param topK              keep the k most likely tokens; 0 keeps all
 * @param topP              keep the smallest set of most likely tokens whose probabilities sum to at least this (Holtzman et al. 2020); 1
 *                          keeps all
 * @param minP              drop tokens less likely than this part of the most likely one (Nguyen et al. 2024); 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of every token seen in prompt or answer (Keskar et al. 2019); 1
 *                          does nothing
 * @param presencePenalty   subtracted once from the logit of every token of the answer so far
 * @param frequencyPenalty  subtracted from the logit of a token of the answer as often as it occurs there
 * @param cutoffs           filters that are seldom used
 * @param logitBias         added to the logits of these tokens; -Infinity forbids one
 * @param seed              the same seed gives the same tokens on the same backend; without one, one is drawn, and given in the result
 */
public record Sampling(float temperature, int topK, float topP, float minP, float repetitionPenalty, float presencePenalty,
        float frequencyPenalty, Cutoffs cutoffs, Map<Integer, Float> logitBias, OptionalLong seed) {

    /**
     * Filters of tokens, each counting from what those before it left.
     *
     * @param topH     keep the most likely tokens, among the first hundred, that together have no more than this part of their entropy
     *                 (Potraghloo et al. 2025); 0 keeps all
     * @param typicalP keep the tokens whose information is nearest to the entropy, until they reach this probability (Meister et al. 2023);
     *                 1 keeps all
     * @param epsilon  drop tokens of a smaller probability (Hewitt et al. 2022); 0 keeps all
     * @param eta      drop tokens of a probability below min(eta, sqrt(eta) e^-entropy) (Hewitt et al. 2022); 0 keeps all
     */
    public record Cutoffs(float topH, float typicalP, float epsilon, float eta) {

        public static final Cutoffs NONE = new Cutoffs(0, 1, 0, 0);

        public Cutoffs {
            check(topH >= 0 && topH <= 1, "top-h", topH, "0 to 1");
            check(typicalP > 0 && typicalP <= 1, "typical-p", typicalP, "above 0, at most 1");
            check(epsilon >= 0 && epsilon < 1, "the epsilon cutoff", epsilon, "0 or more, below 1");
            check(eta >= 0 && eta < 1, "the eta cutoff", eta, "0 or more, below 1");
        }
    }

    /** The most likely token, always. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 0, 0, Cutoffs.NONE, Map.of(), OptionalLong.empty());

    /** What Transformers draws with where nothing is said. */
    private static final Sampling DRAWN = GREEDY.withTemperature(1).withTopK(50);

    public Sampling {
        logitBias = Map.copyOf(logitBias);
        check(temperature >= 0 && temperature <= 100, "temperature", temperature, "0 to 100");
        check(topK >= 0, "top-k", topK, "0 or more");
        check(topP > 0 && topP <= 1, "top-p", topP, "above 0, at most 1");
        check(minP >= 0 && minP <= 1, "min-p", minP, "0 to 1");
        check(repetitionPenalty > 0 && Float.isFinite(repetitionPenalty), "repetition penalty", repetitionPenalty, "above 0");
        check(Math.abs(presencePenalty) <= 100, "presence penalty", presencePenalty, "-100 to 100");
        check(Math.abs(frequencyPenalty) <= 100, "frequency penalty", frequencyPenalty, "-100 to 100");
        for (Map.Entry<Integer, Float> bias : logitBias.entrySet()) {
            check(!bias.getValue().isNaN() && bias.getValue() != Float.POSITIVE_INFINITY, "logit bias of token " + bias.getKey(),
                    bias.getValue(), "a number or -Infinity");
        }
    }

    /** Whether a model's file wants tokens drawn: generation_config.json's do_sample, or a GGUF's general.sampling.temp. */
    static boolean isWanted(Metadata metadata) {
        return metadata.flagOr("generation.do_sample", false) || metadata.has("general.sampling.temp");
    }

    /**
     * How a model's file wants tokens drawn, in the keys {@code generation.*} (generation_config.json) and {@code general.sampling.*}
     * (GGUF).
     *
     * @param otherwise holds for what the file does not say, unless it asks for draws itself: that is as in Transformers then
     * @throws UnsupportedModelException for a setting of draws that is not built; the message names it
     */
    public static Sampling of(Metadata metadata, Sampling otherwise) {
        requireBuilt(metadata);
        boolean said = metadata.flagOr("generation.do_sample", false);
        Sampling base = said ? DRAWN : isWanted(metadata) ? GREEDY : otherwise;
        float topP = either(metadata, "top_p", "top_p", base.topP);
        Cutoffs cutoffs = new Cutoffs(metadata.numberOr("generation.top_h", base.cutoffs.topH),
                Math.min(1, metadata.numberOr("generation.typical_p", base.cutoffs.typicalP)),
                cutoff(metadata.numberOr("generation.epsilon_cutoff", base.cutoffs.epsilon)),
                cutoff(metadata.numberOr("generation.eta_cutoff", base.cutoffs.eta)));
        return base.withTemperature(either(metadata, "temperature", "temp", base.temperature))
                .withTopK(Math.max(0, metadata.optionalInteger("generation.top_k")
                .orElse(metadata.integerOr("general.sampling.top_k", base.topK))))
                .withTopP(topP <= 0 ? Float.MIN_VALUE : Math.min(1, topP)).withMinP(either(metadata, "min_p", "min_p", base.minP))
                .withCutoffs(cutoffs);
    }

    private static float either(Metadata metadata, String folder, String gguf, float otherwise) {
        return metadata.numberOr("generation." + folder, metadata.numberOr("general.sampling." + gguf, otherwise));
    }

    /** Transformers leaves out what is not between 0 and 1. */
    private static float cutoff(float value) {
        return value > 0 && value < 1 ? value : 0;
    }

    private static void requireBuilt(Metadata metadata) {
        for (String key : List.of("general.sampling.xtc_probability", "general.sampling.mirostat")) {
            if (metadata.numberOr(key, 0) > 0) {
                throw new UnsupportedModelException("the model's file asks for " + key + " = " + metadata.values().get(key)
                        + ", which is not built and would change the answer; say how to draw tokens yourself, or take the key out of the"
                        + " file");
            }
        }
        if (metadata.has("general.sampling.sequence")) {
            throw new UnsupportedModelException("the model's file asks for an order of filters of its own (general.sampling.sequence = "
                    + Quoted.of(metadata.string("general.sampling.sequence"))
                    + "), which is not built; say how to draw tokens yourself, or take the key out of the file");
        }
    }

    /** Whether no filter is on. */
    public boolean keepsAll() {
        return topK == 0 && topP == 1 && minP == 0 && cutoffs.equals(Cutoffs.NONE);
    }

    /** As this, with a seed drawn if there is none. Seeds are exact in JSON. */
    public Sampling seeded() {
        return seed.isPresent() ? this : withSeed(new SecureRandom().nextLong(1L << 53));
    }

    private static void check(boolean fits, String name, Object value, String range) {
        if (!fits) {
            throw new InvalidRequestException(name + " is " + value + "; it must be " + range);
        }
    }

    public Sampling withTemperature(float value) {
        return new Sampling(value, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, logitBias, seed);
    }

    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, logitBias, seed);
    }

    public Sampling withTopP(float value) {
        return new Sampling(temperature, topK, value, minP, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, logitBias, seed);
    }

    public Sampling withMinP(float value) {
        return new Sampling(temperature, topK, topP, value, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, logitBias, seed);
    }

    public Sampling withPenalties(float repetition, float presence, float frequency) {
        return new Sampling(temperature, topK, topP, minP, repetition, presence, frequency, cutoffs, logitBias, seed);
    }

    public Sampling withCutoffs(Cutoffs value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, value, logitBias, seed);
    }

    public Sampling withLogitBias(Map<Integer, Float> value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, value, seed);
    }

    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, cutoffs, logitBias,
                OptionalLong.of(value));
    }
}
