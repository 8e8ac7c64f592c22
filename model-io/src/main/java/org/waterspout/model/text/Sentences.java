package org.waterspout.model.text;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.waterspout.error.InvalidRequestException;

/**
 * A long text in pieces a translation model can take: sentences found by the JDK's {@link BreakIterator}, line by line; sentences of
 * too many tokens are cut further, after a comma or the like, else at a space, else between characters.
 */
public final class Sentences {

    /** Words whose full stop seldom ends a sentence, in languages that have most texts. */
    private static final Set<String> ABBREVIATIONS = Set.of("mr", "mrs", "ms", "dr", "prof", "st", "vs", "gen", "col", "capt", "lt",
            "rev", "hon", "e.g", "i.e", "cf", "approx", "sr", "sra", "srta", "dra", "exmo", "exma", "z.b", "bzw", "d.h", "mme", "mlle",
            "p.ex");

    /** Words whose full stop ends no sentence where a number follows. */
    private static final Set<String> BEFORE_NUMBERS = Set.of("no", "nos", "nr", "n", "art", "fig", "figs", "vol", "pp", "p", "par", "sec",
            "ch", "cap", "abs", "s", "ca");

    private static final String OPENING = "(\"'\u201C\u2018\u00AB[";
    private static final String CLOSING = "\"'\u201D\u2019\u00BB";

    private Sentences() { }

    /**
     * A piece and what stands between it and the next.
     *
     * @param text       without white space at its ends; empty for white space at the beginning of a text, or an empty line
     * @param spaceAfter white space, often empty
     */
    public record Piece(String text, String spaceAfter) { }

    /**
     * {@code text} in pieces; text and spaces joined are {@code text} again.
     *
     * @param locale     the text's language; decides what ends a sentence
     * @param tokenCount number of tokens of a text, special tokens not counted
     * @param maxTokens tokens a piece may have, at least 1. A single character of more tokens stays whole
     */
    public static List<Piece> of(String text, Locale locale, ToIntFunction<String> tokenCount, int maxTokens) {
        if (maxTokens < 1) {
            throw new InvalidRequestException("a piece of " + maxTokens + " tokens holds no text: allow at least 1");
        }
        List<Piece> pieces = new ArrayList<>();
        for (String sentence : sentences(text, locale)) {
            int from = 0;
            int to = sentence.length();
            while (to > 0 && isSpace(sentence.charAt(to - 1))) {
                to--;
            }
            while (from < to && isSpace(sentence.charAt(from))) {
                from++;
            }
            addSpace(pieces, sentence.substring(0, from));
            String rest = sentence.substring(from, to);
            while (!rest.isEmpty()) {
                int end = end(rest, locale, tokenCount, maxTokens);
                int next = end;
                while (next < rest.length() && isSpace(rest.charAt(next))) {
                    next++;
                }
                pieces.add(new Piece(rest.substring(0, end), rest.substring(end, next)));
                rest = rest.substring(next);
            }
            addSpace(pieces, sentence.substring(to));
        }
        return pieces;
    }

    private static void addSpace(List<Piece> pieces, String space) {
        if (space.isEmpty()) {
            return;
        }
        if (pieces.isEmpty()) {
            pieces.add(new Piece("", space));
            return;
        }
        Piece last = pieces.removeLast();
        pieces.add(new Piece(last.text, last.spaceAfter + space));
    }

    /**
     * Translations put together with the spaces of the original.
     *
     * @param translations one for each of {@code pieces}; what belongs to an empty piece is left out
     */
    public static String joined(List<Piece> pieces, List<String> translations) {
        if (pieces.size() != translations.size()) {
            throw new IllegalArgumentException(translations.size() + " translations of " + pieces.size() + " pieces");
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (!piece.text.isEmpty()) {
                text.append(translations.get(i));
            }
            text.append(piece.spaceAfter);
            boolean unspaced = piece.spaceAfter.isEmpty() && i + 1 < pieces.size() && !piece.text.isEmpty();
            // Chinese and Japanese put no space after a sentence; most other languages do
            if (unspaced && isWide(piece.text.codePointBefore(piece.text.length())) && !text.isEmpty()
                    && !isWide(text.codePointBefore(text.length()))) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    /** Sentences with the white space after them. */
    private static List<String> sentences(String text, Locale locale) {
        List<String> found = new ArrayList<>();
        for (int from = 0; from < text.length();) {
            int to = lineEnd(text, from);
            addSentences(text.substring(from, to), locale, found);
            from = to;
        }
        return found;
    }

    private static int lineEnd(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\u2028' || c == '\u2029' || c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n')) {
                return i + 1;
            }
        }
        return text.length();
    }

    private static void addSentences(String line, Locale locale, List<String> found) {
        BreakIterator breaks = BreakIterator.getSentenceInstance(locale);
        breaks.setText(line);
        int from = 0;
        for (int to = breaks.next(); to != BreakIterator.DONE; to = breaks.next()) {
            String sentence = line.substring(from, to).stripTrailing();
            if (to == line.length() || !endsInAbbreviation(sentence, line.charAt(to)) && !isSpeechGoingOn(sentence, line.charAt(to))) {
                found.add(line.substring(from, to));
                from = to;
            }
        }
    }

    /** As in "Fine!" he said. */
    private static boolean isSpeechGoingOn(String sentence, char next) {
        return !sentence.isEmpty() && CLOSING.indexOf(sentence.charAt(sentence.length() - 1)) >= 0 && Character.isLowerCase(next);
    }

    private static boolean endsInAbbreviation(String sentence, char next) {
        if (!sentence.endsWith(".")) {
            return false;
        }
        int word = sentence.length() - 1;
        while (word > 0 && !isSpace(sentence.charAt(word - 1)) && OPENING.indexOf(sentence.charAt(word - 1)) < 0) {
            word--;
        }
        String last = sentence.substring(word, sentence.length() - 1);
        boolean initial = last.length() == 1 && Character.isUpperCase(last.charAt(0)) && !last.equals("I");
        String small = last.toLowerCase(Locale.ROOT);
        return initial || ABBREVIATIONS.contains(small) || BEFORE_NUMBERS.contains(small) && Character.isDigit(next);
    }

    /** Where the first piece of {@code text} of at most {@code maxTokens} ends. */
    private static int end(String text, Locale locale, ToIntFunction<String> tokenCount, int maxTokens) {
        // A text of n characters has about n / 4 tokens and seldom more than n: what lies far beyond need not be looked at.
        int window = (int) Math.min(text.length(), 40L * maxTokens + 40);
        if (window == text.length() && tokenCount.applyAsInt(text) <= maxTokens) {
            return text.length();
        }
        BreakIterator lines = BreakIterator.getLineInstance(locale);
        int last = longest(breaks(lines, text.substring(0, window)), text, tokenCount, maxTokens);
        if (last == 0) {
            BreakIterator characters = BreakIterator.getCharacterInstance(locale);
            List<Integer> places = breaks(characters, text.substring(0, window));
            last = Math.max(longest(places, text, tokenCount, maxTokens), places.getFirst());
        }
        for (int at = last; at > last / 2; at--) { // a clause's end in the second half reads better than just any space
            if (",;:\u2014\uFF0C\u3001\uFF1B".indexOf(text.charAt(at - 1)) >= 0
                    && (at == text.length() || isSpace(text.charAt(at)) || isWide(text.charAt(at - 1)))) {
                return at;
            }
        }
        return last;
    }

    private static List<Integer> breaks(BreakIterator iterator, String text) {
        iterator.setText(text);
        List<Integer> places = new ArrayList<>();
        iterator.first();
        for (int place = iterator.next(); place != BreakIterator.DONE; place = iterator.next()) {
            int end = place;
            while (end > 0 && isSpace(text.charAt(end - 1))) {
                end--;
            }
            if (end > 0 && (places.isEmpty() || end > places.getLast())) {
                places.add(end);
            }
        }
        return places;
    }

    /** The last of {@code places} up to which {@code text} has at most {@code maxTokens}; 0 if none. */
    private static int longest(List<Integer> places, String text, ToIntFunction<String> tokenCount, int maxTokens) {
        int low = 0;
        int high = places.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (tokenCount.applyAsInt(text.substring(0, places.get(middle))) <= maxTokens) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? 0 : places.get(low - 1);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Chinese, Japanese and full-width characters, between which stands no space. */
    private static boolean isWide(int point) {
        return Character.isIdeographic(point) || point >= 0x3000 && point <= 0x30FF || point >= 0xFF00 && point <= 0xFF65;
    }
}
