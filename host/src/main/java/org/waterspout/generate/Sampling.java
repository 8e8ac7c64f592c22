package org.waterspout.generate;

import java.security.SecureRandom;
import java.util.Map;
import java.util.OptionalLong;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.Metadata;

/**
 * How the next token is chosen from the logits. Applied in this order, as Transformers does: logit bias, penalties,
 * temperature, top-k, top-p, min-p, then one draw.
 *
 * @param temperature       0 takes the most likely token (after bias and penalties) and ignores the filters; else logits are divided by it
 * @param topK              keep the k most likely tokens; 0 keeps all
 * @param topP              keep the smallest set of most likely tokens whose probabilities sum to at least this (Holtzman et al. 2020); 1 keeps all
 * @param minP              drop tokens less likely than this part of the most likely one (Nguyen et al. 2024); 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of every token seen in prompt or answer (Keskar et al. 2019); 1 does nothing
 * @param presencePenalty   subtracted once from the logit of every token of the answer so far
 * @param frequencyPenalty  subtracted from the logit of a token of the answer as often as it occurs there
 * @param logitBias         added to the logits of these tokens; -Infinity forbids one
 * @param seed              the same seed gives the same tokens on the same backend; without one, one is drawn, and given in the result
 */
public record Sampling(float temperature, int topK, float topP, float minP, float repetitionPenalty, float presencePenalty,
        float frequencyPenalty, Map<Integer, Float> logitBias, OptionalLong seed) {

    /** The most likely token, always. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 0, 0, Map.of(), OptionalLong.empty());

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

    /** How a model's file wants tokens drawn, in the keys {@code generation.*}; what it does not say is as in Transformers. */
    static Sampling of(Metadata metadata) {
        float topP = metadata.numberOr("generation.top_p", 1);
        return new Sampling(metadata.numberOr("generation.temperature", 1), metadata.integerOr("generation.top_k", 50),
                topP == 0 ? Float.MIN_VALUE : topP, metadata.numberOr("generation.min_p", 0), 1, 0, 0, Map.of(), OptionalLong.empty());
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
        return new Sampling(value, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed);
    }

    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed);
    }

    public Sampling withTopP(float value) {
        return new Sampling(temperature, topK, value, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed);
    }

    public Sampling withMinP(float value) {
        return new Sampling(temperature, topK, topP, value, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias, seed);
    }

    public Sampling withPenalties(float repetition, float presence, float frequency) {
        return new Sampling(temperature, topK, topP, minP, repetition, presence, frequency, logitBias, seed);
    }

    public Sampling withLogitBias(Map<Integer, Float> value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, value, seed);
    }

    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, logitBias,
                OptionalLong.of(value));
    }
}
