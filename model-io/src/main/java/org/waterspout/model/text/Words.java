package org.waterspout.model.text;

import java.lang.Character.UnicodeScript;
import java.util.EnumSet;
import java.util.Set;

/**
 * The words of a text whose tokenizer does not tell them, as byte-level and SentencePiece tokenizers, which cut at spaces alone or within
 * words: letters and digits with their marks belong together. Where a script writes no spaces between words, each piece is one.
 */
final class Words {

    private static final Set<UnicodeScript> WITHOUT_SPACES = EnumSet.of(UnicodeScript.HAN, UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA,
            UnicodeScript.BOPOMOFO, UnicodeScript.YI, UnicodeScript.THAI, UnicodeScript.LAO, UnicodeScript.KHMER, UnicodeScript.MYANMAR,
            UnicodeScript.TIBETAN, UnicodeScript.JAVANESE, UnicodeScript.BALINESE, UnicodeScript.TAI_LE, UnicodeScript.NEW_TAI_LUE,
            UnicodeScript.TAI_THAM, UnicodeScript.TAI_VIET);

    private Words() {
    }

    /**
     * The number of each token's word, from 0.
     *
     * @param starts [count] places in {@code text}, as are ends
     */
    static int[] numbers(String text, int[] starts, int[] ends, int count) {
        int[] numbers = new int[count];
        int number = -1;
        int before = -1;
        for (int token = 0; token < count; token++) {
            int start = starts[token];
            while (start < ends[token] && Character.isWhitespace(text.charAt(start))) {
                start++; // the space before a word is its first piece's
            }
            boolean goesOn = before >= 0 && start <= before && (start < before || inWord(text, start));
            number += goesOn ? 0 : 1;
            numbers[token] = number;
            before = start < ends[token] ? ends[token] : goesOn ? before : -1;
        }
        return numbers;
    }

    /** Whether no word ends at {@code place}. */
    private static boolean inWord(String text, int place) {
        if (place <= 0 || place >= text.length()) {
            return false;
        }
        int before = text.codePointBefore(place);
        int at = text.codePointAt(place);
        return (word(before) || clings(before)) && (clings(at) || word(at) && !withoutSpaces(before) && !withoutSpaces(at));
    }

    private static boolean word(int character) {
        return Character.isLetterOrDigit(character);
    }

    /** What never begins a word: vowel signs, accents, joiners, and the mark of a long vowel in kana. */
    private static boolean clings(int character) {
        return switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> character == 0x200C || character == 0x200D || character == 0x30FC || character == 0xFF70;
        };
    }

    private static boolean withoutSpaces(int character) {
        return character == 0x30FC || character == 0xFF70 || WITHOUT_SPACES.contains(UnicodeScript.of(character));
    }
}
