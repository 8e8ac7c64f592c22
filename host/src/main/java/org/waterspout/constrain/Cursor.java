package org.waterspout.constrain;

import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/** A text that is being read, character by character. */
final class Cursor {

    static final int END = -1;

    private static final int DEEPEST = 250;

    private final String what;
    private final int[] points;
    private int at;
    private int depth;

    /** @param what the text is, for messages */
    Cursor(String what, String text) {
        new GrammarExpression.Text(text); // which refuses half of a surrogate pair
        this.what = what;
        points = text.codePoints().toArray();
    }

    /** The character that comes next; {@link #END} at the end. */
    int peek() {
        return peek(0);
    }

    int peek(int ahead) {
        return at + ahead < points.length ? points[at + ahead] : END;
    }

    int take() {
        int point = peek();
        if (point == END) {
            throw refuse("it ends early");
        }
        at++;
        return point;
    }

    /** Takes what comes next if it is {@code wanted}. */
    boolean takeIf(String wanted) {
        for (int i = 0; i < wanted.length(); i++) {
            if (peek(i) != wanted.charAt(i)) {
                return false;
            }
        }
        at += wanted.length();
        return true;
    }

    void require(String wanted, String otherwise) {
        if (!takeIf(wanted)) {
            throw refuse(otherwise);
        }
    }

    /** The value of so many hexadecimal digits. */
    int hexadecimal(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0 || peek() > 'f') {
                throw refuse(digits + " hexadecimal digits must stand here");
            }
            value = 16 * value + digit;
            at++;
        }
        return value;
    }

    /** A number of repetitions. */
    int count() {
        if (peek() < '0' || peek() > '9') {
            throw refuse("a number of repetitions must stand here");
        }
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = 10 * value + take() - '0';
            if (value > 1_000_000) {
                throw refuse("so many repetitions are not supported: at most 1000000");
            }
        }
        return value;
    }

    /** Such as {@code {2}}, {@code {2,}} or {@code {2,5}}, from behind the first brace. */
    GrammarExpression repeat(GrammarExpression part) {
        int min = count();
        int max = min;
        if (takeIf(",")) {
            max = peek() == '}' ? GrammarExpression.UNLIMITED : count();
        }
        require("}", "the number of repetitions must end with }");
        if (max < min) {
            throw refuse("repetitions of at least " + min + " and at most " + max + ": swap them");
        }
        return new GrammarExpression.Repeat(part, min, max);
    }

    void deeper() {
        if (++depth > DEEPEST) {
            throw refuse("groups are nested more than " + DEEPEST + " deep: make it simpler");
        }
    }

    void higher() {
        depth--;
    }

    /** An error at this place. */
    InvalidRequestException refuse(String why) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < Math.min(at, points.length); i++) {
            column = points[i] == '\n' ? 1 : column + 1;
            line += points[i] == '\n' ? 1 : 0;
        }
        String rest = new String(points, Math.min(at, points.length), Math.min(20, points.length - Math.min(at, points.length)));
        return new InvalidRequestException(what + ", line " + line + ", character " + column
                + (rest.isEmpty() ? " (its end)" : " (" + Quoted.of(rest) + ")") + ": " + why);
    }
}
