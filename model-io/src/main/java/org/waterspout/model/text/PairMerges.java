package org.waterspout.model.text;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;

/**
 * BPE's merges (Sennrich et al. 2016): of all neighbours that may be joined those of the best rank are joined first, the leftmost among
 * equals.
 */
final class PairMerges {

    private static final int SHORT = 32;
    private static final int NONE = Integer.MAX_VALUE;

    /** [slots] left token and right token of a pair; -1: free. */
    private final long[] pairs;
    /** [slots] rank and the token that comes of it. */
    private final long[] outcomes;

    /** @param merges pairs of pieces, a space between them, best first */
    PairMerges(List<String> merges, Map<String, Integer> tokens, String source) {
        int slots = Integer.highestOneBit(Math.max(8, merges.size())) * 4;
        pairs = new long[slots];
        outcomes = new long[slots];
        Arrays.fill(pairs, -1);
        int rank = 0;
        for (String merge : merges) {
            int space = merge.indexOf(' ', 1);
            if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                throw new ModelFormatException("tokenizer.ggml.merges: " + Quoted.of(merge) + " is no pair of pieces");
            }
            String left = merge.substring(0, space);
            String right = merge.substring(space + 1);
            long pair = pair(token(left, tokens, merge, source), token(right, tokens, merge, source));
            int slot = slot(pair);
            pairs[slot] = pair;
            outcomes[slot] = (long) rank++ << 32 | token(left + right, tokens, merge, source);
        }
    }

    private static int token(String piece, Map<String, Integer> tokens, String merge, String source) {
        Integer token = tokens.get(piece);
        if (token == null) {
            throw new ModelFormatException("the tokenizer of " + source + " cannot be built: its merge " + Quoted.of(merge) + " needs "
                    + Quoted.of(piece) + ", which is no token");
        }
        return token;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    /** Where {@code pair} is, or would be. */
    private int slot(long pair) {
        long mixed = pair * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & pairs.length - 1;
        while (pairs[slot] != pair && pairs[slot] >= 0) {
            slot = slot + 1 & pairs.length - 1;
        }
        return slot;
    }

    /** Rank and outcome of two neighbours, or rank NONE. */
    private long outcome(int left, int right) {
        int slot = slot(pair(left, right));
        return pairs[slot] < 0 ? (long) NONE << 32 : outcomes[slot];
    }

    /**
     * Joins what can be joined.
     *
     * @param tokens [count] the first {@code result} are what remains
     * @param ends   [count] where each ends
     */
    int merge(int[] tokens, int[] ends, int count) {
        return count <= SHORT ? mergeShort(tokens, ends, count) : mergeLong(tokens, ends, count);
    }

    private int mergeShort(int[] tokens, int[] ends, int count) {
        int length = count;
        while (true) {
            long best = (long) NONE << 32;
            int at = -1;
            for (int i = 0; i + 1 < length; i++) {
                long outcome = outcome(tokens[i], tokens[i + 1]);
                if (outcome >>> 32 < best >>> 32) {
                    best = outcome;
                    at = i;
                }
            }
            if (at < 0) {
                return length;
            }
            tokens[at] = (int) best;
            ends[at] = ends[at + 1];
            System.arraycopy(tokens, at + 2, tokens, at + 1, length - at - 2);
            System.arraycopy(ends, at + 2, ends, at + 1, length - at - 2);
            length--;
        }
    }

    private int mergeLong(int[] tokens, int[] ends, int count) {
        int[] previous = new int[count];
        int[] next = new int[count];
        PriorityQueue<Long> queue = new PriorityQueue<>(); // rank, place of the left one
        for (int i = 0; i < count; i++) {
            previous[i] = i - 1;
            next[i] = i + 1;
            offer(queue, tokens, i, i + 1, count);
        }
        int turns = 0;
        for (Long best = queue.poll(); best != null; best = queue.poll()) {
            if ((++turns & 0xFFFF) == 0) {
                Effort.refuseIfInterrupted();
            }
            int left = (int) (long) best;
            int right = next[left];
            if (tokens[left] < 0 || right >= count) {
                continue;
            }
            long outcome = outcome(tokens[left], tokens[right]);
            if (outcome >>> 32 != best >>> 32) {
                continue; // one of the two has been joined with another since
            }
            tokens[left] = (int) outcome;
            ends[left] = ends[right];
            tokens[right] = -1;
            next[left] = next[right];
            if (next[left] < count) {
                previous[next[left]] = left;
            }
            if (previous[left] >= 0) {
                offer(queue, tokens, previous[left], left, count);
            }
            offer(queue, tokens, left, next[left], count);
        }
        int length = 0;
        for (int i = 0; i < count; i = next[i]) {
            tokens[length] = tokens[i];
            ends[length++] = ends[i];
        }
        return length;
    }

    private void offer(PriorityQueue<Long> queue, int[] tokens, int left, int right, int count) {
        if (right < count) {
            long rank = outcome(tokens[left], tokens[right]) >>> 32;
            if (rank != NONE) {
                queue.add(rank << 32 | left);
            }
        }
    }
}
