package org.waterspout.model.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A string of a template: its characters, which of them came from outside the template, and whether it is markup, to which joined strings
 * are escaped (MarkupSafe's Markup). Two are equal when their characters are.
 */
final class Text {

    private static final int[] NONE = {};
    static final Text EMPTY = Text.of("");

    private final String string;
    /** Pairs in order: where a stretch from outside begins, and one past its end. */
    private final int[] origins;
    private final boolean markup;

    private Text(String string, int[] origins, boolean markup) {
        this.string = string;
        this.origins = origins;
        this.markup = markup;
    }

    /** The template's own words. */
    static Text of(String string) {
        return new Text(string, NONE, false);
    }

    /** Words from outside. */
    static Text from(String string) {
        return new Text(string, string.isEmpty() ? NONE : new int[] {0, string.length()}, false);
    }

    String string() {
        return string;
    }

    int length() {
        return string.length();
    }

    boolean isEmpty() {
        return string.isEmpty();
    }

    boolean isMarkup() {
        return markup;
    }

    Text asMarkup() {
        return markup ? this : new Text(string, origins, true);
    }

    Text plain() {
        return markup ? new Text(string, origins, false) : this;
    }

    private Text like(boolean markupToo) {
        return markupToo ? asMarkup() : plain();
    }

    Text substring(int from) {
        return substring(from, string.length());
    }

    Text substring(int from, int to) {
        if (from == 0 && to == string.length()) {
            return this;
        }
        return new Builder().append(this, from, to).build().like(markup);
    }

    /** The two, as they stand. */
    Text concat(Text other) {
        return new Builder().append(this).append(other).build();
    }

    /**
     * A new writing of this text, such as in capitals: where it is as long, each character keeps its origin; else all of it comes
     * from outside.
     */
    Text rewritten(String writing) {
        int[] kept = origins.length == 0 || writing.isEmpty() ? NONE
                : writing.length() == string.length() ? origins : new int[] {0, writing.length()};
        return new Text(writing, kept, markup);
    }

    /** MarkupSafe's escape: markup as it stands, of other text the five characters that HTML gives a meaning. */
    Text escaped() {
        if (markup) {
            return this;
        }
        Builder escaped = new Builder();
        int from = 0;
        for (int i = 0; i < string.length(); i++) {
            String name = switch (string.charAt(i)) {
                case '&' -> "&amp;";
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                case '\'' -> "&#39;";
                case '"' -> "&#34;";
                default -> "";
            };
            if (!name.isEmpty()) {
                escaped.append(this, from, i).append(substring(i, i + 1).rewritten(name));
                from = i + 1;
            }
        }
        return escaped.append(this, from, string.length()).build().asMarkup();
    }

    /** The stretches from outside, in order. */
    List<Rendered.Stretch> stretches() {
        List<Rendered.Stretch> stretches = new ArrayList<>();
        for (int i = 0; i < origins.length; i += 2) {
            stretches.add(new Rendered.Stretch(origins[i], origins[i + 1]));
        }
        return stretches;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && string.equals(text.string);
    }

    @Override
    public int hashCode() {
        return string.hashCode();
    }

    @Override
    public String toString() {
        return string;
    }

    /** Texts one behind the other. */
    static final class Builder {
        private final StringBuilder string = new StringBuilder();
        private int[] origins = NONE;
        private int used;

        int length() {
            return string.length();
        }

        Builder append(String own) {
            string.append(own);
            return this;
        }

        Builder append(Text text) {
            return append(text, 0, text.length());
        }

        Builder append(Text text, int from, int to) {
            int shift = string.length() - from;
            for (int i = 0; i < text.origins.length; i += 2) {
                int begin = Math.max(from, text.origins[i]);
                int end = Math.min(to, text.origins[i + 1]);
                if (begin < end) {
                    stretch(begin + shift, end + shift);
                }
            }
            string.append(text.string, from, to);
            return this;
        }

        private void stretch(int from, int to) {
            if (used > 0 && origins[used - 1] == from) {
                origins[used - 1] = to;
                return;
            }
            if (used == origins.length) {
                origins = Arrays.copyOf(origins, Math.max(12, 2 * used));
            }
            origins[used++] = from;
            origins[used++] = to;
        }

        Text build() {
            return new Text(string.toString(), used == 0 ? NONE : Arrays.copyOf(origins, used), false);
        }
    }
}
