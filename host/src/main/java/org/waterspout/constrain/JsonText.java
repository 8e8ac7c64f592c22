package org.waterspout.constrain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How values are written in JSON (RFC 8259). Between two parts of an object or array stands nothing, a space, or a line end with up to 20
 * blanks.
 */
final class JsonText {

    /** Must be written as escapes. */
    private static final CodePoints ESCAPED = CodePoints.of(0, 0x1f).or(CodePoints.in("\"\\"));
    private static final Map<Integer, String> SHORT = Map.of((int) '"', "\\\"", (int) '\\', "\\\\", (int) '\b', "\\b", (int) '\f', "\\f",
            (int) '\n', "\\n", (int) '\r', "\\r", (int) '\t', "\\t");
    private static final String HEXADECIMAL = "0123456789abcdefABCDEF";

    private final GrammarExpression character;
    private final GrammarExpression string;
    private final GrammarExpression blank;

    /** @param compact whether nothing stands between two parts */
    JsonText(Grammar.Draft draft, boolean compact) {
        character = draft.rule("character", anyCharacter());
        string = draft.rule("string", quoted(new GrammarExpression.Repeat(character, 0, GrammarExpression.UNLIMITED)));
        GrammarExpression line = GrammarExpression.sequence(GrammarExpression.text("\n"),
                new GrammarExpression.Repeat(GrammarExpression.characters(" \t"), 0, 20));
        blank = compact ? GrammarExpression.EMPTY
                : draft.rule("white space", GrammarExpression.optional(GrammarExpression.choice(GrammarExpression.text(" "), line)));
    }

    private static GrammarExpression anyCharacter() {
        GrammarExpression any = GrammarExpression.characters(HEXADECIMAL);
        GrammarExpression high = GrammarExpression.characters("dD");
        GrammarExpression plain = GrammarExpression.choice(
                GrammarExpression.sequence(GrammarExpression.characters(HEXADECIMAL.replaceAll("[dD]", "")), any, any, any),
                GrammarExpression.sequence(high, GrammarExpression.characters("01234567"), any, any));
        GrammarExpression pair = GrammarExpression.sequence(high, GrammarExpression.characters("89abAB"), any, any,
                GrammarExpression.text("\\u"), high, GrammarExpression.characters("cdefCDEF"), any, any);
        GrammarExpression escape = GrammarExpression.choice(GrammarExpression.characters("\"\\/bfnrt"),
                GrammarExpression.sequence(GrammarExpression.text("u"), GrammarExpression.choice(plain, pair)));
        return GrammarExpression.choice(new GrammarExpression.Characters(ESCAPED.not()),
                GrammarExpression.sequence(GrammarExpression.text("\\"), escape));
    }

    private static GrammarExpression quoted(GrammarExpression inner) {
        return GrammarExpression.sequence(GrammarExpression.text("\""), inner, GrammarExpression.text("\""));
    }

    /** Any string. */
    GrammarExpression string() {
        return string;
    }

    /** What may stand between two parts. */
    GrammarExpression blank() {
        return blank;
    }

    /** A string of so many characters. */
    GrammarExpression string(int min, int max) {
        return quoted(new GrammarExpression.Repeat(character, min, max));
    }

    /** A string whose characters are as {@code texts} says, an expression without calls; what needs no escape is written without. */
    static GrammarExpression string(GrammarExpression texts) {
        return quoted(written(texts));
    }

    private static GrammarExpression written(GrammarExpression expression) {
        return switch (expression) {
            case GrammarExpression.Characters characters -> written(characters.set());
            case GrammarExpression.Text text -> GrammarExpression.text(escaped(text.text()));
            case GrammarExpression.Sequence sequence -> new GrammarExpression.Sequence(
                    sequence.parts().stream().map(JsonText::written).toList());
            case GrammarExpression.Choice choice -> new GrammarExpression.Choice(
                    choice.alternatives().stream().map(JsonText::written).toList());
            case GrammarExpression.Repeat repeat -> new GrammarExpression.Repeat(written(repeat.part()), repeat.min(), repeat.max());
            case GrammarExpression.Graph graph -> new GrammarExpression.Graph(graph.states(), graph.edges().stream()
                    .map(edge -> new GrammarExpression.Edge(edge.from(), written(edge.label()), edge.to())).toList(), graph.accepting());
            case GrammarExpression.Call call -> call;
        };
    }

    private static GrammarExpression written(CodePoints set) {
        List<GrammarExpression> all = new ArrayList<>();
        CodePoints plain = set.without(ESCAPED);
        if (!plain.isEmpty()) {
            all.add(new GrammarExpression.Characters(plain));
        }
        for (int point = 0; point <= '\\'; point++) {
            if (ESCAPED.contains(point) && set.contains(point)) {
                all.add(GrammarExpression.text(escaped(Character.toString(point))));
            }
        }
        return GrammarExpression.choice(all);
    }

    private static String escaped(String text) {
        StringBuilder all = new StringBuilder();
        text.codePoints().forEach(point -> all.append(!ESCAPED.contains(point) ? Character.toString(point)
                : SHORT.getOrDefault(point, "\\u%04x".formatted(point))));
        return all.toString();
    }

    /** A string that is none of these. */
    static GrammarExpression stringBut(List<String> names) {
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
        List<GrammarExpression.Edge> edges = new ArrayList<>();
        for (int state = 0; state < children.size(); state++) {
            CodePoints others = CodePoints.ALL;
            for (Map.Entry<Integer, Integer> child : children.get(state).entrySet()) {
                CodePoints point = CodePoints.of(child.getKey());
                others = others.without(point);
                edges.add(new GrammarExpression.Edge(state, new GrammarExpression.Characters(point), child.getValue()));
            }
            edges.add(new GrammarExpression.Edge(state, new GrammarExpression.Characters(others), 1));
        }
        return string(new GrammarExpression.Graph(children.size(), edges, accepting));
    }

    /** A given string. */
    static GrammarExpression literal(String value) {
        return GrammarExpression.text("\"" + escaped(value) + "\"");
    }

    /** A given value, its objects in the order in which they stand. */
    GrammarExpression literal(JsonNode value) {
        if (value.isTextual()) {
            return literal(value.textValue());
        }
        List<GrammarExpression> parts = new ArrayList<>();
        if (value.isObject()) {
            value.properties().forEach(property -> parts.add(GrammarExpression.sequence(
                    literal(property.getKey()), GrammarExpression.text(":"), blank, literal(property.getValue()))));
            return enclosed("{", parts, "}");
        }
        if (value.isArray()) {
            value.forEach(element -> parts.add(literal(element)));
            return enclosed("[", parts, "]");
        }
        return GrammarExpression.text(value.isNumber() ? value.decimalValue().toString() : value.asText());
    }

    private GrammarExpression enclosed(String open, List<GrammarExpression> parts, String close) {
        List<GrammarExpression> all = new ArrayList<>(List.of(GrammarExpression.text(open), blank));
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                all.add(GrammarExpression.text(","));
                all.add(blank);
            }
            all.add(parts.get(i));
        }
        if (!parts.isEmpty()) {
            all.add(blank);
        }
        all.add(GrammarExpression.text(close));
        return new GrammarExpression.Sequence(all);
    }
}
