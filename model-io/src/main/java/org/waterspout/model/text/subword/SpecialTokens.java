package org.waterspout.model.text.subword;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.model.text.jinja.Rendered;

/**
 * Finds the tokens written by name in a text: at each place the longest name that stands there, from left to right.
 * Control and unknown tokens count only on request, user-defined ones always, as in llama.cpp.
 */
public final class SpecialTokens {

    /** A stretch of ordinary text, or a token that was written by name. */
    public sealed interface Part {
        /** @param from where it begins in the whole text */
        record Text(String text, int from) implements Part { }

        record Token(int token, int from, int to) implements Part { }
    }

    /** A name's tree: what may follow, and the token whose name ends here (-1: none). */
    private static final class Node {
        final Map<Character, Node> next = new HashMap<>();
        int token = -1;
    }

    private final Vocabulary vocabulary;
    private final Node always = new Node();
    private final Node onRequest = new Node();
    private final Set<Integer> swallowSpaceAfter;

    /** @param swallowSpaceAfter tokens after which white space is dropped */
    public SpecialTokens(Vocabulary vocabulary, Set<Integer> swallowSpaceAfter) {
        this.vocabulary = vocabulary;
        this.swallowSpaceAfter = Set.copyOf(swallowSpaceAfter);
        for (int token = 0; token < vocabulary.size(); token++) {
            switch (vocabulary.kinds().get(token)) {
                case CONTROL, UNKNOWN -> add(onRequest, token);
                case USER_DEFINED -> {
                    add(onRequest, token);
                    add(always, token);
                }
                case UNDEFINED, NORMAL, UNUSED, BYTE -> { }
            }
        }
    }

    private void add(Node root, int token) {
        Node node = root;
        String name = vocabulary.pieces().get(token);
        for (int i = 0; i < name.length(); i++) {
            node = node.next.computeIfAbsent(name.charAt(i), c -> new Node());
        }
        if (node != root && node.token < 0) {
            node.token = token;
        }
    }

    /** {@code text} in order, without empty stretches. */
    public List<Part> split(String text, boolean parseSpecial) {
        return split(text, parseSpecial ? List.of() : List.of(new Rendered.Stretch(0, text.length())));
    }

    /**
     * {@code text} in order, without empty parts. A name that lies in one of the stretches from {@code outside}, or reaches into one, is no
     * control token.
     */
    public List<Part> split(String text, List<Rendered.Stretch> outside) {
        List<Part> parts = new ArrayList<>();
        int textFrom = 0;
        int at = 0;
        int stretch = 0;
        while (at < text.length()) {
            while (stretch < outside.size() && outside.get(stretch).to() <= at) {
                stretch++;
            }
            int ownTo = stretch < outside.size() ? outside.get(stretch).from() : text.length();
            int token = longestAt(onRequest, text, at, ownTo);
            if (ownTo < text.length()) {
                int kept = longestAt(always, text, at, text.length());
                token = token < 0 || kept >= 0 && length(kept) > length(token) ? kept : token;
            }
            if (token < 0) {
                at++;
                continue;
            }
            if (at > textFrom) {
                parts.add(new Part.Text(text.substring(textFrom, at), textFrom));
            }
            int end = at + length(token);
            parts.add(new Part.Token(token, at, end));
            at = end;
            if (swallowSpaceAfter.contains(token)) {
                while (at < text.length() && isAsciiSpace(text.charAt(at))) {
                    at++;
                }
            }
            textFrom = at;
        }
        if (textFrom < text.length()) {
            parts.add(new Part.Text(text.substring(textFrom), textFrom));
        }
        return parts;
    }

    private int length(int token) {
        return vocabulary.pieces().get(token).length();
    }

    private static int longestAt(Node root, String text, int at, int to) {
        int longest = -1;
        Node node = root;
        for (int i = at; i < to; i++) {
            node = node.next.get(text.charAt(i));
            if (node == null) {
                break;
            }
            if (node.token >= 0) {
                longest = node.token;
            }
        }
        return longest;
    }

    /** White space as C's isspace has it, which is what llama.cpp strips. */
    private static boolean isAsciiSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }
}
