package org.waterspout.decode;

import java.util.Arrays;

/**
 * The tokens that are proposed for one answer, and how many of them came: fewer at a time where they turn out wrong, and none for a while
 * where not even the first was right, so that a text that cannot be foretold costs little. Belongs to one thread.
 */
public final class Proposals {

    private static final int[] NONE = {};

    /** Steps without a proposal after many wrong ones; each wrong one doubles them. */
    private static final int LONGEST_PAUSE = 32;

    private final Proposer proposer;
    private final int tokens;
    private final int patience;
    private int limit;
    private int misses;
    private int pause;
    private int paused;
    private int[] pending = NONE;
    private int right;
    private int proposed;
    private int accepted;

    /**
     * @param tokens   proposed at a time, at most
     * @param patience proposals one after the other whose first token may be wrong before there is a pause
     */
    public Proposals(Proposer proposer, int tokens, int patience) {
        this.proposer = proposer;
        this.tokens = tokens;
        this.patience = patience;
        limit = tokens;
    }

    /**
     * Tokens that are to be proposed for the next step, none in a pause. Asked once before each step.
     *
     * @param max tokens that there is room for
     */
    public int wanted(int max) {
        settle();
        if (paused > 0) {
            paused--;
            return 0;
        }
        return Math.max(0, Math.min(max, limit));
    }

    /**
     * What may come next, to be checked in the next step.
     *
     * @param sequence [.., length]: prompt and answer so far
     * @param max      at most what is {@link #wanted}
     * @return [0 to max]
     */
    public int[] propose(int[] sequence, int length, int max) {
        pending = max > 0 ? proposer.propose(sequence, length, max) : NONE;
        return pending;
    }

    /** The proposal is cut: only its first {@code count} tokens are checked. */
    public int[] cut(int count) {
        pending = Arrays.copyOf(pending, count);
        return pending;
    }

    /** A token was chosen, the next behind those that were right. */
    public void chosen(int token) {
        if (right == 0) {
            proposed += pending.length;
        }
        if (right < pending.length && pending[right] == token) {
            right++;
            accepted++;
        } else {
            settle();
        }
    }

    /** Learns from the last proposal how many tokens the next may have, and when it comes. */
    private void settle() {
        if (pending.length > 0) {
            limit = right == pending.length ? Math.min(tokens, 2 * limit) : Math.max(1, right);
            misses = right > 0 ? 0 : misses + 1;
            pause = misses <= patience ? 0 : Math.clamp(2L * pause, 1, LONGEST_PAUSE);
            paused = pause;
        }
        pending = NONE;
        right = 0;
    }

    /** Tokens that were checked. */
    public int proposed() {
        return proposed;
    }

    /** Of them, those that came. */
    public int accepted() {
        return accepted;
    }
}
