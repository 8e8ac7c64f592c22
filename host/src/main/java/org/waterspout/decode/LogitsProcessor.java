package org.waterspout.decode;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.waterspout.generate.LogitRules;

/**
 * Changes rows of logits as {@link LogitRules} say, in the order of Transformers (generation/utils.py, _get_logits_processor). Belongs to
 * one source and one thread.
 */
final class LogitsProcessor {

    private final LogitRules rules;
    private final int[] source;
    private final int begin;
    private final boolean idle;
    private final Set<Integer> ends;
    private final int minTokens;
    private final int[] candidates;
    private final BitSet allowed = new BitSet();
    private final BitSet done = new BitSet();

    private float[] logits = {};
    private int from;
    private int columns;

    /**
     * @param source     tokens of the source; of a decoder its prompt
     * @param begin      tokens of a sequence before the answer: 1 of an encoder-decoder, of a decoder its prompt's
     * @param ends       tokens that end an answer
     * @param minTokens  no answer ends before it has as many
     * @param candidates ascending ids of the columns; empty where a column is a token
     */
    LogitsProcessor(LogitRules rules, int[] source, int begin, Set<Integer> ends, int minTokens, int[] candidates) {
        this.rules = rules;
        idle = rules.equals(LogitRules.NONE);
        rules.allowed().stream().filter(token -> token >= 0).forEach(allowed::set); // who names others is refused
        this.source = source;
        this.begin = begin;
        this.ends = ends;
        this.minTokens = minTokens;
        this.candidates = candidates;
    }

    /**
     * Changes one row.
     *
     * @param sequence what stands before the token to be chosen, [.., length]; negative for no token
     * @param row      [.., columns] from {@code start}
     */
    void apply(int[] sequence, int length, float[] row, int start, int count) {
        if (idle && length - begin >= minTokens) {
            return;
        }
        logits = row;
        from = start;
        columns = count;
        rules.biases().forEach(bias -> bias(bias, sequence, length));
        if (rules.encoderRepetitionPenalty() != 1) {
            penalize(source, 0, source.length, 1 / rules.encoderRepetitionPenalty());
        }
        if (rules.repetitionPenalty() != 1) {
            penalize(sequence, rules.repetitionWindow() == 0 ? 0 : Math.max(0, length - rules.repetitionWindow()), length,
                    rules.repetitionPenalty());
        }
        forbidNgrams(sequence, length, sequence, length, rules.noRepeatNgram());
        forbidNgrams(source, source.length, sequence, length, rules.encoderNoRepeatNgram());
        for (List<Integer> bad : rules.badWords()) {
            if ((bad.size() > 1 || !ends.contains(bad.getFirst())) && isNext(bad, sequence, length)) {
                forbid(bad.getLast());
            }
        }
        if (length - begin < minTokens) {
            ends.forEach(this::forbid);
        }
        if (rules.removeInvalid()) {
            for (int i = from; i < from + columns; i++) {
                logits[i] = Math.clamp(logits[i], -Float.MAX_VALUE, Float.MAX_VALUE);
            }
        }
        decay(length - begin);
        rules.suppressed().forEach(this::forbid);
        if (!allowed.isEmpty()) {
            forbidOthers();
        }
        if (length == (begin > 1 || rules.firstToken().isEmpty() ? begin : begin + 1)) {
            rules.suppressedFirst().forEach(this::forbid);
        }
    }

    private void forbidOthers() {
        for (int column = 0; column < columns; column++) {
            if (!allowed.get(candidates.length == 0 ? column : candidates[column])) {
                logits[from + column] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private int index(int token) {
        int column = candidates.length == 0 ? token : Arrays.binarySearch(candidates, token);
        return column >= 0 && column < columns ? from + column : -1;
    }

    private void forbid(int token) {
        int index = index(token);
        if (index >= 0) {
            logits[index] = Float.NEGATIVE_INFINITY;
        }
    }

    private void bias(LogitRules.Bias bias, int[] sequence, int length) {
        int index = index(bias.sequence().getLast());
        if (index >= 0 && isNext(bias.sequence(), sequence, length)) {
            logits[index] += bias.value();
        }
    }

    /** Whether all but the last of {@code wanted} were just chosen. */
    private static boolean isNext(List<Integer> wanted, int[] sequence, int length) {
        int before = wanted.size() - 1;
        if (before > length) {
            return false;
        }
        for (int i = 0; i < before; i++) {
            if (sequence[length - before + i] != wanted.get(i)) {
                return false;
            }
        }
        return true;
    }

    /** Each token once, however often it occurs. */
    private void penalize(int[] tokens, int first, int length, float penalty) {
        done.clear();
        for (int i = first; i < length; i++) {
            int index = tokens[i] < 0 ? -1 : index(tokens[i]);
            if (index >= 0 && !done.get(tokens[i])) {
                done.set(tokens[i]);
                logits[index] = logits[index] < 0 ? logits[index] * penalty : logits[index] / penalty;
            }
        }
    }

    /** Forbids what would end a sequence of {@code n} tokens that {@code text} holds. */
    private void forbidNgrams(int[] text, int textLength, int[] sequence, int length, int n) {
        int last = length + 1 - n; // where the sequence that the next token completes begins
        if (n == 0 || last < 0) {
            return;
        }
        for (int at = 0; at + n <= textLength; at++) {
            int same = 0;
            while (same < n - 1 && text[at + same] == sequence[last + same]) {
                same++;
            }
            if (same == n - 1) {
                forbid(text[at + n - 1]);
            }
        }
    }

    private void decay(int answered) {
        int late = answered - rules.decay().start();
        if (rules.decay().factor() == 1 || late <= 0) {
            return;
        }
        double factor = Math.pow(rules.decay().factor(), late) - 1;
        for (int end : ends) {
            int index = index(end);
            if (index >= 0 && Float.isFinite(logits[index])) {
                logits[index] += (float) (Math.abs(logits[index]) * factor);
            }
        }
    }
}
