package org.waterspout.generate;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
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
 * @param noRepeatNgram        no sequence of this many tokens occurs twice, the start token among them; 0 for no such rule
 * @param firstToken           what every target begins with: a language
 * @param lastToken            what stands at the {@code maxTokens}th place
 * @param forbidden            tokens that never occur
 * @param sampling             draws instead of taking the most likely; with one beam only
 */
public record Decoding(int beams, int best, BeamRule rule, int minTokens, int maxTokens, float maxTokensPerSource, int noRepeatNgram,
        OptionalInt firstToken, OptionalInt lastToken, Set<Integer> forbidden, Optional<Sampling> sampling) {

    public static final Decoding GREEDY = new Decoding(1, 1, BeamRule.DEFAULT, 0, 0, 0, 0, OptionalInt.empty(), OptionalInt.empty(),
            Set.of(), Optional.empty());

    private static final int MOST_BEAMS = 1024;

    public Decoding {
        forbidden = Set.copyOf(forbidden);
        check(beams >= 1 && beams <= MOST_BEAMS, "the beam is " + beams + "; it must be 1 to " + MOST_BEAMS);
        check(best >= 1 && best <= beams, best + " best translations are asked for with a beam of " + beams + "; it gives 1 to " + beams);
        check(minTokens >= 0 && maxTokens >= 0 && noRepeatNgram >= 0, "numbers of tokens must be 0 or more");
        check(maxTokens == 0 || minTokens < maxTokens, "targets of at least " + minTokens + " and, with their end, at most " + maxTokens
                + " tokens are asked for; there are none");
        check(maxTokensPerSource >= 0 && Float.isFinite(maxTokensPerSource), "the target's tokens for one of the source must be 0 or more");
        check(sampling.isEmpty() || beams == 1, "sampling works with a beam of 1");
    }

    /**
     * What a model's file asks for, in the keys {@code generation.*}, named as in Transformers' generation_config.json, and
     * max_length_factor as in Marian's decoder.yml; what it does not say is as in {@link #GREEDY}.
     */
    public static Decoding of(Metadata metadata) {
        int beams = Math.max(1, metadata.integerOr("generation.num_beams", 1));
        boolean marian = metadata.optionalString("generation.beam_rule").orElse("").equals("marian");
        BeamRule rule = new BeamRule(metadata.numberOr("generation.length_penalty", 1), marian ? Stopping.LAST : stopping(metadata), 1, marian);
        // Transformers counts the start token
        int min = Math.max(0, metadata.integerOr("generation.min_length", 0) - 1);
        int max = Math.max(0, metadata.integerOr("generation.max_length", 1) - 1);
        Set<Integer> forbidden = metadata.optionalList("generation.forbidden_token_ids", Long.class).stream()
                .flatMap(ids -> ids.stream()).map(Math::toIntExact).collect(Collectors.toCollection(TreeSet::new));
        return new Decoding(beams, 1, rule, min, max, metadata.numberOr("generation.max_length_factor", 0),
                metadata.integerOr("generation.no_repeat_ngram_size", 0), metadata.optionalInteger("generation.forced_bos_token_id"),
                metadata.optionalInteger("generation.forced_eos_token_id"), forbidden, Optional.empty());
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

    public Decoding withBeams(int value, int bestOfThem) {
        return new Decoding(value, bestOfThem, rule, minTokens, maxTokens, maxTokensPerSource, noRepeatNgram, firstToken, lastToken, forbidden,
                sampling);
    }

    public Decoding withRule(BeamRule value) {
        return new Decoding(beams, best, value, minTokens, maxTokens, maxTokensPerSource, noRepeatNgram, firstToken, lastToken, forbidden,
                sampling);
    }

    public Decoding withTokens(int least, int most) {
        return new Decoding(beams, best, rule, least, most, maxTokensPerSource, noRepeatNgram, firstToken, lastToken, forbidden, sampling);
    }

    public Decoding withNoRepeatNgram(int value) {
        return new Decoding(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, value, firstToken, lastToken, forbidden, sampling);
    }

    public Decoding withForced(OptionalInt first, OptionalInt last) {
        return new Decoding(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, noRepeatNgram, first, last, forbidden, sampling);
    }

    public Decoding withForbidden(Set<Integer> value) {
        return new Decoding(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, noRepeatNgram, firstToken, lastToken, value, sampling);
    }

    public Decoding withSampling(Sampling value) {
        return new Decoding(beams, best, rule, minTokens, maxTokens, maxTokensPerSource, noRepeatNgram, firstToken, lastToken, forbidden,
                Optional.of(value));
    }

    /** Most tokens of a target, the end token among them. */
    int limit(int sourceTokens, int contextLength) {
        int limit = maxTokens == 0 ? contextLength : Math.min(maxTokens, contextLength);
        return maxTokensPerSource == 0 ? limit
                : (int) Math.max(1, Math.min(limit, Math.ceil((double) maxTokensPerSource * sourceTokens)));
    }
}
