package org.waterspout.tools;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Finds where a call ends that begins behind an opening mark, character by character and each of them once. */
final class CallScanner {

    /** What a call may have; more is no call. */
    static final int MAX_CHARACTERS = 1 << 20;

    static final String XML_BEGIN = "<function=";
    private static final String XML_END = "</function>";
    /** Characters of what stands before the arguments. */
    private static final int MAX_NAME = 256;

    /** What is known after a character. */
    enum State { OPEN, WHOLE, BROKEN }

    private final ToolCallFormat format;
    private final StringBuilder name = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final Deque<Character> open = new ArrayDeque<>();
    private int length;
    private boolean inJson;
    private boolean inString;
    private boolean escaped;
    private String reason = "";

    CallScanner(ToolCallFormat format) {
        this.format = format;
    }

    /** Takes the next character. */
    State accept(char c) {
        if (++length > MAX_CHARACTERS) {
            return broken("a call has more than " + MAX_CHARACTERS + " characters");
        }
        if (inJson) {
            return inJson(c);
        }
        return format.payload() == ToolCallFormat.Payload.XML ? inXml(c) : before(c);
    }

    /** White space, or the name of a tool where it stands before the arguments. */
    private State before(char c) {
        if (c == '{' || c == '[' && name.isEmpty()) {
            inJson = true;
            return inJson(c);
        }
        if (Character.isWhitespace(c) && name.isEmpty()) {
            return State.OPEN;
        }
        name.append(c);
        return format.isNamed() && name.length() <= MAX_NAME ? State.OPEN : broken("what follows " + format.opening() + " is no JSON");
    }

    private State inJson(char c) {
        text.append(c);
        if (inString) {
            inString = escaped || c != '"';
            escaped = !escaped && c == '\\';
            return State.OPEN;
        }
        switch (c) {
            case '"' -> inString = true;
            case '{', '[' -> {
                open.push(c);
                if (open.size() > ToolJson.MAX_DEPTH) {
                    return broken("a call is nested more than " + ToolJson.MAX_DEPTH + " deep");
                }
            }
            case '}', ']' -> {
                if (open.pop() != (c == '}' ? '{' : '[')) {
                    return broken("a call closes what was not open: " + c);
                }
                return open.isEmpty() ? State.WHOLE : State.OPEN;
            }
            default -> {
                if (!Character.isLetterOrDigit(c) && " \t\r\n,:+-.".indexOf(c) < 0) {
                    return broken("a call is no JSON: " + c + " stands in it");
                }
            }
        }
        return State.OPEN;
    }

    private State inXml(char c) {
        if (text.isEmpty() && Character.isWhitespace(c)) {
            return State.OPEN;
        }
        text.append(c);
        if (text.length() <= XML_BEGIN.length() && !XML_BEGIN.startsWith(text.toString())) {
            return broken("what follows " + format.opening() + " is no " + XML_BEGIN + "...>");
        }
        int from = text.length() - XML_END.length();
        return from >= 0 && text.indexOf(XML_END, from) >= 0 ? State.WHOLE : State.OPEN;
    }

    private State broken(String why) {
        reason = why;
        return State.BROKEN;
    }

    /** Why it is {@link State#BROKEN}. */
    String reason() {
        return reason;
    }

    /** What stands between mark and arguments, of a format that writes the tool's name there. */
    Optional<String> name() {
        String[] parts = name.toString().split("\\[(ARGS|CALL_ID)]", 2);
        return parts[0].isBlank() ? Optional.empty() : Optional.of(parts[0].strip());
    }

    /** The call's id, where one stands behind the name. */
    Optional<String> id() {
        int at = name.indexOf("[CALL_ID]");
        return at < 0 ? Optional.empty() : Optional.of(name.substring(at + "[CALL_ID]".length()).replace("[ARGS]", "").strip());
    }

    /** The JSON, or the XML. */
    String text() {
        return text.toString();
    }
}
