package org.waterspout;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;

/**
 * What is asked of a {@link Translator}. What is absent is as the model's file says.
 *
 * @param from          language of the texts, by the model's name or an ISO 639 code
 * @param to            language to translate into
 * @param prefix        put before every piece of text, for models that are told what to do: "translate English to German: "
 * @param beams         hypotheses at a time; 1 is greedy search
 * @param best          translations wanted of each text
 * @param lengthPenalty exponent of the length that scores are divided by: above 1 favours long translations
 * @param minTokens     least tokens of a translation
 * @param maxTokens     most tokens of a translation
 * @param noRepeatNgram no sequence of this many tokens occurs twice in a translation
 * @param splitting     how texts are cut into pieces
 * @param shortlist     use the model's list of likely words, where it has one
 * @param adjust        last change of how targets are chosen: patience, sampling, forbidden tokens
 */
public record TranslationOptions(Optional<String> from, Optional<String> to, String prefix, OptionalInt beams, int best,
        OptionalDouble lengthPenalty, OptionalInt minTokens, OptionalInt maxTokens, OptionalInt noRepeatNgram, Splitting splitting,
        boolean shortlist, UnaryOperator<GenerationConfig> adjust) {

    /** How texts are cut into pieces. */
    public enum Splitting {
        /** Into sentences where a text has several lines or more tokens than the model reads; else not at all. */
        LONG,
        /** Always into sentences. */
        SENTENCES,
        /** Never: what is too long is refused. */
        NEVER
    }

    /** As the model's file says. */
    public static final TranslationOptions DEFAULT = new TranslationOptions(Optional.empty(), Optional.empty(), "", OptionalInt.empty(), 1,
            OptionalDouble.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), Splitting.LONG, true,
            UnaryOperator.identity());

    public TranslationOptions {
        if (best < 1) {
            throw new InvalidRequestException(best + " translations of each text are asked for; ask for 1 or more");
        }
    }

    public TranslationOptions withLanguages(String source, String target) {
        return new TranslationOptions(Optional.of(source), Optional.of(target), prefix, beams, best, lengthPenalty, minTokens, maxTokens,
                noRepeatNgram, splitting, shortlist, adjust);
    }

    public TranslationOptions withFrom(String value) {
        return new TranslationOptions(Optional.of(value), to, prefix, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withTo(String value) {
        return new TranslationOptions(from, Optional.of(value), prefix, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withPrefix(String value) {
        return new TranslationOptions(from, to, value, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram, splitting,
                shortlist, adjust);
    }

    public TranslationOptions withBeams(int value) {
        return new TranslationOptions(from, to, prefix, OptionalInt.of(value), best, lengthPenalty, minTokens, maxTokens, noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withBest(int value) {
        return new TranslationOptions(from, to, prefix, beams, value, lengthPenalty, minTokens, maxTokens, noRepeatNgram, splitting,
                shortlist, adjust);
    }

    public TranslationOptions withLengthPenalty(double value) {
        return new TranslationOptions(from, to, prefix, beams, best, OptionalDouble.of(value), minTokens, maxTokens, noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withMinTokens(int value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, OptionalInt.of(value), maxTokens, noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withMaxTokens(int value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, minTokens, OptionalInt.of(value), noRepeatNgram,
                splitting, shortlist, adjust);
    }

    public TranslationOptions withNoRepeatNgram(int value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, minTokens, maxTokens, OptionalInt.of(value), splitting,
                shortlist, adjust);
    }

    public TranslationOptions withSplitting(Splitting value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram, value, shortlist,
                adjust);
    }

    public TranslationOptions withShortlist(boolean value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram, splitting, value,
                adjust);
    }

    public TranslationOptions withAdjustment(UnaryOperator<GenerationConfig> value) {
        return new TranslationOptions(from, to, prefix, beams, best, lengthPenalty, minTokens, maxTokens, noRepeatNgram, splitting,
                shortlist, value);
    }

    /** The model's own way of choosing tokens, changed as these options ask. */
    GenerationConfig config(GenerationConfig model) {
        int beam = beams.orElse(Math.max(model.beams(), best));
        GenerationConfig changed = model.withBeams(beam, best);
        if (lengthPenalty.isPresent()) {
            changed = changed.withRule(changed.rule().withLengthPenalty((float) lengthPenalty.getAsDouble()));
        }
        int max = maxTokens.orElse(model.maxTokens());
        changed = changed.withTokens(minTokens.orElse(max == 0 ? model.minTokens() : Math.min(model.minTokens(), max - 1)), max);
        changed = noRepeatNgram.isPresent() ? changed.withRules(changed.rules().withNoRepeatNgram(noRepeatNgram.getAsInt())) : changed;
        return adjust.apply(changed);
    }
}
