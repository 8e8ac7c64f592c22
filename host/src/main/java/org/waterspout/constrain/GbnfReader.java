package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * Reads a grammar in GBNF, as llama.cpp defines it (grammars/README.md and src/llama-grammar.cpp). The answer is of the rule {@code root}.
 */
final class GbnfReader {

    private final Cursor cursor;
    private final Grammar.Draft draft = new Grammar.Draft();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Boolean> defined = new HashMap<>();

    private GbnfReader(String text) {
        cursor = new Cursor("the grammar", text);
    }

    static Grammar read(String text) {
        return new GbnfReader(text).grammar();
    }

    private Grammar grammar() {
        blanks(true);
        while (cursor.peek() != Cursor.END) {
            rule();
            blanks(true);
        }
        numbers.keySet().stream().filter(name -> !defined.containsKey(name)).sorted().findFirst().ifPresent(name -> {
            throw new InvalidRequestException("the grammar has no rule " + Quoted.of(name) + ", which another one names: define it");
        });
        if (!defined.containsKey("root")) {
            throw new InvalidRequestException("the grammar has no rule root, with which an answer begins: define it");
        }
        return draft.withRoot(numbers.get("root"));
    }

    private void rule() {
        String name = name();
        blanks(false);
        cursor.require("::=", "::= must follow the name of a rule");
        blanks(true);
        if (defined.put(name, true) != null) {
            throw cursor.refuse("the rule " + Quoted.of(name) + " is defined twice: give one of them another name");
        }
        draft.define(number(name), alternatives(false));
        if (cursor.peek() != Cursor.END && cursor.peek() != '\r' && cursor.peek() != '\n') {
            throw cursor.refuse("a rule must end with its line");
        }
    }

    private int number(String name) {
        return numbers.computeIfAbsent(name, draft::declare);
    }

    private static boolean isName(int point) {
        return point >= 'a' && point <= 'z' || point >= 'A' && point <= 'Z' || point >= '0' && point <= '9' || point == '-' || point == '_';
    }

    private String name() {
        StringBuilder name = new StringBuilder();
        while (isName(cursor.peek())) {
            name.appendCodePoint(cursor.take());
        }
        if (name.isEmpty()) {
            throw cursor.refuse("the name of a rule must stand here: letters, digits and -");
        }
        return name.toString();
    }

    /** Spaces, comments and, where a rule may go on in another line, ends of lines. */
    private void blanks(boolean lines) {
        while (true) {
            int point = cursor.peek();
            if (point == '#') {
                while (cursor.peek() != Cursor.END && cursor.peek() != '\r' && cursor.peek() != '\n') {
                    cursor.take();
                }
            } else if (point == ' ' || point == '\t' || lines && (point == '\r' || point == '\n')) {
                cursor.take();
            } else {
                return;
            }
        }
    }

    private GrammarExpression alternatives(boolean nested) {
        List<GrammarExpression> all = new ArrayList<>();
        all.add(sequence(nested));
        while (cursor.takeIf("|")) {
            blanks(true);
            all.add(sequence(nested));
        }
        return GrammarExpression.choice(all);
    }

    private GrammarExpression sequence(boolean nested) {
        List<GrammarExpression> parts = new ArrayList<>();
        while (true) {
            GrammarExpression part = part();
            if (part == null) {
                return GrammarExpression.sequence(parts.toArray(GrammarExpression[]::new));
            }
            blanks(nested);
            part = repeated(part);
            parts.add(part);
            blanks(nested);
        }
    }

    private GrammarExpression repeated(GrammarExpression part) {
        GrammarExpression all = part;
        while (true) {
            if (cursor.takeIf("*")) {
                all = new GrammarExpression.Repeat(all, 0, GrammarExpression.UNLIMITED);
            } else if (cursor.takeIf("+")) {
                all = new GrammarExpression.Repeat(all, 1, GrammarExpression.UNLIMITED);
            } else if (cursor.takeIf("?")) {
                all = GrammarExpression.optional(all);
            } else if (cursor.takeIf("{")) {
                all = cursor.repeat(all);
            } else {
                return all;
            }
        }
    }

    /** Null where none follows. */
    private GrammarExpression part() {
        if (cursor.takeIf("\"")) {
            StringBuilder text = new StringBuilder();
            while (!cursor.takeIf("\"")) {
                text.appendCodePoint(character());
            }
            return GrammarExpression.text(text.toString());
        }
        if (cursor.takeIf("[")) {
            return new GrammarExpression.Characters(characterClass());
        }
        if (cursor.takeIf(".")) {
            return new GrammarExpression.Characters(CodePoints.ALL);
        }
        if (cursor.takeIf("(")) {
            cursor.deeper();
            blanks(true);
            GrammarExpression inner = alternatives(true);
            cursor.require(")", "a group must end with )");
            cursor.higher();
            return inner;
        }
        if (cursor.peek() == '<' || cursor.peek() == '!') {
            throw cursor.refuse("tokens (<...>) are not supported in a grammar: write their text");
        }
        return isName(cursor.peek()) ? new GrammarExpression.Call(number(name())) : null;
    }

    private CodePoints characterClass() {
        boolean negated = cursor.takeIf("^");
        CodePoints all = CodePoints.NONE;
        while (!cursor.takeIf("]")) {
            int first = character();
            int last = first;
            if (cursor.peek() == '-' && cursor.peek(1) != ']') {
                cursor.take();
                last = character();
            }
            if (last < first) {
                throw cursor.refuse("a range must go from a character to one that is not before it");
            }
            all = all.or(CodePoints.of(first, last));
        }
        return negated ? all.not() : all;
    }

    private int character() {
        int point = cursor.take();
        if (point != '\\') {
            return point;
        }
        int value = switch (cursor.take()) {
            case 'x' -> cursor.hexadecimal(2);
            case 'u' -> cursor.hexadecimal(4);
            case 'U' -> cursor.hexadecimal(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\' -> '\\';
            case '"' -> '"';
            case '[' -> '[';
            case ']' -> ']';
            default -> throw cursor.refuse(
                    "there is no such escape: use \\xHH, \\uHHHH, \\UHHHHHHHH, \\t, \\r, \\n, \\\\, \\\", \\[ or \\]");
        };
        if (value < 0 || value > CodePoints.LAST || value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw cursor.refuse("there is no such character");
        }
        return value;
    }
}
