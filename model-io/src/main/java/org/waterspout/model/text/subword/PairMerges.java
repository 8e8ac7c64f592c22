package org.waterspout.model.text.subword;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.text.characters.Effort;

/**
 * BPE's merges (Sennrich et al. 2016): of all neighbours that may be joined those of the best rank are joined first, the leftmost among
 * equals.
 */
public final class PairMerges {

    private static final int SHORT = 32;
    private static final int NONE = Integer.MAX_VALUE;

    /** [slots] left token and right token of a pair; -1: free. */
    private final long[] pairs;
    /** [slots] rank and the token that comes of it. */
    private final long[] outcomes;

    /** @param merges pairs of pieces, a space between them, best first */
    static PairMerges of(List<String> merges, Map<String, Integer> tokens, String source) {
        return new PairMerges(merges.stream().map(merge -> {
            int space = merge.indexOf(' ', 1);
            if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                throw new ModelFormatException("tokenizer.ggml.merges: " + Quoted.of(merge) + " is no pair of pieces");
            }
            return new String[] {merge.substring(0, space), merge.substring(space + 1)};
        }).toList(), 0, tokens, source);
    }

    /**
     * @param merges [count][2] pairs of pieces, best first
     * @param prefix characters of the right piece that are left out when it is joined
     */
    public PairMerges(List<String[]> merges, int prefix, Map<String, Integer> tokens, String source) {
        int slots = Integer.highestOneBit(Math.max(8, merges.size())) * 4;
        pairs = new long[slots];
        outcomes = new long[slots];
        Arrays.fill(pairs, -1);
        int rank = 0;
        for (String[] merge : merges) {
            long pair = pair(token(merge[0], tokens, merge, source), token(merge[1], tokens, merge, source));
            String joined = merge[0] + merge[1].substring(Math.min(prefix, merge[1].length()));
            int slot = slot(pair);
            pairs[slot] = pair;
            outcomes[slot] = (long) rank++ << 32 | token(joined, tokens, merge, source);
        }
    }

    private static int token(String piece, Map<String, Integer> tokens, String[] merge, String source) {
        Integer token = tokens.get(piece);
        if (token == null) {
            throw new ModelFormatException("the tokenizer of " + source + " cannot be built: its merge "
                    + Quoted.of(String.join(" ", merge)) + " needs " + Quoted.of(piece) + ", which is no token");
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
    public int merge(int[] tokens, int[] ends, int count, Effort effort) {
        return count <= SHORT ? mergeShort(tokens, ends, count) : new Row(tokens, ends, count, effort).merge();
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

    /** Many tokens in a row: neighbours by links, and the pairs that may be joined in a heap, some 30 bytes for each of the row's. */
    private final class Row {
        private final int[] tokens; // -1: joined to the one before
        private final int[] ends;
        private final int count;
        private final Effort effort;
        private final int[] previous;
        private final int[] next;
        /** Rank and place of the left one; none is less than the two at twice its place, plus 1 and 2. */
        private long[] heap;
        private int heaped;

        Row(int[] tokens, int[] ends, int count, Effort effort) {
            this.tokens = tokens;
            this.ends = ends;
            this.count = count;
            this.effort = effort;
            this.previous = new int[count];
            this.next = new int[count];
            this.heap = new long[count];
        }

        int merge() {
            for (int i = 0; i < count; i++) {
                previous[i] = i - 1;
                next[i] = i + 1;
                offer(i, i + 1);
            }
            while (heaped > 0) {
                effort.step();
                long best = poll();
                int left = (int) best;
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
                    offer(previous[left], left);
                }
                offer(left, next[left]);
            }
            int length = 0;
            for (int i = 0; i < count; i = next[i]) {
                tokens[length] = tokens[i];
                ends[length++] = ends[i];
            }
            return length;
        }

        private void offer(int left, int right) {
            if (right >= count) {
                return;
            }
            long rank = outcome(tokens[left], tokens[right]) >>> 32;
            if (rank == NONE) {
                return;
            }
            if (heaped == heap.length) {
                heap = Arrays.copyOf(heap, heaped + heaped / 4 + 16);
            }
            long offered = rank << 32 | left;
            int at = heaped++;
            for (int above = at - 1 >> 1; at > 0 && heap[above] > offered; above = at - 1 >> 1) {
                heap[at] = heap[above];
                at = above;
            }
            heap[at] = offered;
        }

        private long poll() {
            long min = heap[0];
            long last = heap[--heaped];
            int at = 0;
            for (int below = 1; below < heaped; below = 2 * at + 1) {
                if (below + 1 < heaped && heap[below + 1] < heap[below]) {
                    below++;
                }
                if (heap[below] >= last) {
                    break;
                }
                heap[at] = heap[below];
                at = below;
            }
            heap[at] = last;
            return min;
        }
    }
}
