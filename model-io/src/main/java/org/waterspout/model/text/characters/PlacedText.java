package org.waterspout.model.text.characters;

import java.util.Arrays;
import org.waterspout.error.UnsupportedModelException;

/**
 * A text that a tokenizer rewrites, and of each of its characters the place in the text that it was made from; as NormalizedString of
 * Hugging Face's tokenizers.
 */
public final class PlacedText {

    /** What no rule of Unicode's or of a language's does: a character becomes at most eighteen. */
    private static final int MAX_GROWTH = 64;
    private static final int MIN = 4096;

    private final String text;
    /** [characters] Where what a character was made from begins in the original, and where it ends. */
    private final int[] starts;
    private final int[] ends;
    /** Where it begins in the original. */
    private final int origin;
    /** Most characters that this may become. */
    private final int max;

    private PlacedText(String text, int[] starts, int[] ends, int origin, int max) {
        this.text = text;
        this.starts = starts;
        this.ends = ends;
        this.origin = origin;
        this.max = max;
    }

    /** @param text without lone surrogates */
    public static PlacedText of(String text) {
        int[] starts = new int[text.length()];
        int[] ends = new int[text.length()];
        for (int at = 0; at < starts.length;) {
            int width = Character.charCount(text.codePointAt(at));
            for (int i = at; i < at + width; i++) {
                starts[i] = at;
                ends[i] = at + width;
            }
            at += width;
        }
        return new PlacedText(text, starts, ends, 0, (int) Math.min(Integer.MAX_VALUE - 8L, MIN + (long) MAX_GROWTH * text.length()));
    }

    public String text() {
        return text;
    }

    public int length() {
        return text.length();
    }

    public boolean isEmpty() {
        return text.isEmpty();
    }

    public int origin() {
        return origin;
    }

    public int start(int at) {
        return starts[at];
    }

    public int end(int at) {
        return ends[at];
    }

    public PlacedText slice(int from, int to) {
        if (from == 0 && to == text.length()) {
            return text.isEmpty() || origin == starts[0] ? this : new PlacedText(text, starts, ends, starts[0], max);
        }
        return new PlacedText(text.substring(from, to), Arrays.copyOfRange(starts, from, to), Arrays.copyOfRange(ends, from, to),
                from < to ? starts[from] : origin, max);
    }

    /** What is between, still beginning where this does; for what is left out as it is normalized, not cut. */
    public PlacedText part(int from, int to) {
        PlacedText slice = slice(from, to);
        return new PlacedText(slice.text, slice.starts, slice.ends, origin, max);
    }

    /** {@code written} before the first character, whose place it gets; nothing before an empty text. */
    public PlacedText prepended(String written) {
        if (text.isEmpty()) {
            return this;
        }
        int length = written.length();
        checked(length + text.length(), max);
        int[] placedStarts = new int[length + starts.length];
        int[] placedEnds = new int[length + starts.length];
        Arrays.fill(placedStarts, 0, length, starts[0]);
        Arrays.fill(placedEnds, 0, length, ends[0]);
        System.arraycopy(starts, 0, placedStarts, length, starts.length);
        System.arraycopy(ends, 0, placedEnds, length, ends.length);
        return new PlacedText(written + text, placedStarts, placedEnds, origin, max);
    }

    private static void checked(long length, int max) {
        if (length > max) {
            throw new UnsupportedModelException("the tokenizer's normalizer makes a text more than " + MAX_GROWTH
                    + " times as long, which no language needs: use a model with another tokenizer");
        }
    }

    /** A text being written anew, from the first character on. */
    public static final class Rewriting {
        private final PlacedText old;
        private int at;
        private char[] chars;
        private int[] starts;
        private int[] ends;
        private int length;

        /** @param skipped characters of Unicode at the beginning that are left out */
        public Rewriting(PlacedText old, int skipped) {
            this.old = old;
            chars = new char[old.length() + 8];
            starts = new int[chars.length];
            ends = new int[chars.length];
            skip(skipped);
        }

        private void skip(int points) {
            for (int i = 0; i < points && at < old.length(); i++) {
                at += Character.charCount(old.text.codePointAt(at));
            }
        }

        /**
         * Writes {@code point}.
         *
         * @param change 1: beside what is there; 0: instead of the next character of the old text; -n: of that and n more
         */
        public void add(int point, int change) {
            if (change > 0 || at >= old.length()) {
                write(point, at == 0 ? old.origin : old.starts[at - 1], at == 0 ? old.origin : old.ends[at - 1]);
                return;
            }
            write(point, old.starts[at], old.ends[at]);
            skip(1 - change);
        }

        /** The old text up to {@code to}, as it is. */
        public void copy(int to) {
            while (at < to) {
                add(old.text.codePointAt(at), 0);
            }
        }

        /** {@code content} instead of the old text up to {@code to}: in the place of its last character. */
        public void replace(int to, String content) {
            at = to;
            content.codePoints().forEach(point -> add(point, 1));
        }

        private void write(int point, int start, int end) {
            if (length + 2 > chars.length) {
                checked(length + 2L, old.max);
                int size = (int) Math.min(old.max, 2L * chars.length);
                chars = Arrays.copyOf(chars, size);
                starts = Arrays.copyOf(starts, size);
                ends = Arrays.copyOf(ends, size);
            }
            int width = Character.toChars(point, chars, length);
            for (int i = 0; i < width; i++) {
                starts[length] = start;
                ends[length++] = end;
            }
        }

        public PlacedText text() {
            return new PlacedText(new String(chars, 0, length), Arrays.copyOf(starts, length), Arrays.copyOf(ends, length), old.origin,
                    old.max);
        }
    }
}
