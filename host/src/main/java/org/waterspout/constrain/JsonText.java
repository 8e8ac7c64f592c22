package org.waterspout.constrain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** How values are written in JSON (RFC 8259). Between two parts of an object or array stands nothing, a space, or a line end with up to 20 blanks. */
final class JsonText {

    /** Must be written as escapes. */
    private static final CodePoints ESCAPED = CodePoints.of(0, 0x1f).or(CodePoints.in("\"\\"));
    private static final Map<Integer, String> SHORT = Map.of((int) '"', "\\\"", (int) '\\', "\\\\", (int) '\b', "\\b", (int) '\f', "\\f",
            (int) '\n', "\\n", (int) '\r', "\\r", (int) '\t', "\\t");
    private static final String HEXADECIMAL = "0123456789abcdefABCDEF";

    private final Expression character;
    private final Expression string;
    private final Expression blank;

    /** @param compact whether nothing stands between two parts */
    JsonText(Grammar.Draft draft, boolean compact) {
        character = draft.rule("character", anyCharacter());
        string = draft.rule("string", quoted(new Expression.Repeat(character, 0, Expression.UNLIMITED)));
        Expression line = Expression.sequence(Expression.text("\n"), new Expression.Repeat(Expression.characters(" \t"), 0, 20));
        blank = compact ? Expression.EMPTY
                : draft.rule("white space", Expression.optional(Expression.choice(Expression.text(" "), line)));
    }

    private static Expression anyCharacter() {
        Expression any = Expression.characters(HEXADECIMAL);
        Expression high = Expression.characters("dD");
        Expression plain = Expression.choice(
                Expression.sequence(Expression.characters(HEXADECIMAL.replaceAll("[dD]", "")), any, any, any),
                Expression.sequence(high, Expression.characters("01234567"), any, any));
        Expression pair = Expression.sequence(high, Expression.characters("89abAB"), any, any, Expression.text("\\u"),
                high, Expression.characters("cdefCDEF"), any, any);
        Expression escape = Expression.choice(Expression.characters("\"\\/bfnrt"),
                Expression.sequence(Expression.text("u"), Expression.choice(plain, pair)));
        return Expression.choice(new Expression.Characters(ESCAPED.not()), Expression.sequence(Expression.text("\\"), escape));
    }

    private static Expression quoted(Expression inner) {
        return Expression.sequence(Expression.text("\""), inner, Expression.text("\""));
    }

    /** Any string. */
    Expression string() {
        return string;
    }

    /** What may stand between two parts. */
    Expression blank() {
        return blank;
    }

    /** A string of so many characters. */
    Expression string(int min, int max) {
        return quoted(new Expression.Repeat(character, min, max));
    }

    /** A string whose characters are as {@code texts} says, an expression without calls; what needs no escape is written without. */
    static Expression string(Expression texts) {
        return quoted(written(texts));
    }

    private static Expression written(Expression expression) {
        return switch (expression) {
            case Expression.Characters characters -> written(characters.set());
            case Expression.Text text -> Expression.text(escaped(text.text()));
            case Expression.Sequence sequence -> new Expression.Sequence(sequence.parts().stream().map(JsonText::written).toList());
            case Expression.Choice choice -> new Expression.Choice(choice.alternatives().stream().map(JsonText::written).toList());
            case Expression.Repeat repeat -> new Expression.Repeat(written(repeat.part()), repeat.min(), repeat.max());
            case Expression.Graph graph -> new Expression.Graph(graph.states(), graph.edges().stream()
                    .map(edge -> new Expression.Edge(edge.from(), written(edge.label()), edge.to())).toList(), graph.accepting());
            case Expression.Call call -> call;
        };
    }

    private static Expression written(CodePoints set) {
        List<Expression> all = new ArrayList<>();
        CodePoints plain = set.without(ESCAPED);
        if (!plain.isEmpty()) {
            all.add(new Expression.Characters(plain));
        }
        for (int point = 0; point <= '\\'; point++) {
            if (ESCAPED.contains(point) && set.contains(point)) {
                all.add(Expression.text(escaped(Character.toString(point))));
            }
        }
        return Expression.choice(all);
    }

    private static String escaped(String text) {
        StringBuilder all = new StringBuilder();
        text.codePoints().forEach(point -> all.append(!ESCAPED.contains(point) ? Character.toString(point)
                : SHORT.getOrDefault(point, "\\u%04x".formatted(point))));
        return all.toString();
    }

    /** A string that is none of these. */
    static Expression stringBut(List<String> names) {
        List<SortedMap<Integer, Integer>> children = new ArrayList<>(List.of(new TreeMap<>(), new TreeMap<>())); // 0 the start, 1 any other
        BitSet accepting = new BitSet();
        accepting.set(0, 2);
        for (String name : names) {
            int state = 0;
            for (int point : name.codePoints().toArray()) {
                Integer next = children.get(state).get(point);
                if (next == null) {
                    next = children.size();
                    children.get(state).put(point, next);
                    children.add(new TreeMap<>());
                    accepting.set(next);
                }
                state = next;
            }
            accepting.clear(state);
        }
        List<Expression.Edge> edges = new ArrayList<>();
        for (int state = 0; state < children.size(); state++) {
            CodePoints others = CodePoints.ALL;
            for (Map.Entry<Integer, Integer> child : children.get(state).entrySet()) {
                CodePoints point = CodePoints.of(child.getKey());
                others = others.without(point);
                edges.add(new Expression.Edge(state, new Expression.Characters(point), child.getValue()));
            }
            edges.add(new Expression.Edge(state, new Expression.Characters(others), 1));
        }
        return string(new Expression.Graph(children.size(), edges, accepting));
    }

    /** A given string. */
    static Expression literal(String value) {
        return Expression.text("\"" + escaped(value) + "\"");
    }

    /** A given value, its objects in the order in which they stand. */
    Expression literal(JsonNode value) {
        if (value.isTextual()) {
            return literal(value.textValue());
        }
        List<Expression> parts = new ArrayList<>();
        if (value.isObject()) {
            value.properties().forEach(property -> parts.add(Expression.sequence(literal(property.getKey()), Expression.text(":"), blank,
                    literal(property.getValue()))));
            return enclosed("{", parts, "}");
        }
        if (value.isArray()) {
            value.forEach(element -> parts.add(literal(element)));
            return enclosed("[", parts, "]");
        }
        return Expression.text(value.isNumber() ? value.decimalValue().toString() : value.asText());
    }

    private Expression enclosed(String open, List<Expression> parts, String close) {
        List<Expression> all = new ArrayList<>(List.of(Expression.text(open), blank));
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                all.add(Expression.text(","));
                all.add(blank);
            }
            all.add(parts.get(i));
        }
        if (!parts.isEmpty()) {
            all.add(blank);
        }
        all.add(Expression.text(close));
        return new Expression.Sequence(all);
    }
}
