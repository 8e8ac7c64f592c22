package org.waterspout.constrain;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads a regular expression: the part of ECMAScript's syntax (with the flag u) that describes a set of texts. What looks around, looks
 * back or changes the rules on the way is refused by name.
 */
final class RegexReader {

    /** ECMAScript's WhiteSpace and LineTerminator. */
    private static final CodePoints BLANKS = CodePoints.in("\t\n\u000b\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
            .or(CodePoints.of(0x2000, 0x200a));
    private static final CodePoints LINE_ENDS = CodePoints.in("\n\r\u2028\u2029");
    private static final CodePoints WORDS = CodePoints.of('a', 'z').or(CodePoints.of('A', 'Z')).or(CodePoints.DIGITS)
            .or(CodePoints.of('_'));
    private static final GrammarExpression ANYTHING = new GrammarExpression.Repeat(
            new GrammarExpression.Characters(CodePoints.ALL), 0, GrammarExpression.UNLIMITED);

    private final Cursor cursor;

    private RegexReader(String what, String text) {
        cursor = new Cursor(what, text);
    }

    /** The texts that match as a whole. */
    static GrammarExpression whole(String what, String text) {
        return new RegexReader(what, text).alternatives(false);
    }

    /** The texts that hold a match. */
    static GrammarExpression holding(String what, String text) {
        return new RegexReader(what, text).alternatives(true);
    }

    private GrammarExpression alternatives(boolean search) {
        List<GrammarExpression> all = new ArrayList<>();
        do {
            boolean fromStart = false;
            while (cursor.takeIf("^")) {
                fromStart = true;
            }
            GrammarExpression inner = sequence();
            boolean toEnd = false;
            while (cursor.takeIf("$")) {
                toEnd = true;
            }
            if (cursor.peek() != Cursor.END && cursor.peek() != '|') {
                throw cursor.refuse(toEnd ? "$ is supported at the end only" : "this closes no group: write \\) for the character");
            }
            all.add(!search ? inner : GrammarExpression.sequence(fromStart ? GrammarExpression.EMPTY : ANYTHING, inner,
                    toEnd ? GrammarExpression.EMPTY : ANYTHING));
        } while (cursor.takeIf("|"));
        return GrammarExpression.choice(all);
    }

    private GrammarExpression group() {
        cursor.deeper();
        List<GrammarExpression> all = new ArrayList<>();
        do {
            all.add(sequence());
        } while (cursor.takeIf("|"));
        if (cursor.peek() == '$') {
            throw cursor.refuse("$ is supported at the end of the whole expression only");
        }
        cursor.require(")", "a group must end with )");
        cursor.higher();
        return GrammarExpression.choice(all);
    }

    private GrammarExpression sequence() {
        List<GrammarExpression> parts = new ArrayList<>();
        while (cursor.peek() != Cursor.END && cursor.peek() != '|' && cursor.peek() != ')' && cursor.peek() != '$') {
            parts.add(quantified(part()));
        }
        return GrammarExpression.sequence(parts.toArray(GrammarExpression[]::new));
    }

    private GrammarExpression quantified(GrammarExpression part) {
        GrammarExpression all = switch (cursor.peek()) {
            case '*' -> new GrammarExpression.Repeat(part, 0, GrammarExpression.UNLIMITED);
            case '+' -> new GrammarExpression.Repeat(part, 1, GrammarExpression.UNLIMITED);
            case '?' -> GrammarExpression.optional(part);
            case '{' -> null;
            default -> part;
        };
        if (all == part) {
            return part;
        }
        cursor.take();
        all = all == null ? cursor.repeat(part) : all;
        cursor.takeIf("?"); // matches the same texts
        if (cursor.peek() == '+' || cursor.peek() == '*' || cursor.peek() == '{' || cursor.peek() == '?') {
            throw cursor.refuse("a repetition of a repetition (or one that gives nothing back) is not supported: put the inner one into"
                    + " (?: )");
        }
        return all;
    }

    private GrammarExpression part() {
        int point = cursor.peek();
        switch (point) {
            case '(' -> {
                cursor.take();
                openGroup();
                return group();
            }
            case '[' -> {
                cursor.take();
                return new GrammarExpression.Characters(characterClass());
            }
            case '.' -> {
                cursor.take();
                return new GrammarExpression.Characters(LINE_ENDS.not());
            }
            case '\\' -> {
                return escaped();
            }
            case '*', '+', '?', '{' -> throw cursor.refuse("there is nothing to repeat: write \\ before it for the character");
            case '^' -> throw cursor.refuse("^ is supported at the beginning only: write \\^ for the character");
            default -> {
                cursor.take();
                return new GrammarExpression.Characters(CodePoints.of(point));
            }
        }
    }

    private void openGroup() {
        if (!cursor.takeIf("?") || cursor.takeIf(":")) {
            return;
        }
        if (cursor.peek() == '=' || cursor.peek() == '!' || cursor.peek() == '<' && (cursor.peek(1) == '=' || cursor.peek(1) == '!')) {
            throw cursor.refuse("lookahead and lookbehind are not supported: say it without");
        }
        if (cursor.takeIf("<")) {
            while (cursor.take() != '>') { // a name
                continue;
            }
            return;
        }
        throw cursor.refuse("flags and groups of this kind are not supported: use ( ) or (?: )");
    }

    private GrammarExpression escaped() {
        int next = cursor.peek(1);
        if (next >= '1' && next <= '9' || next == 'k') {
            throw cursor.refuse("references back to a group are not supported: say it without");
        }
        if (next == 'b' || next == 'B') {
            throw cursor.refuse("borders of words (\\b, \\B) are not supported: say it without");
        }
        cursor.take();
        return new GrammarExpression.Characters(escape());
    }

    /** What follows a backslash. */
    private CodePoints escape() {
        int point = cursor.take();
        return switch (point) {
            case 'd' -> CodePoints.DIGITS;
            case 'D' -> CodePoints.DIGITS.not();
            case 'w' -> WORDS;
            case 'W' -> WORDS.not();
            case 's' -> BLANKS;
            case 'S' -> BLANKS.not();
            case 'n' -> CodePoints.of('\n');
            case 'r' -> CodePoints.of('\r');
            case 't' -> CodePoints.of('\t');
            case 'f' -> CodePoints.of('\f');
            case 'v' -> CodePoints.of(0x0b);
            case '0' -> {
                if (cursor.peek() >= '0' && cursor.peek() <= '9') {
                    throw cursor.refuse("octal escapes are not supported: use \\xHH");
                }
                yield CodePoints.of(0);
            }
            case 'x' -> CodePoints.of(cursor.hexadecimal(2));
            case 'u' -> CodePoints.of(unicode());
            case 'c' -> {
                int letter = cursor.take();
                if (!(letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z')) {
                    throw cursor.refuse("\\c needs a letter");
                }
                yield CodePoints.of(letter % 32);
            }
            case 'p', 'P' -> throw cursor.refuse("properties of characters (\\p) are not supported: list the characters in [ ]");
            default -> {
                if (point >= 'a' && point <= 'z' || point >= 'A' && point <= 'Z' || point >= '0' && point <= '9') {
                    throw cursor.refuse("the escape \\" + Character.toString(point) + " is not supported");
                }
                yield CodePoints.of(point);
            }
        };
    }

    private int unicode() {
        if (cursor.takeIf("{")) {
            int value = 0;
            while (!cursor.takeIf("}")) {
                value = 16 * value + cursor.hexadecimal(1);
                if (value > CodePoints.LAST) {
                    throw cursor.refuse("there is no such character: the last is \\u{10FFFF}");
                }
            }
            return whole(value);
        }
        int value = cursor.hexadecimal(4);
        if (Character.isHighSurrogate((char) value) && cursor.takeIf("\\u")) {
            int low = cursor.hexadecimal(4);
            return whole(Character.isLowSurrogate((char) low) ? Character.toCodePoint((char) value, (char) low) : value);
        }
        return whole(value);
    }

    private int whole(int point) {
        if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
            throw cursor.refuse("half of a surrogate pair is no character: write both halves");
        }
        return point;
    }

    /** From behind the opening bracket. */
    private CodePoints characterClass() {
        boolean negated = cursor.takeIf("^");
        if (cursor.peek() == ']') {
            throw cursor.refuse("an empty class is not supported: write \\] for the character");
        }
        CodePoints all = CodePoints.NONE;
        while (!cursor.takeIf("]")) {
            if (cursor.peek() == '[' && (cursor.peek(1) == ':' || cursor.peek(1) == '.' || cursor.peek(1) == '=')) {
                throw cursor.refuse("POSIX classes are not supported: list the characters");
            }
            CodePoints first = classPart();
            if (cursor.peek() == '-' && cursor.peek(1) != ']') {
                cursor.take();
                CodePoints last = classPart();
                if (!isSingle(first) || !isSingle(last) || first.first(0) > last.first(0)) {
                    throw cursor.refuse("a range must go from a character to one that is not before it: write \\- for the character");
                }
                first = CodePoints.of(first.first(0), last.first(0));
            }
            all = all.or(first);
        }
        return negated ? all.not() : all;
    }

    private static boolean isSingle(CodePoints set) {
        return set.ranges() == 1 && set.first(0) == set.last(0);
    }

    private CodePoints classPart() {
        if (!cursor.takeIf("\\")) {
            return CodePoints.of(cursor.take());
        }
        return cursor.takeIf("b") ? CodePoints.of('\b') : escape();
    }
}
