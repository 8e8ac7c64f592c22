package org.waterspout.tools;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes an answer's text as it comes and tells what of it is text and what are calls. A text is told as soon as it is sure to be no call;
 * what begins as a call and is none becomes text again, with the reason. White space between two calls, and around an answer of calls only,
 * is left away. Each character is looked at a bounded number of times, and what is held back is bounded, whatever the model writes. For one
 * thread.
 */
public final class ToolCallParser {

    /** A part of the answer. */
    public sealed interface Part {

        /** Text of the answer; never empty. */
        record Text(String text) implements Part {
        }

        /** A call. */
        record Call(ToolCall call) implements Part {
        }

        /** What began as a call and is none; its text comes as {@link Text}. */
        record Fault(String reason) implements Part {
        }
    }

    private final ToolCallFormat format;
    private final CallReader reader;
    private final List<String> openings;
    private final List<Part> parts = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    /** What may still become a mark. */
    private final StringBuilder held = new StringBuilder();
    /** White space since the beginning or the last call, while nothing else came. */
    private final StringBuilder blank = new StringBuilder();
    private boolean quiet = true;
    /** A call has just ended: its closing mark, or a further call, may follow. */
    private boolean closable;
    private CallScanner scanner;
    /** All since the mark that opened a call, and before it in {@link #blank}. */
    private final StringBuilder raw = new StringBuilder();

    /**
     * @param tools those that may be called
     * @param seed  of the ids of calls to which the model gives none
     * @param begun what of a call came before the text, in the prompt; empty for nothing
     */
    public ToolCallParser(ToolCallFormat format, List<Tool> tools, long seed, String begun) {
        this.format = format;
        reader = new CallReader(format, tools, seed);
        openings = format.payload() == ToolCallFormat.Payload.XML ? List.of(format.opening(), CallScanner.XML_BEGIN)
                : List.of(format.opening());
        for (int i = 0; i < begun.length(); i++) {
            accept(begun.charAt(i));
        }
        raw.setLength(0);
    }

    /** Takes more text; returns what is now sure. */
    public List<Part> accept(String more) {
        for (int i = 0; i < more.length(); i++) {
            accept(more.charAt(i));
        }
        return told();
    }

    /** What was held back, when no more text comes. */
    public List<Part> end() {
        if (scanner != null) {
            giveBack("the answer ends within a call");
        }
        for (int i = 0; i < held.length(); i++) {
            plain(held.charAt(i));
        }
        held.setLength(0);
        if (blank.length() > 0 && !reader.hasRead()) {
            text.append(blank);
        }
        return told();
    }

    private List<Part> told() {
        flush();
        List<Part> told = List.copyOf(parts);
        parts.clear();
        return told;
    }

    private void flush() {
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text.toString()));
            text.setLength(0);
        }
    }

    private void accept(char c) {
        if (scanner == null) {
            outside(c);
            return;
        }
        raw.append(c);
        switch (scanner.accept(c)) {
            case OPEN -> { }
            case WHOLE -> close();
            case BROKEN -> {
                raw.setLength(raw.length() - 1);
                giveBack(scanner.reason());
                outside(c); // it may begin a mark
            }
        }
    }

    private void outside(char c) {
        held.append(c);
        while (!held.isEmpty() && openings.stream().noneMatch(this::mayBecome) && !(closable && mayBecome(format.closing()))) {
            char first = held.charAt(0);
            held.deleteCharAt(0);
            if (quiet && (first == '{' && (format.isBare() || closable) || first == '[' && closable && !format.closing().isEmpty())) {
                open("", String.valueOf(first)); // nothing is held: no mark has a bracket behind its first characters
                return;
            }
            plain(first);
        }
        String mark = held.toString();
        if (closable && !mark.isEmpty() && mark.equals(format.closing())) {
            held.setLength(0);
            blank.setLength(0);
            closable = false;
        } else if (openings.contains(mark)) {
            held.setLength(0);
            String within = mark.equals(CallScanner.XML_BEGIN) ? mark : mark.endsWith("[") ? "[" : "";
            open(mark.substring(0, mark.length() - within.length()), within);
        }
    }

    private boolean mayBecome(String mark) {
        return held.length() <= mark.length() && mark.startsWith(held.toString());
    }

    /** @param within what belongs to the call itself */
    private void open(String mark, String within) {
        raw.setLength(0);
        raw.append(blank).append(mark);
        blank.setLength(0);
        closable = false;
        scanner = new CallScanner(format);
        for (int i = 0; i < within.length(); i++) {
            accept(within.charAt(i));
        }
    }

    private void plain(char c) {
        if (quiet && (Character.isWhitespace(c) || c == ';' && format.isBare() && reader.hasRead())) {
            blank.append(c);
            if (blank.length() > CallScanner.MAX_CHARACTERS) {
                text.append(blank);
                blank.setLength(0);
                quiet = false;
            }
            return;
        }
        text.append(blank).append(c);
        blank.setLength(0);
        quiet = false;
        closable = false;
    }

    private void close() {
        CallReader.Result result = reader.read(scanner);
        if (result.calls().isEmpty()) {
            giveBack(result.fault());
            return;
        }
        flush();
        result.calls().forEach(call -> parts.add(new Part.Call(call)));
        raw.setLength(0);
        scanner = null;
        quiet = true;
        closable = true;
    }

    /** What was taken for a call is text. */
    private void giveBack(String why) {
        scanner = null;
        quiet = false;
        text.append(raw);
        raw.setLength(0);
        if (!why.isEmpty()) {
            flush();
            parts.add(new Part.Fault(why));
        }
    }
}
