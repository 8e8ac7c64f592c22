package org.waterspout.decode;

import java.util.Arrays;
import org.waterspout.generate.Speculation;

/**
 * Proposes the tokens of one answer as {@link Speculation.Ngrams} says: fewer at a time where they turn out wrong, and none for a while
 * where not even the first was right, so that a text that does not repeat costs little. Belongs to one thread.
 */
public final class NgramProposals {

    private static final int[] NONE = {};

    /** Steps without a proposal after many wrong ones; each wrong one doubles them. */
    private static final int LONGEST_PAUSE = 32;

    private final Speculation.Ngrams how;
    private int limit;
    private int pause;
    private int paused;
    private int[] pending = NONE;
    private int right;
    private int proposed;
    private int accepted;

    public NgramProposals(Speculation.Ngrams how) {
        this.how = how;
        limit = how.tokens();
    }

    /**
     * What may come next.
     *
     * @param sequence [.., length]: prompt and answer so far
     * @param max      tokens that there is room for
     * @return [0 to max]
     */
    public int[] propose(int[] sequence, int length, int max) {
        settle();
        if (paused > 0) {
            paused--;
            return NONE;
        }
        int wanted = Math.min(max, limit);
        int from = wanted <= 0 ? length : behindMatch(sequence, length);
        pending = Arrays.copyOfRange(sequence, from, Math.max(from, Math.min(length, from + wanted)));
        return pending;
    }

    /** The proposal is cut: only its first {@code count} tokens are checked. */
    public int[] cut(int count) {
        pending = Arrays.copyOf(pending, count);
        return pending;
    }

    /** Where what followed the longest match begins; {@code length} where nothing is found. */
    private int behindMatch(int[] sequence, int length) {
        int best = 0;
        int behind = length;
        for (int end = length - 1; end > 0 && best < how.longest(); end--) {
            int same = 0;
            while (same < Math.min(how.longest(), end) && sequence[end - 1 - same] == sequence[length - 1 - same]) {
                same++;
            }
            if (same > best) {
                best = same;
                behind = end;
            }
        }
        return behind;
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
            limit = right == pending.length ? Math.min(how.tokens(), 2 * limit) : Math.max(1, right);
            pause = right > 0 ? 0 : Math.clamp(2L * pause, 1, LONGEST_PAUSE);
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
