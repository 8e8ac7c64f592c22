package org.waterspout.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.waterspout.backend.Batch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.Hypothesis;

/**
 * The search for one source's target: the hypotheses of its beam, and those that have ended. Knows tokens and logits; where they are
 * computed is {@link org.waterspout.runtime}'s matter. Belongs to one thread.
 */
public final class BeamSearch {

    private static final int[] ALL = {};

    private final GenerationConfig config;
    private final Set<Integer> ends;
    private final int limit;
    private final int[] candidates;
    private final RowRanking ranking;
    private final Optional<Sampler> sampler;
    private final LogitsProcessor processor;
    private final boolean shrinking;
    private final int waitedFor;
    private final List<Hypothesis> finished = new ArrayList<>();

    /** Of each hypothesis: what it begins with, and the {@code length} tokens that came after it. */
    private int[][] tokens;
    private final int begin;
    private float[] sums;
    private int[] parents;
    private int live = 1;
    private int length;
    private int width;
    private boolean done;

    // the best continuations of a step, best first
    private final int[] nextParent;
    private final int[] nextToken;
    private final float[] nextSum;
    private int nextCount;

    /**
     * @param start      what the target begins with: the decoder's first token, or {@link Batch#NO_TOKEN}; of a decoder alone the prompt
     * @param ends       tokens that end a target
     * @param limit      most tokens of the target, the end token among them
     * @param source     the source, and which tokens come into question
     * @param vocabulary number of tokens
     */
    public BeamSearch(GenerationConfig config, int[] start, Set<Integer> ends, int limit, Source source, int vocabulary,
            RowRanking ranking) {
        this.config = config;
        this.ends = ends;
        this.limit = limit;
        this.candidates = config.sampling().isPresent() ? ALL : source.candidates();
        this.ranking = ranking;
        begin = start.length;
        sampler = config.sampling().map(sampling -> new Sampler(sampling, start[0] == Batch.NO_TOKEN ? ALL : start, vocabulary));
        boolean replaced = config.sampling().isPresent() && config.sampling().get().repetitionPenalty() != 1;
        processor = new LogitsProcessor(replaced ? config.rules().withRepetitionPenalty(1) : config.rules(), source.tokens(), begin, ends,
                config.minTokens(), this.candidates);
        width = config.beams();
        // with one hypothesis, the first that ends is the greedy search's result
        shrinking = config.rule().shrinking() || width == 1;
        waitedFor = Math.max(config.best(), Math.round(width * config.rule().patience()));
        int kept = kept();
        nextParent = new int[kept];
        nextToken = new int[kept];
        nextSum = new float[kept];
        tokens = new int[width][];
        tokens[0] = start.clone();
        sums = new float[width];
        parents = new int[width];
    }

    /** Continuations looked at: so many that those left when some end still fill the beam. */
    private int kept() {
        return shrinking ? width : width * Math.max(2, 1 + ends.size());
    }

    /** Hypotheses that go on. */
    public int live() {
        return live;
    }

    public boolean done() {
        return done;
    }

    /** The token to be fed for hypothesis {@code i}, at {@link #position()}. */
    public int token(int i) {
        return tokens[i][length + begin - 1];
    }

    public int position() {
        return length;
    }

    /** What hypothesis {@code i} begins with and what came after it. */
    public int[] sequence(int i) {
        return tokens[i].clone();
    }

    public int[] candidates() {
        return candidates;
    }

    /** The hypothesis before the last {@link #advance} that {@code i} continues. */
    public int parent(int i) {
        return parents[i];
    }

    /**
     * Goes on by one token.
     *
     * @param logits [.., columns], changed in place; those of live hypothesis i begin at {@code from + i * columns}
     * @param columns number of candidates, or the vocabulary's size
     */
    public void advance(float[] logits, int from, int columns) {
        nextCount = 0;
        int kept = kept();
        List<Integer> forced = forced();
        for (int i = 0; i < live; i++) {
            if (forced.isEmpty()) {
                continueOne(i, logits, from + i * columns, columns, kept);
            }
            for (int token : forced) {
                offer(i, token, sums[i], kept); // it has no choice, so it loses no probability
            }
        }
        if (nextCount == 0 && finished.isEmpty()) {
            throw new InvalidRequestException("every token is forbidden at place " + (length + 1)
                    + " of a target: allow one (suppressed tokens and words, repeated sequences)");
        }
        branch(length + 1 >= limit);
    }

    private List<Integer> forced() {
        if (length + begin == 1 && config.rules().firstToken().isPresent()) {
            return List.of(config.rules().firstToken().getAsInt());
        }
        return length + 1 == limit && limit == config.maxTokens() ? config.rules().lastTokens() : List.of();
    }

    private void continueOne(int i, float[] logits, int from, int columns, int kept) {
        float logSum = ranking.logSum(logits, from, columns);
        boolean changed = config.rules().changesValues();
        boolean beam = config.beams() > 1;
        // a greedy search's score is the model's own; a beam's is what its rules make of it
        float[] plain = changed && !beam ? Arrays.copyOfRange(logits, from, from + columns) : logits;
        int plainFrom = plain == logits ? from : 0;
        if (changed && beam) {
            subtract(logSum, logits, from, columns);
            logSum = 0;
        }
        processor.apply(tokens[i], length + begin, logits, from, columns);
        if (sampler.isPresent()) {
            int token = sampler.get().next(Arrays.copyOfRange(logits, from, from + columns));
            offer(i, token, sums[i] + plain[plainFrom + token] - logSum, kept);
            return;
        }
        if (beam && config.rules().renormalize()) {
            subtract(ranking.logSum(logits, from, columns), logits, from, columns);
        }
        ranking.rank(logits, from, columns, kept);
        for (int rank = 0; rank < ranking.count(); rank++) {
            int column = ranking.column(rank);
            offer(i, candidates.length == 0 ? column : candidates[column], sums[i] + (plain[plainFrom + column] - logSum), kept);
        }
    }

    private static void subtract(float value, float[] logits, int from, int columns) {
        for (int column = from; column < from + columns; column++) {
            logits[column] -= value;
        }
    }

    /** Keeps a continuation if it is among the best so far. */
    private void offer(int parent, int token, float sum, int kept) {
        if (nextCount == kept && !(sum > nextSum[kept - 1])) {
            return;
        }
        int at = nextCount < kept ? nextCount++ : kept - 1;
        while (at > 0 && nextSum[at - 1] < sum) {
            nextSum[at] = nextSum[at - 1];
            nextParent[at] = nextParent[at - 1];
            nextToken[at] = nextToken[at - 1];
            at--;
        }
        nextSum[at] = sum;
        nextParent[at] = parent;
        nextToken[at] = token;
    }

    /** Makes hypotheses of the best continuations, or results of those that have ended. */
    private void branch(boolean last) {
        int[][] old = tokens;
        tokens = new int[width][];
        int going = 0;
        for (int rank = 0; rank < nextCount; rank++) {
            boolean end = ends.contains(nextToken[rank]);
            if (end || last) {
                if (rank < width) {
                    finish(old[nextParent[rank]], nextToken[rank], nextSum[rank], end);
                }
            } else if (going < width) {
                int[] sequence = Arrays.copyOf(old[nextParent[rank]], length + begin + 1);
                sequence[length + begin] = nextToken[rank];
                tokens[going] = sequence;
                sums[going] = nextSum[rank];
                parents[going++] = nextParent[rank];
            }
        }
        length++;
        live = going;
        if (shrinking) {
            width = going;
        }
        done = live == 0 || config.beams() > 1 && config.rule().stops(waitedFor, finished.size(),
                finished.isEmpty() ? Float.NEGATIVE_INFINITY : finished.getLast().score(), sums[0], length, limit);
    }

    /** Keeps the result if it is among the best so far. */
    private void finish(int[] sequence, int token, float sum, boolean end) {
        int[] target = Arrays.copyOfRange(sequence, begin, length + begin + (end ? 0 : 1));
        if (!end) {
            target[length] = token;
        }
        finished.add(new Hypothesis(target, config.rule().score(sum, length + 1), end,
                config.seed()));
        finished.sort(Comparator.comparingDouble(Hypothesis::score).reversed());
        if (finished.size() > waitedFor) {
            finished.removeLast();
        }
    }

    /** The best that ended, best first; fewer than wanted only where there are no more. */
    public List<Hypothesis> results() {
        return List.copyOf(finished.subList(0, Math.min(config.best(), finished.size())));
    }
}
