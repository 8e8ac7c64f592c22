package org.waterspout.constrain;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;

/**
 * The rules of a grammar as positions and edges between them, over the bytes of UTF-8 (Thompson's construction). An edge takes a byte,
 * takes nothing, or calls a rule and goes on when that is done.
 */
final class GrammarGraph {

    static final int BYTES = 0;
    static final int NOTHING = 1;
    static final int CALL = 2;

    private static final int MAX_POSITIONS = 500_000;
    private static final int MAX_EDGES = 2_000_000;
    private static final int DEEPEST = 2_000;

    private final Grammar grammar;
    private final Map<CodePoints, List<int[]>> utf8 = new HashMap<>();
    private int count;
    private int depth;
    private int edges;
    private int[] from = new int[64];
    private int[] to = new int[64];
    private int[] kinds = new int[64];
    /** The first byte of a range, or the rule called. */
    private int[] values = new int[64];
    private int[] lasts = new int[64];

    /** [rules] */
    private final int[] starts;
    private final int[] ends;

    GrammarGraph(Grammar grammar) {
        this.grammar = grammar;
        starts = new int[grammar.rules().size()];
        ends = new int[starts.length];
        for (int rule = 0; rule < starts.length; rule++) {
            starts[rule] = position();
            ends[rule] = position();
            build(grammar.rules().get(rule), starts[rule], ends[rule]);
        }
        utf8.clear();
    }

    int count() {
        return count;
    }

    int edges() {
        return edges;
    }

    int rules() {
        return starts.length;
    }

    int root() {
        return grammar.root();
    }

    String name(int rule) {
        return grammar.names().get(rule);
    }

    int start(int rule) {
        return starts[rule];
    }

    int end(int rule) {
        return ends[rule];
    }

    int from(int edge) {
        return from[edge];
    }

    int to(int edge) {
        return to[edge];
    }

    int kind(int edge) {
        return kinds[edge];
    }

    /** The first byte of the range that the edge takes. */
    int firstByte(int edge) {
        return values[edge];
    }

    int lastByte(int edge) {
        return lasts[edge];
    }

    int calledRule(int edge) {
        return values[edge];
    }

    private int position() {
        if (count == MAX_POSITIONS) {
            throw tooLarge();
        }
        return count++;
    }

    private static InvalidRequestException tooLarge() {
        return new InvalidRequestException("the form asked for is too large (more than " + MAX_POSITIONS
                + " places in its rules): use smaller counts of repetition or shorter lists");
    }

    private void edge(int source, int kind, int value, int last, int target) {
        if (edges == MAX_EDGES) {
            throw tooLarge();
        }
        if (edges == from.length) {
            int length = 2 * edges;
            from = Arrays.copyOf(from, length);
            to = Arrays.copyOf(to, length);
            kinds = Arrays.copyOf(kinds, length);
            values = Arrays.copyOf(values, length);
            lasts = Arrays.copyOf(lasts, length);
        }
        from[edges] = source;
        to[edges] = target;
        kinds[edges] = kind;
        values[edges] = value;
        lasts[edges++] = last;
    }

    /** Adds edges out of {@code source} and into {@code target}, none the other way, so that parts can share both. */
    private void build(GrammarExpression expression, int source, int target) {
        if (++depth > DEEPEST) {
            throw new InvalidRequestException("the form asked for is nested too deeply (more than " + DEEPEST
                    + " levels): make it simpler");
        }
        switch (expression) {
            case GrammarExpression.Characters characters -> characters(characters.set(), source, target);
            case GrammarExpression.Text text -> bytes(text.text().getBytes(java.nio.charset.StandardCharsets.UTF_8), source, target);
            case GrammarExpression.Sequence sequence -> sequence(sequence.parts(), source, target);
            case GrammarExpression.Choice choice -> choice.alternatives().forEach(alternative -> build(alternative, source, target));
            case GrammarExpression.Repeat repeat -> repeat(repeat, source, target);
            case GrammarExpression.Call call -> edge(source, CALL, call.rule(), 0, target);
            case GrammarExpression.Graph graph -> graph(graph, source, target);
        }
        depth--;
    }

    private void bytes(byte[] bytes, int source, int target) {
        int at = source;
        for (int i = 0; i < bytes.length; i++) {
            int next = i == bytes.length - 1 ? target : position();
            edge(at, BYTES, bytes[i] & 0xff, bytes[i] & 0xff, next);
            at = next;
        }
        if (bytes.length == 0) {
            edge(source, NOTHING, 0, 0, target);
        }
    }

    /** Equal ends of sequences of bytes are shared. */
    private void characters(CodePoints set, int source, int target) {
        Map<List<Integer>, Integer> shared = new HashMap<>();
        for (int[] sequence : utf8.computeIfAbsent(set, Utf8Ranges::of)) {
            int next = target;
            for (int i = sequence.length - 2; i > 0; i -= 2) {
                List<Integer> key = List.of(next, sequence[i], sequence[i + 1]);
                Integer known = shared.get(key);
                if (known == null) {
                    known = position();
                    edge(known, BYTES, sequence[i], sequence[i + 1], next);
                    shared.put(key, known);
                }
                next = known;
            }
            edge(source, BYTES, sequence[0], sequence[1], next);
        }
    }

    private void sequence(List<GrammarExpression> parts, int source, int target) {
        int at = source;
        for (int i = 0; i < parts.size(); i++) {
            int next = i == parts.size() - 1 ? target : position();
            build(parts.get(i), at, next);
            at = next;
        }
        if (parts.isEmpty()) {
            edge(source, NOTHING, 0, 0, target);
        }
    }

    private void repeat(GrammarExpression.Repeat repeat, int source, int target) {
        int at = source;
        for (int i = 0; i < repeat.min(); i++) {
            int next = position();
            build(repeat.part(), at, next);
            at = next;
        }
        if (repeat.max() == GrammarExpression.UNLIMITED) {
            int loop = position();
            edge(at, NOTHING, 0, 0, loop);
            build(repeat.part(), loop, loop);
            at = loop;
        } else {
            for (int i = repeat.min(); i < repeat.max(); i++) {
                edge(at, NOTHING, 0, 0, target);
                int next = position();
                build(repeat.part(), at, next);
                at = next;
            }
        }
        edge(at, NOTHING, 0, 0, target);
    }

    private void graph(GrammarExpression.Graph graph, int source, int target) {
        int[] states = new int[graph.states()];
        for (int state = 0; state < states.length; state++) {
            states[state] = position();
            if (graph.accepting().get(state)) {
                edge(states[state], NOTHING, 0, 0, target);
            }
        }
        edge(source, NOTHING, 0, 0, states[0]);
        for (GrammarExpression.Edge edge : graph.edges()) {
            build(edge.label(), states[edge.from()], states[edge.to()]);
        }
    }

    /** [edges] Ordered by what {@code of} says, and where each value's begin: the last entry is their number. */
    record Index(int[] edges, int[] begins) {

        static Index of(int values, int edges, java.util.function.IntUnaryOperator of) {
            int[] begins = new int[values + 1];
            for (int edge = 0; edge < edges; edge++) {
                int value = of.applyAsInt(edge);
                if (value >= 0) {
                    begins[value + 1]++;
                }
            }
            for (int value = 0; value < values; value++) {
                begins[value + 1] += begins[value];
            }
            int[] next = begins.clone();
            int[] ordered = new int[begins[values]];
            for (int edge = 0; edge < edges; edge++) {
                int value = of.applyAsInt(edge);
                if (value >= 0) {
                    ordered[next[value]++] = edge;
                }
            }
            return new Index(ordered, begins);
        }
    }
}
