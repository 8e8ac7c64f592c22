package org.waterspout.model.text.characters;

import java.lang.Character.UnicodeScript;
import java.text.BreakIterator;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The words of a text whose tokenizer does not tell them, as byte-level and SentencePiece tokenizers, which cut at spaces alone or within
 * words: letters and digits with their marks belong together. Where a script writes no spaces between words, each piece is one. No word
 * ends within what a reader sees as one character (Unicode Standard Annex 29).
 */
public final class Words {

    private static final Set<UnicodeScript> WITHOUT_SPACES = EnumSet.of(UnicodeScript.HAN, UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA,
            UnicodeScript.BOPOMOFO, UnicodeScript.YI, UnicodeScript.THAI, UnicodeScript.LAO, UnicodeScript.KHMER, UnicodeScript.MYANMAR,
            UnicodeScript.TIBETAN, UnicodeScript.JAVANESE, UnicodeScript.BALINESE, UnicodeScript.TAI_LE, UnicodeScript.NEW_TAI_LUE,
            UnicodeScript.TAI_THAM, UnicodeScript.TAI_VIET);

    private static final int FIRST_MARK = 0x300;

    private final String text;
    /** Made when first wanted: most texts have no marks. */
    private BreakIterator characters;

    private Words(String text) {
        this.text = text;
    }

    /**
     * The number of each token's word, from 0.
     *
     * @param starts [count] places in {@code text}, as are ends
     */
    public static int[] numbers(String text, int[] starts, int[] ends, int count) {
        Words words = new Words(text);
        int[] numbers = new int[count];
        int number = -1;
        int before = -1;
        for (int token = 0; token < count; token++) {
            int start = starts[token];
            while (start < ends[token] && Character.isWhitespace(text.charAt(start))) {
                start++; // the space before a word is its first piece's
            }
            boolean goesOn = before >= 0 && start <= before && (start < before || words.inWord(start));
            number += goesOn ? 0 : 1;
            numbers[token] = number;
            before = start < ends[token] ? ends[token] : goesOn ? before : -1;
        }
        return numbers;
    }

    /** Whether no word ends at {@code place}. */
    private boolean inWord(int place) {
        if (place <= 0 || place >= text.length()) {
            return false;
        }
        int before = text.codePointBefore(place);
        int at = text.codePointAt(place);
        if (at >= FIRST_MARK && inCharacter(place) || stacks(before)) {
            return true;
        }
        return (word(before) || clings(before)) && (clings(at) || word(at) && !withoutSpaces(before) && !withoutSpaces(at));
    }

    private boolean inCharacter(int place) {
        if (characters == null) {
            characters = BreakIterator.getCharacterInstance(Locale.ROOT);
            characters.setText(text);
        }
        return !characters.isBoundary(place);
    }

    /** Signs of Khmer, Burmese and Tai Tham that put the next letter below the one before. */
    private static boolean stacks(int character) {
        return character == 0x17D2 || character == 0x1039 || character == 0x1A60;
    }

    private static boolean word(int character) {
        return Character.isLetterOrDigit(character);
    }

    /**
     * What never begins a word: accents, joiners, vowel signs, those of Thai and Lao that count as letters, and the mark of a long vowel in
     * kana.
     */
    private static boolean clings(int character) {
        return switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> switch (character) {
                case 0x0E30, 0x0E32, 0x0E33, 0x0E45, 0x0EB0, 0x0EB2, 0x0EB3, 0x200C, 0x200D, 0x30FC, 0xFF70 -> true;
                default -> false;
            };
        };
    }

    private static boolean withoutSpaces(int character) {
        return character == 0x30FC || character == 0xFF70 || WITHOUT_SPACES.contains(UnicodeScript.of(character));
    }
}
