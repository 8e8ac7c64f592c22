package org.waterspout.decode;

import java.util.Arrays;
import org.waterspout.generate.Speculation;

/** Proposes what {@link Speculation.Ngrams} says: the tokens that followed the last ones where they stood before. */
public final class NgramProposer implements Proposer {

    private final int longest;

    public NgramProposer(Speculation.Ngrams how) {
        longest = how.longest();
    }

    @Override
    public int[] propose(int[] sequence, int length, int max) {
        int from = behindMatch(sequence, length);
        return Arrays.copyOfRange(sequence, from, Math.min(length, from + max));
    }

    /** Where what followed the longest match begins; {@code length} where nothing is found. */
    private int behindMatch(int[] sequence, int length) {
        int best = 0;
        int behind = length;
        for (int end = length - 1; end > 0 && best < longest; end--) {
            int same = 0;
            while (same < Math.min(longest, end) && sequence[end - 1 - same] == sequence[length - 1 - same]) {
                same++;
            }
            if (same > best) {
                best = same;
                behind = end;
            }
        }
        return behind;
    }
}
