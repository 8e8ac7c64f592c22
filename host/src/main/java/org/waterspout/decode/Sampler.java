package org.waterspout.decode;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import org.waterspout.constrain.Constraint;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.LogitRules;
import org.waterspout.generate.Sampling;

/** Chooses the tokens of one answer, one after the other, as its {@link Sampling} says. Belongs to one thread. */
public final class Sampler {

    private final Sampling sampling;
    private final SplittableRandom random;
    private final Map<Integer, Integer> answered = new HashMap<>();
    private final GenerationConfig config;
    private final Set<Integer> ends;
    private final LogitsProcessor processor;
    private final int begin;
    private Optional<Constraint.Progress> progress = Optional.empty();
    private int[] sequence;
    private int length;

    /** As {@link #Sampler(Decoding, int[], Set, int)} with no other rules than those of {@code sampling}. */
    public Sampler(Sampling sampling, int[] prompt, int vocabulary) {
        this(GenerationConfig.GREEDY.withSampling(sampling), prompt, Set.of(), vocabulary);
    }

    /**
     * @param prompt     the prompt's tokens, which the repetition penalty counts as seen
     * @param ends       tokens that end an answer
     * @param vocabulary number of logits; a bias or rule for a token outside is refused
     */
    public Sampler(GenerationConfig config, int[] prompt, Set<Integer> ends, int vocabulary) {
        this.config = config;
        this.ends = Set.copyOf(ends);
        Sampling asked = config.sampling().orElse(Sampling.GREEDY);
        sampling = asked.temperature() == 0 ? asked : asked.seeded();
        random = new SplittableRandom(sampling.seed().orElse(0)); // not used where nothing is drawn
        LogitRules rules = sampling.repetitionPenalty() == 1 ? config.rules()
                : config.rules().withRepetitionPenalty(sampling.repetitionPenalty());
        processor = new LogitsProcessor(rules, prompt, prompt.length, ends, config.minTokens(), new int[0]);
        begin = prompt.length;
        sequence = Arrays.copyOf(prompt, prompt.length + 64);
        length = begin;
        for (int token : sampling.logitBias().keySet()) {
            requireToken(token, vocabulary, "logit bias");
        }
        config.rules().named().forEach(token -> requireToken(token, vocabulary, "a rule"));
    }

    private static void requireToken(int token, int vocabulary, String where) {
        if (token < 0 || token >= vocabulary) {
            throw new InvalidRequestException(where + " names token " + token + "; the model's are 0 to " + (vocabulary - 1));
        }
    }

    /** Allows only what {@code constraint} does, from the next token on. */
    public void constrain(Constraint constraint) {
        progress = Optional.of(constraint.start());
        progress.get().prepare();
    }

    /** Whether the answer is whole, as the form asked for says, and nothing can follow. */
    public boolean isWhole() {
        return progress.isPresent() && progress.get().mustEnd();
    }

    /** So many of {@code tokens}, from the first on, does the form asked for allow to come next; all where none is. */
    public int allowed(int[] tokens) {
        Optional<Constraint.Progress> reached = progress;
        int count = 0;
        while (count < tokens.length && (progress.isEmpty() || reached.isPresent())) {
            int token = tokens[count];
            reached = reached.flatMap(before -> before.after(token));
            count += progress.isEmpty() || reached.isPresent() ? 1 : 0;
        }
        return count;
    }

    /** The seed that tokens are drawn with; empty where none are. */
    public OptionalLong seed() {
        return sampling.temperature() == 0 ? OptionalLong.empty() : sampling.seed();
    }

    /**
     * The next token; counts it as answered.
     *
     * @param logits [vocabulary], none of them NaN or plus infinity, changed in place
     * @throws InvalidRequestException when every token is forbidden
     */
    public int next(float[] logits) {
        int forced = forced();
        int token = forced >= 0 ? forced : choose(logits);
        if (sampling.presencePenalty() != 0 || sampling.frequencyPenalty() != 0) {
            answered.merge(token, 1, Integer::sum);
        }
        if (progress.isPresent() && !ends.contains(token)) {
            progress = progress.map(before -> before.accept(token)); // refuses a forced token that is not of the form
            progress.get().prepare();
        }
        if (length == sequence.length) {
            sequence = Arrays.copyOf(sequence, 2 * length);
        }
        sequence[length++] = token;
        return token;
    }

    private int forced() {
        if (length == 1 && config.rules().firstToken().isPresent()) {
            return config.rules().firstToken().getAsInt();
        }
        boolean last = length - begin + 1 == config.maxTokens();
        return last ? config.rules().lastTokens().stream().mapToInt(Integer::intValue).min().orElse(-1) : -1;
    }

    private int choose(float[] logits) {
        adjust(logits);
        int best = argMax(logits);
        if (logits[best] == Float.NEGATIVE_INFINITY) {
            throw new InvalidRequestException("every token is forbidden at place " + (length - begin + 1)
                    + " of the answer: allow one (logit biases, suppressed tokens and words, repeated sequences, the form asked for)");
        }
        return sampling.temperature() == 0 ? best : draw(logits, best);
    }

    /** Index of the largest logit, the lowest such index. */
    public static int argMax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private void adjust(float[] logits) {
        sampling.logitBias().forEach((token, bias) -> logits[token] += bias);
        processor.apply(sequence, length, logits, 0, logits.length);
        if (sampling.presencePenalty() != 0 || sampling.frequencyPenalty() != 0) {
            answered.forEach((token, count) ->
                    logits[token] -= sampling.presencePenalty() + count * sampling.frequencyPenalty());
        }
        progress.ifPresent(form -> form.allowed().apply(logits, 0, logits.length));
    }

    private int draw(float[] logits, int best) {
        if (sampling.keepsAll()) {
            return drawFromAll(logits, best);
        }
        Candidates candidates = new Candidates(sampling, logits, logits[best]);
        double target = random.nextDouble() * candidates.total();
        for (int i = 0; i < candidates.count() - 1; i++) {
            target -= candidates.weight(i);
            if (target < 0) {
                return candidates.token(i);
            }
        }
        return candidates.token(candidates.count() - 1);
    }

    private int drawFromAll(float[] logits, int best) {
        float max = logits[best];
        double total = 0;
        for (float logit : logits) {
            total += Candidates.weight(logit, max, sampling);
        }
        double target = random.nextDouble() * total;
        for (int token = 0; token < logits.length; token++) {
            target -= Candidates.weight(logits[token], max, sampling);
            if (target < 0) {
                return token;
            }
        }
        return best; // only rounding leads here
    }
}
