package org.waterspout.runtime;

import java.util.Arrays;
import org.waterspout.generate.Sharing;

/**
 * One of the sequences that a plan has caches for: the tokens that shall stand there, and how many of them were computed. What was computed
 * stays when its task is gone, for others that begin the same.
 */
final class Slot {

    private final int number;
    private int[] tokens = new int[64];
    private int count;
    private int computed;
    /** So many tokens from the start are the prompt's. */
    private int prompt;
    /** So many were computed, or will be, as those of a prompt: fewer where the prompt begins with what another generated. */
    private int prompted;
    /** What others may have of it. */
    private Sharing leaves = Sharing.NONE;
    /** Whether the tokens are turned by the frequencies of long sequences. */
    private boolean beyond;
    private long used;

    Slot(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    int count() {
        return count;
    }

    int computed() {
        return computed;
    }

    int prompt() {
        return prompt;
    }

    int prompted() {
        return prompted;
    }

    Sharing leaves() {
        return leaves;
    }

    boolean beyond() {
        return beyond;
    }

    /** The length by which a row is turned: a prompt that comes in parts by its whole length from the first on. */
    int turnedBy(int position) {
        return beyond ? count : Math.max(prompt, position + 1);
    }

    int token(int position) {
        return tokens[position];
    }

    int[] tokens(int from, int to) {
        return Arrays.copyOfRange(tokens, from, to);
    }

    /** When a task last had it, as {@link Slots} counts. */
    long used() {
        return used;
    }

    void setUsed(long value) {
        used = value;
    }

    /** A new sequence, of which {@code shared} tokens have been computed, the first {@code sharedPrompt} of them as those of a prompt. */
    void begin(int[] all, int promptLength, int shared, int sharedPrompt, boolean isBeyond) {
        tokens = Arrays.copyOf(all, Math.max(all.length + 64, 64));
        count = all.length;
        prompt = promptLength;
        prompted = sharedPrompt < shared ? sharedPrompt : promptLength;
        computed = shared;
        beyond = isBeyond;
    }

    /** The sequence goes on. */
    void append(int token) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
        }
        tokens[count++] = token;
    }

    void computed(int until) {
        computed = until;
    }

    void setLeaves(Sharing value) {
        leaves = value;
    }

    /** Everything is to be computed again, as a sequence beyond the border. */
    void turnAnew() {
        computed = 0;
        prompted = prompt;
        beyond = true;
    }

    /** Nothing is kept. */
    void forget() {
        count = 0;
        computed = 0;
        prompt = 0;
        prompted = 0;
    }

    /** The same sequence as {@code other} is, or was. */
    void become(Slot other) {
        tokens = other.tokens.clone();
        count = other.count;
        computed = other.computed;
        prompt = other.prompt;
        prompted = other.prompted;
        beyond = other.beyond;
    }

    Slot copy() {
        Slot copy = new Slot(number);
        copy.become(this);
        return copy;
    }

    /** Whether all tokens from position {@code from} on are below {@code vocabulary}. */
    boolean isBelow(int from, int vocabulary) {
        return Arrays.stream(tokens, Math.min(from, count), count).allMatch(token -> token < vocabulary);
    }

    /** Tokens at the start that are those of {@code other}, among the first {@code max} of both. */
    int common(int[] other, int max) {
        int until = Math.min(Math.min(count, other.length), max);
        int mismatch = Arrays.mismatch(tokens, 0, until, other, 0, until);
        return mismatch < 0 ? until : mismatch;
    }
}
