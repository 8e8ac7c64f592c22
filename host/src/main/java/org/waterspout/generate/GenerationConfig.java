package org.waterspout.generate;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.generate.BeamRule.Stopping;
import org.waterspout.model.Metadata;

/**
 * How the target of an encoder-decoder is chosen. Numbers of tokens count neither the start token nor, unless said, the end token.
 *
 * @param beams                hypotheses at a time; 1 is greedy search
 * @param best                 results wanted of each source, at most {@code beams}
 * @param rule                 of the beam
 * @param minTokens            no target ends before it has this many
 * @param maxTokens            most tokens of a target, its end token among them; 0 for as many as the context holds
 * @param maxTokensPerSource   most tokens of a target for each token of its source; 0 for no such limit
 * @param rules                how logits are changed before a token is chosen
 * @param sampling             draws instead of taking the most likely; with one beam only
 */
public record GenerationConfig(int beams, int best, BeamRule rule, int minTokens, int maxTokens, float maxTokensPerSource, LogitRules rules,
        Optional<Sampling> sampling) {

    public static final GenerationConfig GREEDY = new GenerationConfig(1, 1, BeamRule.DEFAULT, 0, 0, 0, LogitRules.NONE, Optional.empty());

    private static final int MAX_BEAMS = 1024;

    public GenerationConfig {
        check(beams >= 1 && beams <= MAX_BEAMS, "the beam is " + beams + "; it must be 1 to " + MAX_BEAMS);
        check(best >= 1 && best <= beams, best + " best translations are asked for with a beam of " + beams + "; it gives 1 to " + beams);
        check(minTokens >= 0 && maxTokens >= 0, "numbers of tokens must be 0 or more");
        check(maxTokens == 0 || minTokens < maxTokens, "targets of at least " + minTokens + " and, with their end, at most " + maxTokens
                + " tokens are asked for; there are none");
        check(maxTokensPerSource >= 0 && Float.isFinite(maxTokensPerSource), "the target's tokens for one of the source must be 0 or more");
        check(sampling.isEmpty() || beams == 1, "sampling works with a beam of 1");
    }

    /**
     * What an encoder-decoder's file asks for, in the keys {@code generation.*}, named as in Transformers' generation_config.json, and
     * max_length_factor as in Marian's decoder.yml; what it does not say is as in {@link #GREEDY}.
     */
    public static GenerationConfig of(Metadata metadata) {
        return of(metadata, beams(metadata), 1, OptionalInt.empty(), sampling(metadata));
    }

    /**
     * As {@link #of(Metadata)} for any model.
     *
     * @param beams hypotheses that go on
     * @param begin tokens of a sequence before the answer, which max_length and min_length count: 1 of an encoder-decoder, of a decoder its
     *              prompt's
     * @param asked most tokens of an answer, where the request says
     * @param draws how tokens are drawn, where they are
     * @throws UnsupportedModelException for a setting that is not built and would change the answer; the message names it
     */
    private static GenerationConfig of(Metadata metadata, int beams, int begin, OptionalInt asked, Optional<Sampling> draws) {
        metadata.optionalList("generation.unsupported", String.class).ifPresent(all -> {
            throw new UnsupportedModelException(all.getFirst());
        });
        boolean marian = metadata.optionalString("generation.beam_rule").orElse("").equals("marian");
        BeamRule rule = new BeamRule(metadata.numberOr("generation.length_penalty", 1), marian ? Stopping.LAST : stopping(metadata), 1,
                marian);
        int min = metadata.optionalInteger("generation.min_new_tokens")
                .orElseGet(() -> Math.max(0, metadata.integerOr("generation.min_length", 0) - begin));
        OptionalInt length = metadata.optionalInteger("generation.max_length");
        int max = metadata.optionalInteger("generation.max_new_tokens").orElse(length.isPresent() ? length.getAsInt() - begin : 0);
        if (length.isPresent() && max <= 0 && asked.isEmpty()) {
            throw new InvalidRequestException("the prompt has " + begin + " tokens, and the model's file allows " + length.getAsInt()
                    + " with the answer (max_length): say how many the answer may have");
        }
        max = Math.max(0, max);
        return new GenerationConfig(beams, 1, rule, max == 0 ? min : Math.min(min, max - 1), max,
                metadata.numberOr("generation.max_length_factor", 0), LogitRules.of(metadata), draws);
    }

    /** How a model's file wants tokens drawn; empty where it does not want it. */
    private static Optional<Sampling> sampling(Metadata metadata) {
        return Sampling.isWanted(metadata) ? Optional.of(Sampling.of(metadata, Sampling.GREEDY)) : Optional.empty();
    }

    /**
     * What a decoder's file asks for, changed as {@code request} asks.
     *
     * @throws UnsupportedModelException for a setting that is not built and would change the answer; the message names it
     */
    public static GenerationConfig forPrompt(Metadata metadata, GenerationRequest request, int promptTokens) {
        OptionalInt asked = request.maxTokens();
        int beams = request.sampling().isPresent() ? 1 : beams(metadata);
        GenerationConfig file = of(metadata, beams, promptTokens, asked, request.sampling().or(() -> sampling(metadata)));
        int most = asked.orElse(file.maxTokens == 0 ? GenerationRequest.DEFAULT_MAX_TOKENS : file.maxTokens);
        return file.withTokens(most == 0 ? 0 : Math.min(file.minTokens, most - 1), most);
    }

    /** Hypotheses that a model's file asks for. */
    public static int beams(Metadata metadata) {
        return Math.max(1, metadata.integerOr("generation.num_beams", 1));
    }

    private static Stopping stopping(Metadata metadata) {
        return switch (metadata.values().get("generation.early_stopping")) {
            case null -> Stopping.ESTIMATE;
            case Boolean early -> early ? Stopping.FULL : Stopping.ESTIMATE;
            case String never when never.equals("never") -> Stopping.POSSIBLE;
            case Object other -> throw new ModelFormatException("generation.early_stopping is " + Quoted.of(other.toString())
                    + ", neither true, false nor never");
        };
    }

    private static void check(boolean fits, String otherwise) {
        if (!fits) {
            throw new InvalidRequestException(otherwise);
        }
    }

    public GenerationConfig withBeams(int value, int bestOfThem) {
        return new GenerationConfig(value, bestOfThem, rule, minTokens, maxTokens, maxTokensPerSource, rules, sampling);
    }

    public GenerationConfig withRule(BeamRule value) {
        return new GenerationConfig(beams, best, value, minTokens, maxTokens, maxTokensPerSource, rules, sampling);
    }

    public GenerationConfig withTokens(int min, int max) {
        return new GenerationConfig(beams, best, rule, min, max, maxTokensPerSource, rules, sampling);
    }

    public GenerationConfig withRules(LogitRules value) {
        return new GenerationConfig(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, value, sampling);
    }

    public GenerationConfig withSampling(Sampling value) {
        return new GenerationConfig(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, rules, Optional.of(value));
    }

    /** As this, with a seed drawn where tokens are drawn and none is given. */
    public GenerationConfig seeded() {
        return sampling.isEmpty() ? this : withSampling(sampling.get().seeded());
    }

    /** As this, with {@code value} more in its seed where it has one: for one of several answers. */
    public GenerationConfig withSeedAdded(long value) {
        return sampling.isEmpty() || sampling.get().seed().isEmpty() ? this
                : withSampling(sampling.get().withSeed(sampling.get().seed().getAsLong() + value));
    }

    /** The seed that tokens are drawn with; empty where none are. */
    public OptionalLong seed() {
        return sampling.filter(one -> one.temperature() > 0).map(Sampling::seed).orElse(OptionalLong.empty());
    }

    /** Most tokens of a target, the end token among them. */
    public int limit(int sourceTokens, int contextLength) {
        int limit = maxTokens == 0 ? contextLength : Math.min(maxTokens, contextLength);
        return maxTokensPerSource == 0 ? limit
                : (int) Math.max(1, Math.min(limit, Math.ceil((double) maxTokensPerSource * sourceTokens)));
    }
}
