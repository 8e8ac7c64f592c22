package org.waterspout.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.Metadata;

/**
 * How logits are changed before a token is chosen, whether the most likely or drawn: the logits processors of Transformers, under the names
 * of its generation_config.json and applied in its order. What a search with beams changes are log-probabilities. A decoder's source is its
 * prompt.
 *
 * @param repetitionPenalty        divides positive and multiplies negative logits of every token of prompt and answer (Keskar et al. 2019);
 *                                 1 does nothing
 * @param repetitionWindow         the last tokens that the repetition penalty looks at; 0 for all
 * @param encoderRepetitionPenalty multiplies positive and divides negative logits of every token of the source; 1 does nothing
 * @param noRepeatNgram            no sequence of this many tokens occurs twice; 0 for no such rule
 * @param encoderNoRepeatNgram     no sequence of this many tokens of the source occurs in the answer; 0 for no such rule
 * @param biases                   added to the last token of each sequence, where those before it were just chosen
 * @param badWords                 sequences whose last token is forbidden where those before it were just chosen; a single end token is not
 * @param firstToken               what every target begins with: a language
 * @param lastTokens               what stands at the last place that the greatest length allows
 * @param removeInvalid            what is forbidden becomes the least finite number instead, so that something is always chosen
 * @param decay                    from where on, and how, end tokens become more likely
 * @param suppressed               tokens that never occur
 * @param suppressedFirst          tokens that are not the first of an answer
 * @param allowed                  the only tokens that may occur; empty for all
 * @param renormalize              log-probabilities are normalized again, last
 */
public record LogitRules(float repetitionPenalty, int repetitionWindow, float encoderRepetitionPenalty, int noRepeatNgram,
        int encoderNoRepeatNgram, List<Bias> biases, List<List<Integer>> badWords, OptionalInt firstToken, List<Integer> lastTokens,
        boolean removeInvalid, Decay decay,
        Set<Integer> suppressed, Set<Integer> suppressedFirst, Set<Integer> allowed, boolean renormalize) {

    /** A bias of a sequence's last token. */
    public record Bias(List<Integer> sequence, float value) {
        public Bias {
            sequence = List.copyOf(sequence);
        }
    }

    /**
     * An end token's logit grows by |logit| (factor ^ n - 1) at the nth token after the first {@code start}.
     *
     * @param factor 1 does nothing
     */
    public record Decay(int start, float factor) {
        public static final Decay NONE = new Decay(0, 1);
    }

    /** Tokens that llama.cpp's penalties look at where nothing is said. */
    private static final int LLAMA_CPP_WINDOW = 64;

    /** Nothing is changed. */
    public static final LogitRules NONE = new LogitRules(1, 0, 1, 0, 0, List.of(), List.of(), OptionalInt.empty(), List.of(), false,
            Decay.NONE, Set.of(), Set.of(), Set.of(), false);

    public LogitRules {
        biases = List.copyOf(biases);
        badWords = badWords.stream().map(List::copyOf).toList();
        lastTokens = List.copyOf(lastTokens);
        suppressed = Set.copyOf(suppressed);
        suppressedFirst = Set.copyOf(suppressedFirst);
        allowed = Set.copyOf(allowed);
        checkPenalty(repetitionPenalty);
        checkPenalty(encoderRepetitionPenalty);
        if (noRepeatNgram < 0 || encoderNoRepeatNgram < 0 || repetitionWindow < 0) {
            throw new InvalidRequestException("numbers of tokens must be 0 or more");
        }
        if (biases.stream().anyMatch(bias -> bias.sequence().isEmpty() || Float.isNaN(bias.value()))
                || badWords.stream().anyMatch(List::isEmpty)) {
            throw new InvalidRequestException("a biased or forbidden sequence has no token, or its bias is no number");
        }
    }

    private static void checkPenalty(float penalty) {
        if (!(penalty > 0) || !Float.isFinite(penalty)) {
            throw new InvalidRequestException("repetition penalty is " + penalty + "; it must be above 0");
        }
    }

    /** What a model's file asks for, in the keys {@code generation.*} and {@code general.sampling.*}. */
    static LogitRules of(Metadata metadata) {
        Set<Integer> suppressed = tokens(metadata, "generation.suppress_tokens");
        suppressed.addAll(tokens(metadata, "generation.forbidden_token_ids"));
        int window = metadata.integerOr("general.sampling.penalty_last_n", LLAMA_CPP_WINDOW);
        float penalty = window == 0 ? 1 : metadata.numberOr("general.sampling.penalty_repeat", 1);
        return new LogitRules(metadata.numberOr("generation.repetition_penalty", penalty), penalty == 1 ? 0 : Math.max(0, window),
                metadata.numberOr("generation.encoder_repetition_penalty", 1), metadata.integerOr("generation.no_repeat_ngram_size", 0),
                metadata.integerOr("generation.encoder_no_repeat_ngram_size", 0), biases(metadata),
                sequences(metadata, "generation.bad_words_ids"), metadata.optionalInteger("generation.forced_bos_token_id"),
                lastTokens(metadata), metadata.flagOr("generation.remove_invalid_values", false), decay(metadata), suppressed,
                tokens(metadata, "generation.begin_suppress_tokens"), Set.of(), metadata.flagOr("generation.renormalize_logits", false));
    }

    private static Set<Integer> tokens(Metadata metadata, String key) {
        return metadata.optionalList(key, Long.class).stream().flatMap(List::stream).map(Math::toIntExact)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Integer> lastTokens(Metadata metadata) {
        String key = "generation.forced_eos_token_id";
        return metadata.values().get(key) instanceof List<?> ? List.copyOf(tokens(metadata, key))
                : metadata.optionalInteger(key).stream().boxed().toList();
    }

    /** Each a text of token ids with spaces between. */
    private static List<List<Integer>> sequences(Metadata metadata, String key) {
        try {
            return metadata.optionalList(key, String.class).stream().flatMap(List::stream)
                    .map(sequence -> Stream.of(sequence.split(" ")).map(Integer::valueOf).toList()).toList();
        } catch (NumberFormatException e) {
            throw new ModelFormatException(key + " holds " + Quoted.of(metadata.values().get(key).toString())
                    + ", no sequences of token ids");
        }
    }

    private static List<Bias> biases(Metadata metadata) {
        List<List<Integer>> sequences = sequences(metadata, "generation.sequence_bias.tokens");
        List<Double> values = metadata.optionalList("generation.sequence_bias", Double.class).orElse(List.of());
        if (sequences.size() != values.size()) {
            throw new ModelFormatException("generation.sequence_bias has " + values.size() + " numbers for " + sequences.size()
                    + " sequences");
        }
        List<Bias> biases = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            biases.add(new Bias(sequences.get(i), values.get(i).floatValue()));
        }
        return biases;
    }

    private static Decay decay(Metadata metadata) {
        List<Double> two = metadata.optionalList("generation.exponential_decay_length_penalty", Double.class).orElse(List.of(0.0, 1.0));
        if (two.size() != 2) {
            throw new ModelFormatException("generation.exponential_decay_length_penalty has " + two.size() + " numbers, not 2");
        }
        return new Decay(two.getFirst().intValue(), two.getLast().floatValue());
    }

    /** Whether more is changed than which tokens are allowed. */
    public boolean changesValues() {
        return repetitionPenalty != 1 || encoderRepetitionPenalty != 1 || !biases.isEmpty() || decay.factor() != 1 || removeInvalid
                || renormalize;
    }

    /** All tokens that are named. */
    public Stream<Integer> named() {
        return Stream.of(biases.stream().flatMap(bias -> bias.sequence().stream()), badWords.stream().flatMap(List::stream),
                firstToken.stream().boxed(), lastTokens.stream(), suppressed.stream(), suppressedFirst.stream(), allowed.stream())
                .flatMap(each -> each);
    }

    public LogitRules withRepetitionPenalty(float value) {
        return new LogitRules(value, 0, encoderRepetitionPenalty, noRepeatNgram, encoderNoRepeatNgram, biases, badWords, firstToken,
                lastTokens, removeInvalid, decay, suppressed, suppressedFirst, allowed, renormalize);
    }

    public LogitRules withNoRepeatNgram(int value) {
        return new LogitRules(repetitionPenalty, repetitionWindow, encoderRepetitionPenalty, value, encoderNoRepeatNgram, biases, badWords,
                firstToken, lastTokens, removeInvalid, decay, suppressed, suppressedFirst, allowed, renormalize);
    }

    public LogitRules withForced(OptionalInt first, List<Integer> last) {
        return new LogitRules(repetitionPenalty, repetitionWindow, encoderRepetitionPenalty, noRepeatNgram, encoderNoRepeatNgram, biases,
                badWords, first, last, removeInvalid, decay, suppressed, suppressedFirst, allowed, renormalize);
    }

    public LogitRules withSuppressed(Set<Integer> value) {
        return new LogitRules(repetitionPenalty, repetitionWindow, encoderRepetitionPenalty, noRepeatNgram, encoderNoRepeatNgram, biases,
                badWords, firstToken, lastTokens, removeInvalid, decay, value, suppressedFirst, allowed, renormalize);
    }

    public LogitRules withBadWords(List<List<Integer>> value) {
        return new LogitRules(repetitionPenalty, repetitionWindow, encoderRepetitionPenalty, noRepeatNgram, encoderNoRepeatNgram, biases,
                value, firstToken, lastTokens, removeInvalid, decay, suppressed, suppressedFirst, allowed, renormalize);
    }

    public LogitRules withAllowed(Set<Integer> value) {
        return new LogitRules(repetitionPenalty, repetitionWindow, encoderRepetitionPenalty, noRepeatNgram, encoderNoRepeatNgram, biases,
                badWords, firstToken, lastTokens, removeInvalid, decay, suppressed, suppressedFirst, value, renormalize);
    }
}
