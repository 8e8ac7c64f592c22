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
sealed interface Expression {

    /** No limit of a {@link Repeat}. */
    int UNLIMITED = Integer.MAX_VALUE;

    Expression EMPTY = new Sequence(List.of());

    /** One character of a set. */
    record Characters(CodePoints set) implements Expression { }

    /** This very text. */
    record Text(String text) implements Expression {
        public Text {
            if (text.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
                throw new InvalidRequestException(Quoted.of(text) + " holds half of a surrogate pair, which no text can hold: leave it out");
            }
        }
    }

    /** All of these, one after the other. */
    record Sequence(List<Expression> parts) implements Expression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of these; of none, nothing at all, not even the empty text. */
    record Choice(List<Expression> alternatives) implements Expression {
        public Choice {
            alternatives = List.copyOf(alternatives);
        }
    }

    /** As often as {@code min} to {@code max} say. */
    record Repeat(Expression part, int min, int max) implements Expression { }

    /** What the rule of this number stands for. */
    record Call(int rule) implements Expression { }

    /**
     * Any way from state 0 to an accepting one.
     *
     * @param states how many there are
     */
    record Graph(int states, List<Edge> edges, BitSet accepting) implements Expression {
        public Graph {
            edges = List.copyOf(edges);
        }
    }

    /** A step of a {@link Graph}. */
    record Edge(int from, Expression label, int to) { }

    static Expression text(String text) {
        return new Text(text);
    }

    static Expression sequence(Expression... parts) {
        return parts.length == 1 ? parts[0] : new Sequence(List.of(parts));
    }

    static Expression choice(Expression... alternatives) {
        return choice(List.of(alternatives));
    }

    static Expression choice(List<Expression> alternatives) {
        return alternatives.size() == 1 ? alternatives.getFirst() : new Choice(alternatives);
    }

    static Expression optional(Expression part) {
        return new Repeat(part, 0, 1);
    }

    static Expression characters(String all) {
        return new Characters(CodePoints.in(all));
    }

    /** One of many texts; those with an equal beginning share it. */
    static Expression oneOf(List<String> texts) {
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
