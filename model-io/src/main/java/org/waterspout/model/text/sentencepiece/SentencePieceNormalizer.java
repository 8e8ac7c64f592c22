package org.waterspout.model.text.sentencepiece;

import java.util.Arrays;
import java.util.List;
import org.waterspout.model.text.characters.CharacterMap;
import org.waterspout.model.text.characters.PieceTrie;
import org.waterspout.model.text.subword.Vocabulary;

/** SentencePiece's normalization (normalizer.cc), with the place each character came from. */
public final class SentencePieceNormalizer {

    private final SentencePieceModel.Rules rules;
    private final CharacterMap map;
    /** Symbols that stay as they are; null if there are none. */
    private final PieceTrie kept;

    /** @param kept symbols that stay as they are written, such as user-defined pieces */
    public SentencePieceNormalizer(SentencePieceModel.Rules rules, List<String> kept, String source) {
        this.rules = rules;
        this.map = new CharacterMap(rules.characterMap(), source);
        this.kept = kept.isEmpty() ? null : new PieceTrie(kept.toArray(String[]::new));
    }

    /** Text being written, and for each of its characters, and for its end, the place in the original. */
    public static final class Normalized {
        private char[] chars;
        private int[] origins;
        private int length;

        Normalized(int expected) {
            chars = new char[expected + 16];
            origins = new int[expected + 17];
        }

        private void add(char c, int origin) {
            if (length == chars.length) {
                chars = Arrays.copyOf(chars, 2 * length);
                origins = Arrays.copyOf(origins, 2 * length + 1);
            }
            origins[length] = origin;
            chars[length++] = c;
        }

        public String text() {
            return new String(chars, 0, length);
        }

        /** [text's length + 1] */
        public int origin(int at) {
            return origins[at];
        }
    }

    /** @param text without lone surrogates */
    public Normalized normalize(String text) {
        Normalized out = new Normalized(text.length() + 1);
        CharacterMap.Match match = new CharacterMap.Match();
        int at = rules.removeExtraWhitespace() ? leadingSpaces(text, match) : 0;
        if (at == text.length()) {
            return out;
        }
        char space = rules.escapeWhitespace() ? Vocabulary.SPACE_MARK : ' ';
        if (rules.addDummyPrefix() && !rules.spaceIsSuffix()) {
            out.add(space, at);
        }
        boolean afterSpace = rules.removeExtraWhitespace();
        while (at < text.length()) {
            char c = text.charAt(at);
            char following = at + 1 < text.length() ? text.charAt(at + 1) : 0;
            if (kept == null && map.isPlain(c, following)) {
                if (c != ' ') {
                    out.add(c, at);
                } else if (!afterSpace) {
                    out.add(space, at);
                }
                afterSpace = c == ' ' && rules.removeExtraWhitespace();
                at++;
                continue;
            }
            int width = prefix(text, at, match);
            String replacement = match.replacement;
            int skipped = 0;
            while (afterSpace && skipped < replacement.length() && replacement.charAt(skipped) == ' ') {
                skipped++;
            }
            for (int i = skipped; i < replacement.length(); i++) {
                out.add(replacement.charAt(i) == ' ' ? space : replacement.charAt(i), at);
            }
            if (skipped < replacement.length()) {
                afterSpace = replacement.endsWith(" ");
            }
            afterSpace &= rules.removeExtraWhitespace();
            at += width;
        }
        finish(out, at, space);
        return out;
    }

    private void finish(Normalized out, int end, char space) {
        int at = end;
        while (rules.removeExtraWhitespace() && out.length > 0 && out.chars[out.length - 1] == space) {
            out.length--;
            at = out.origins[out.length];
        }
        if (rules.addDummyPrefix() && rules.spaceIsSuffix()) {
            out.add(space, at);
        }
        out.origins[out.length] = at;
    }

    private int leadingSpaces(String text, CharacterMap.Match match) {
        int at = 0;
        while (at < text.length()) {
            int width = prefix(text, at, match);
            if (!match.replacement.equals(" ")) {
                break;
            }
            at += width;
        }
        return at;
    }

    /** The length of what is normalized as one from {@code at} on; what it becomes is left in {@code match}. */
    private int prefix(String text, int at, CharacterMap.Match match) {
        int symbol = kept != null ? kept.longestAt(text, at) : 0;
        if (symbol == 0) {
            map.match(text, at, match);
            if (match.length > 0) {
                return match.length;
            }
            symbol = Character.charCount(text.codePointAt(at));
        }
        match.replacement = text.substring(at, at + symbol);
        return symbol;
    }
}
