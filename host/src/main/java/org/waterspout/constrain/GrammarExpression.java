package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/** What a rule of a grammar may stand for. */
sealed interface GrammarExpression {

    /** No limit of a {@link Repeat}. */
    int UNLIMITED = Integer.MAX_VALUE;

    GrammarExpression EMPTY = new Sequence(List.of());

    /** One character of a set. */
    record Characters(CodePoints set) implements GrammarExpression { }

    /** This very text. */
    record Text(String text) implements GrammarExpression {
        public Text {
            if (text.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
                throw new InvalidRequestException(Quoted.of(text)
                        + " holds half of a surrogate pair, which no text can hold: leave it out");
            }
        }
    }

    /** All of these, one after the other. */
    record Sequence(List<GrammarExpression> parts) implements GrammarExpression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of these; of none, nothing at all, not even the empty text. */
    record Choice(List<GrammarExpression> alternatives) implements GrammarExpression {
        public Choice {
            alternatives = List.copyOf(alternatives);
        }
    }

    /** As often as {@code min} to {@code max} say. */
    record Repeat(GrammarExpression part, int min, int max) implements GrammarExpression { }

    /** What the rule of this number stands for. */
    record Call(int rule) implements GrammarExpression { }

    /**
     * Any way from state 0 to an accepting one.
     *
     * @param states how many there are
     */
    record Graph(int states, List<Edge> edges, BitSet accepting) implements GrammarExpression {
        public Graph {
            edges = List.copyOf(edges);
        }
    }

    /** A step of a {@link Graph}. */
    record Edge(int from, GrammarExpression label, int to) { }

    static GrammarExpression text(String text) {
        return new Text(text);
    }

    static GrammarExpression sequence(GrammarExpression... parts) {
        return parts.length == 1 ? parts[0] : new Sequence(List.of(parts));
    }

    static GrammarExpression choice(GrammarExpression... alternatives) {
        return choice(List.of(alternatives));
    }

    static GrammarExpression choice(List<GrammarExpression> alternatives) {
        return alternatives.size() == 1 ? alternatives.getFirst() : new Choice(alternatives);
    }

    static GrammarExpression optional(GrammarExpression part) {
        return new Repeat(part, 0, 1);
    }

    static GrammarExpression characters(String all) {
        return new Characters(CodePoints.in(all));
    }

    /** One of many texts; those with an equal beginning share it. */
    static GrammarExpression oneOf(List<String> texts) {
        List<Edge> edges = new ArrayList<>();
        BitSet accepting = new BitSet();
        List<SortedMap<Integer, Integer>> children = new ArrayList<>(List.of(new TreeMap<>()));
        for (String text : texts) {
            new Text(text); // which refuses half of a pair
            int state = 0;
            for (int point : text.codePoints().toArray()) {
                Map<Integer, Integer> here = children.get(state);
                Integer next = here.get(point);
                if (next == null) {
                    next = children.size();
                    children.add(new TreeMap<>());
                    here.put(point, next);
                    edges.add(new Edge(state, new Characters(CodePoints.of(point)), next));
                }
                state = next;
            }
            accepting.set(state);
        }
        return new Graph(children.size(), edges, accepting);
    }
}
