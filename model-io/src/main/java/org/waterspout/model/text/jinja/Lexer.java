package org.waterspout.model.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into text and tokens, and applies Jinja2's white-space rules (jinja2/lexer.py): trim_blocks takes the
 * newline after a block or comment, lstrip_blocks the indentation before one, a minus all white space on its side, and a plus
 * prevents both.
 */
final class Lexer {

    enum Kind { TEXT, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END }

    record Token(Kind kind, String text, int line) {
        boolean is(Kind wanted, String word) {
            return kind == wanted && text.equals(word);
        }
    }

    private static final List<String> OPERATORS = List.of("**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~",
            "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether the text that follows starts a line of the template. */
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = nextTag(at);
            if (tag < 0) {
                add(Kind.TEXT, source.substring(at));
                at = source.length();
                break;
            }
            char kind = source.charAt(tag + 1);
            char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            text(source.substring(at, tag), kind, sign);
            advance(tag);
            advance(tag + 2 + (sign == '-' || sign == '+' ? 1 : 0));
            switch (kind) {
                case '#' -> comment();
                case '{' -> inside(Kind.OUTPUT_BEGIN, "}}", Kind.OUTPUT_END);
                case '%' -> {
                    if (!raw()) {
                        inside(Kind.BLOCK_BEGIN, "%}", Kind.BLOCK_END);
                    }
                }
                default -> throw new IllegalStateException("nextTag found " + kind);
            }
        }
        add(Kind.END, "");
    }

    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    /** The text before a tag, less what the tag's rules take from it. */
    private void text(String text, char tag, char sign) {
        String kept = text;
        if (sign == '-') {
            kept = Strings.stripRight(Text.of(text), null, null).string();
        } else if (sign != '+' && tag != '{') {
            int lineStart = text.lastIndexOf('\n') + 1;
            if ((lineStart > 0 || lineStarts) && text.substring(lineStart).chars().allMatch(Strings::isSpace)) {
                kept = text.substring(0, lineStart);
            }
        }
        if (!kept.isEmpty()) {
            add(Kind.TEXT, kept);
        }
    }

    /** Steps over the end of a tag and the white space that goes with it; {@code end} is where the delimiter stands. */
    private void endOfTag(int end, boolean block) {
        char sign = source.charAt(end);
        int from = at;
        int next = end + (sign == '-' || sign == '+' ? 3 : 2);
        if (sign == '-') {
            while (next < source.length() && Strings.isSpace(source.charAt(next))) {
                next++;
            }
        } else if (sign != '+' && block && next < source.length() && source.charAt(next) == '\n') {
            next++;
        }
        advance(next);
        lineStarts = next > from && source.charAt(next - 1) == '\n';
    }

    private void comment() {
        int close = source.indexOf("#}", at);
        if (close < 0) {
            throw new JinjaException("a comment is not closed with #}").at(line);
        }
        boolean signed = close > at && (source.charAt(close - 1) == '-' || source.charAt(close - 1) == '+');
        endOfTag(signed ? close - 1 : close, true);
    }

    /** Takes {@code raw} … {@code endraw} as text. False if the block is another. */
    private boolean raw() {
        java.util.regex.Matcher open = java.util.regex.Pattern.compile("\\s*raw\\s*(-?)%}").matcher(source).region(at,
                source.length());
        if (!open.lookingAt()) {
            return false;
        }
        java.util.regex.Matcher close = java.util.regex.Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?%})").matcher(source);
        if (!close.find(open.end())) {
            throw new JinjaException("raw is not closed with endraw").at(line);
        }
        String text = source.substring(open.end(), close.start());
        text = open.group(1).isEmpty() ? text : Strings.stripLeft(Text.of(text), null, null).string();
        lineStarts = false;
        text(text, '%', close.group(1).isEmpty() ? ' ' : close.group(1).charAt(0));
        advance(close.start(2));
        endOfTag(close.start(2), true);
        return true;
    }

    private void inside(Kind begin, String delimiter, Kind end) {
        add(begin, "");
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            while (at < source.length() && Strings.isSpace(source.charAt(at))) {
                advance(at + 1);
            }
            if (at >= source.length()) {
                throw new JinjaException("a tag is not closed with " + delimiter).at(line);
            }
            char c = source.charAt(at);
            boolean signed = (c == '-' || c == '+') && source.startsWith(delimiter, at + 1);
            if (open.isEmpty() && (signed || source.startsWith(delimiter, at))) {
                add(end, "");
                endOfTag(at, end == Kind.BLOCK_END);
                return;
            }
            token(c, open);
        }
    }

    private void token(char c, Deque<Character> open) {
        if (c == '"' || c == '\'') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
            int end = at + 1;
            while (end < source.length() && (Character.isUnicodeIdentifierPart(source.charAt(end)))) {
                end++;
            }
            add(Kind.NAME, source.substring(at, end));
            advance(end);
        } else {
            String operator = OPERATORS.stream().filter(o -> source.startsWith(o, at)).findFirst()
                    .orElseThrow(() -> new JinjaException("the character '" + c + "' has no meaning here").at(line));
            switch (operator) {
                case "(" -> open.push(')');
                case "[" -> open.push(']');
                case "{" -> open.push('}');
                case ")", "]", "}" -> {
                    if (open.isEmpty() || open.pop() != operator.charAt(0)) {
                        throw new JinjaException("'" + operator + "' closes nothing").at(line);
                    }
                }
                default -> { }
            }
            add(Kind.OPERATOR, operator);
            advance(at + operator.length());
        }
    }

    private void number() {
        java.util.regex.Matcher number = java.util.regex.Pattern
                .compile("[0-9](?:_?[0-9])*(\\.[0-9](?:_?[0-9])*)?([eE][+-]?[0-9](?:_?[0-9])*)?").matcher(source)
                .region(at, source.length());
        if (!number.lookingAt()) {
            throw new IllegalStateException("a digit starts a number");
        }
        boolean whole = number.group(1) == null && number.group(2) == null;
        add(whole ? Kind.INTEGER : Kind.FLOAT, number.group().replace("_", ""));
        advance(number.end());
    }

    private void string(char quote) {
        StringBuilder text = new StringBuilder();
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            if (source.charAt(i) == '\\' && i + 1 < source.length()) {
                i = escape(i + 1, text);
            } else {
                text.append(source.charAt(i++));
            }
        }
        if (i >= source.length()) {
            throw new JinjaException("a string is not closed with " + quote).at(line);
        }
        add(Kind.STRING, text.toString());
        advance(i + 1);
    }

    /** Appends what the escape at {@code i} (after the backslash) means, as Python does; returns where it ends. */
    private int escape(int i, StringBuilder text) {
        char c = source.charAt(i);
        int hex = switch (c) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
        };
        if (hex > 0) {
            try {
                text.appendCodePoint(Integer.parseInt(source.substring(i + 1, i + 1 + hex), 16));
                return i + 1 + hex;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new JinjaException("the escape \\" + c + " needs " + hex + " hexadecimal digits").at(line);
            }
        }
        switch (c) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'v' -> text.append('\u000B');
            case 'a' -> text.append('\u0007');
            case '0' -> text.append('\0');
            case '\\', '\'', '"' -> text.append(c);
            case '\n' -> { } // a line continued
            default -> text.append('\\').append(c);
        }
        return i + 1;
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    private void advance(int to) {
        for (; at < to; at++) {
            if (source.charAt(at) == '\n') {
                line++;
            }
        }
    }
}
