package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * A grammar as a pushdown automaton over bytes, without what leads nowhere: from every place that can be reached an answer can be brought
 * to its end. Without left recursion, so that the calls at one place of an answer come to an end.
 */
final class Automaton {

    private final GrammarGraph positions;
    private final boolean[] live;
    private final boolean[] nullable;
    /** [positions] Whether a position is the end of a rule. */
    private final boolean[] isEnd;
    /** [positions] Whether a return to it goes straight on to the end of its rule. */
    private final boolean[] onlyEnds;
    /** [rules] A rule stands before those it may begin with. */
    private final int[] order;
    /** Live edges by the position they leave. */
    private final GrammarGraph.Index leaving;
    private final byte[] classes = new byte[256];
    private int[] representatives = new int[256];

    /**
     * @param usable bytes that the vocabulary can write
     * @throws InvalidRequestException for left recursion, or where nothing is left
     */
    Automaton(Grammar grammar, IntPredicate usable) {
        positions = new GrammarGraph(grammar);
        GrammarGraph.Index all = GrammarGraph.Index.of(positions.count(), positions.edges(), positions::from);
        GrammarGraph.Index arriving = GrammarGraph.Index.of(positions.count(), positions.edges(), positions::to);
        nullable = closingRules(arriving, edge -> false, null);
        order = order(all);
        live = new boolean[positions.count()];
        closingRules(arriving, edge -> usable(edge, usable), live);
        if (!live[positions.start(positions.root())]) {
            throw new InvalidRequestException("no answer is of the form asked for"
                    + " (its rules never end or exclude each other, or the model's vocabulary cannot write its characters): change the"
                    + " form");
        }
        leaving = GrammarGraph.Index.of(positions.count(), positions.edges(),
                edge -> isLive(edge) && (positions.kind(edge) != GrammarGraph.BYTES || usable(edge, usable)) ? positions.from(edge) : -1);
        isEnd = new boolean[positions.count()];
        for (int rule = 0; rule < positions.rules(); rule++) {
            isEnd[positions.end(rule)] = true;
        }
        onlyEnds = onlyEnds(arriving);
        findClasses();
    }

    private boolean isLive(int edge) {
        return live[positions.to(edge)]
                && (positions.kind(edge) != GrammarGraph.CALL || live[positions.start(positions.calledRule(edge))]);
    }

    private boolean usable(int edge, IntPredicate usable) {
        for (int value = positions.firstByte(edge); value <= positions.lastByte(edge); value++) {
            if (usable.test(value)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Rules whose end can be reached from their start over edges that take nothing, calls of such rules, and bytes as {@code taken} says.
     *
     * @param marked [positions] set for each from which the end of its rule can be reached so; null where nobody asks
     */
    private boolean[] closingRules(GrammarGraph.Index arriving, IntPredicate taken, boolean[] marked) {
        boolean[] reached = marked == null ? new boolean[positions.count()] : marked;
        boolean[] closing = new boolean[positions.rules()];
        GrammarGraph.Index calls = GrammarGraph.Index.of(positions.rules(), positions.edges(),
                edge -> positions.kind(edge) == GrammarGraph.CALL ? positions.calledRule(edge) : -1);
        int[] ruleOf = new int[positions.count()];
        Arrays.fill(ruleOf, -1);
        int[] queue = new int[positions.count()];
        int length = 0;
        for (int rule = 0; rule < positions.rules(); rule++) {
            ruleOf[positions.start(rule)] = rule;
            reached[positions.end(rule)] = true;
            queue[length++] = positions.end(rule);
        }
        for (int next = 0; next < length; next++) {
            int target = queue[next];
            for (int i = arriving.begins()[target]; i < arriving.begins()[target + 1]; i++) {
                int edge = arriving.edges()[i];
                boolean open = switch (positions.kind(edge)) {
                    case GrammarGraph.BYTES -> taken.test(edge);
                    case GrammarGraph.CALL -> closing[positions.calledRule(edge)];
                    default -> true;
                };
                if (open && !reached[positions.from(edge)]) {
                    reached[positions.from(edge)] = true;
                    queue[length++] = positions.from(edge);
                }
            }
            int rule = ruleOf[target];
            if (rule >= 0) {
                closing[rule] = true;
                for (int i = calls.begins()[rule]; i < calls.begins()[rule + 1]; i++) {
                    int edge = calls.edges()[i];
                    if (reached[positions.to(edge)] && !reached[positions.from(edge)]) {
                        reached[positions.from(edge)] = true;
                        queue[length++] = positions.from(edge);
                    }
                }
            }
        }
        return closing;
    }

    /** Rules in an order in which each stands before those that it can begin with. */
    private int[] order(GrammarGraph.Index all) {
        List<int[]> firsts = new ArrayList<>();
        int[] stamp = new int[positions.count()];
        for (int rule = 0; rule < positions.rules(); rule++) {
            firsts.add(firstCalls(rule, all, stamp));
        }
        int[] placed = new int[positions.rules()];
        int[] nextChild = new int[positions.rules()];
        int[] path = new int[positions.rules()];
        int left = positions.rules();
        for (int root = 0; root < positions.rules(); root++) {
            if (placed[root] != 0) {
                continue;
            }
            int depth = 0;
            path[0] = root;
            placed[root] = 1; // on the path
            while (depth >= 0) {
                int rule = path[depth];
                if (nextChild[rule] == firsts.get(rule).length) {
                    placed[rule] = 1 + left--; // final place; above 1 for all
                    depth--;
                    continue;
                }
                int child = firsts.get(rule)[nextChild[rule]++];
                if (placed[child] == 1) {
                    throw new InvalidRequestException("the rule " + Quoted.of(positions.name(child))
                            + " can begin with itself (left recursion), which is not supported: write the repetition with * or +,"
                            + " or put the rule's name last");
                }
                if (placed[child] == 0) {
                    placed[child] = 1;
                    path[++depth] = child;
                }
            }
        }
        return placed;
    }

    /** Rules called at the start of a rule, before any byte. */
    private int[] firstCalls(int rule, GrammarGraph.Index all, int[] stamp) {
        List<Integer> called = new ArrayList<>();
        List<Integer> open = new ArrayList<>(List.of(positions.start(rule)));
        stamp[positions.start(rule)] = rule + 1;
        while (!open.isEmpty()) {
            int at = open.removeLast();
            for (int i = all.begins()[at]; i < all.begins()[at + 1]; i++) {
                int edge = all.edges()[i];
                boolean passes = switch (positions.kind(edge)) {
                    case GrammarGraph.BYTES -> false;
                    case GrammarGraph.CALL -> {
                        called.add(positions.calledRule(edge));
                        yield nullable[positions.calledRule(edge)];
                    }
                    default -> true;
                };
                if (passes && stamp[positions.to(edge)] != rule + 1) {
                    stamp[positions.to(edge)] = rule + 1;
                    open.add(positions.to(edge));
                }
            }
        }
        return called.stream().distinct().mapToInt(Integer::intValue).toArray();
    }

    /** From the ends of rules back over positions whose only edges take nothing and lead to such positions. */
    private boolean[] onlyEnds(GrammarGraph.Index arriving) {
        boolean[] only = new boolean[positions.count()];
        int[] open = new int[positions.count()];
        List<Integer> queue = new ArrayList<>();
        for (int at = 0; at < open.length; at++) {
            open[at] = leaving.begins()[at + 1] - leaving.begins()[at];
            if (isEnd[at] && open[at] == 0) {
                only[at] = true;
                queue.add(at);
            }
        }
        while (!queue.isEmpty()) {
            int target = queue.removeLast();
            for (int i = arriving.begins()[target]; i < arriving.begins()[target + 1]; i++) {
                int edge = arriving.edges()[i];
                int source = positions.from(edge);
                if (positions.kind(edge) == GrammarGraph.NOTHING && --open[source] == 0 && !only[source]) {
                    only[source] = true;
                    queue.add(source);
                }
            }
        }
        return only;
    }

    /** Bytes that no edge tells apart are one class. */
    private void findClasses() {
        BitSet cuts = new BitSet(257);
        cuts.set(0);
        for (int i = 0; i < leaving.edges().length; i++) {
            int edge = leaving.edges()[i];
            if (positions.kind(edge) == GrammarGraph.BYTES) {
                cuts.set(positions.firstByte(edge));
                cuts.set(positions.lastByte(edge) + 1);
            }
        }
        int count = 0;
        for (int value = 0; value < 256; value++) {
            if (cuts.get(value)) {
                representatives[count++] = value;
            }
            classes[value] = (byte) (count - 1);
        }
        representatives = Arrays.copyOf(representatives, count);
    }

    int positions() {
        return positions.count();
    }

    int rules() {
        return positions.rules();
    }

    int start(int rule) {
        return positions.start(rule);
    }

    int root() {
        return positions.root();
    }

    boolean isEnd(int position) {
        return isEnd[position];
    }

    boolean onlyEnds(int position) {
        return onlyEnds[position];
    }

    boolean isNullable(int rule) {
        return nullable[rule];
    }

    /** Place of a rule among all: smaller than that of each rule which it may begin with. */
    int order(int rule) {
        return order[rule];
    }

    /** Which bytes are alike: [256], to be read unsigned. */
    byte[] classes() {
        return classes;
    }

    int classCount() {
        return representatives.length;
    }

    /** A byte of the class. */
    int representative(int byteClass) {
        return representatives[byteClass];
    }

    /** The first of the edges that leave a position, as an index for {@link #edge}. */
    int firstEdge(int position) {
        return leaving.begins()[position];
    }

    /** One after the last. */
    int endEdge(int position) {
        return leaving.begins()[position + 1];
    }

    int edge(int index) {
        return leaving.edges()[index];
    }

    int kind(int edge) {
        return positions.kind(edge);
    }

    int to(int edge) {
        return positions.to(edge);
    }

    int calledRule(int edge) {
        return positions.calledRule(edge);
    }

    boolean takes(int edge, int value) {
        return value >= positions.firstByte(edge) && value <= positions.lastByte(edge);
    }
}
