package org.waterspout.model.text.characters;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Pieces by their characters. Children of a node stand side by side, sorted, so that a node costs ten bytes and a step one
 * search among few.
 */
public final class PieceTrie {

    public static final int ROOT = 0;

    /** [nodes + 1] The first child; the next node's first child is one past the last. */
    private int[] firstChild = new int[1024];
    /** [nodes] The character that leads to a node. */
    private char[] label = new char[1024];
    /** [nodes] The piece that ends at a node, -1 for none. */
    private int[] piece = new int[1024];
    /** [65536] The root's children, found at once; 0 for none. */
    private final int[] fromRoot = new int[Character.MAX_VALUE + 1];

    /** Piece {@code i} is {@code pieces[i]}; null or empty: not in the trie. Of equal ones the first counts. */
    public PieceTrie(String[] pieces) {
        Integer[] sorted = new Integer[pieces.length];
        int count = 0;
        for (int i = 0; i < pieces.length; i++) {
            if (pieces[i] != null && !pieces[i].isEmpty()) {
                sorted[count++] = i;
            }
        }
        Arrays.sort(sorted, 0, count, Comparator.<Integer, String>comparing(i -> pieces[i]));
        build(pieces, sorted, count);
    }

    /** Level by level: a node stands for the sorted pieces {@code low} to {@code high}, which share their first characters. */
    private void build(String[] pieces, Integer[] sorted, int count) {
        int[] low = new int[1024];
        int[] high = new int[1024];
        int nodes = 1;
        high[0] = count;
        int levelEnd = 1;
        int depth = 0;
        for (int node = 0; node < nodes; node++) {
            if (node == levelEnd) {
                depth++;
                levelEnd = nodes;
            }
            firstChild[node] = nodes;
            int from = low[node];
            piece[node] = from < high[node] && pieces[sorted[from]].length() == depth ? sorted[from] : -1;
            while (from < high[node] && pieces[sorted[from]].length() == depth) {
                from++;
            }
            while (from < high[node]) {
                char c = pieces[sorted[from]].charAt(depth);
                int to = from + 1;
                while (to < high[node] && pieces[sorted[to]].charAt(depth) == c) {
                    to++;
                }
                if (nodes + 1 >= label.length) {
                    firstChild = Arrays.copyOf(firstChild, 2 * nodes + 2);
                    label = Arrays.copyOf(label, 2 * nodes + 2);
                    piece = Arrays.copyOf(piece, 2 * nodes + 2);
                    low = Arrays.copyOf(low, 2 * nodes + 2);
                    high = Arrays.copyOf(high, 2 * nodes + 2);
                }
                label[nodes] = c;
                low[nodes] = from;
                high[nodes] = to;
                if (node == ROOT) {
                    fromRoot[c] = nodes;
                }
                nodes++;
                from = to;
            }
        }
        firstChild[nodes] = nodes;
    }

    /** The node after {@code node} by {@code c}, or -1. */
    public int next(int node, char c) {
        if (node == ROOT) {
            return fromRoot[c] == 0 ? -1 : fromRoot[c];
        }
        int from = firstChild[node];
        int to = firstChild[node + 1];
        while (to - from > 4) {
            int middle = from + to >>> 1;
            if (label[middle] <= c) {
                from = middle;
            } else {
                to = middle;
            }
        }
        for (int child = from; child < to; child++) {
            if (label[child] == c) {
                return child;
            }
        }
        return -1;
    }

    /** The piece whose characters lead to {@code node}, or -1. */
    public int piece(int node) {
        return piece[node];
    }

    /** The longest piece that {@code text} has at {@code at}; -1 for none. */
    public int longestPieceAt(String text, int at) {
        int longest = -1;
        int node = ROOT;
        for (int i = at; i < text.length(); i++) {
            node = next(node, text.charAt(i));
            if (node < 0) {
                break;
            }
            if (piece[node] >= 0) {
                longest = piece[node];
            }
        }
        return longest;
    }

    /** Length of the longest piece that {@code text} has at {@code at}; 0 for none. */
    public int longestAt(String text, int at) {
        int longest = 0;
        int node = ROOT;
        for (int i = at; i < text.length(); i++) {
            node = next(node, text.charAt(i));
            if (node < 0) {
                break;
            }
            if (piece[node] >= 0) {
                longest = i + 1 - at;
            }
        }
        return longest;
    }
}
