package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.text.Sentences.Piece;

class SentencesTest {

    /** A token for three characters. */
    private static final ToIntFunction<String> THIRDS = text -> (text.length() + 2) / 3;

    private static List<String> texts(String text, Locale locale, int max) {
        return Sentences.of(text, locale, THIRDS, max).stream().map(Piece::text).toList();
    }

    private static String whole(List<Piece> pieces) {
        return pieces.stream().map(piece -> piece.text() + piece.spaceAfter()).reduce("", String::concat);
    }

    @Test
    void sentencesAreFound() {
        assertEquals(List.of("Hello there.", "How are you?", "\u201CFine!\u201D he said."),
                texts("Hello there. How are you?  \u201CFine!\u201D he said.", Locale.ENGLISH, 100));
        assertEquals(List.of("He said no.", "Then No. 5 left."), texts("He said no. Then No. 5 left.", Locale.ENGLISH, 100));
        assertEquals(List.of("O Sr. Silva chegou.", "A Dra. Costa n\u00E3o."),
                texts("O Sr. Silva chegou. A Dra. Costa n\u00E3o.", Locale.of("pt"), 100));
        assertEquals(List.of("Dr. Smith met J. R. Tolkien at 3.14 p.m. and left."),
                texts("Dr. Smith met J. R. Tolkien at 3.14 p.m. and left.", Locale.ENGLISH, 100));
        assertEquals(List.of("\u4F60\u597D\u3002", "\u518D\u89C1\u3002"),
                texts("\u4F60\u597D\u3002\u518D\u89C1\u3002", Locale.CHINESE, 100));
    }

    @Test
    void linesEndPiecesAndSpacesStay() {
        String text = "  First line\nsecond. Third\r\n\r\n\tLast.\n";
        List<Piece> pieces = Sentences.of(text, Locale.ENGLISH, THIRDS, 100);
        assertEquals(List.of("", "First line", "second.", "Third", "Last."), pieces.stream().map(Piece::text).toList());
        assertEquals(text, whole(pieces));
        assertEquals("  A\nB C\r\n\r\n\tD\n", Sentences.joined(pieces, List.of("ignored", "A", "B", "C", "D")));
        assertEquals(List.of(), Sentences.of("", Locale.ENGLISH, THIRDS, 5));
        assertEquals(List.of(new Piece("", " \n ")), Sentences.of(" \n ", Locale.ENGLISH, THIRDS, 5));
    }

    @Test
    void sentencesOfTooManyTokensAreCutAtCommasSpacesOrAnywhere() {
        assertEquals(List.of("one two three,", "four five six"), texts("one two three, four five six", Locale.ENGLISH, 8));
        assertEquals(List.of("one two three", "four five six"), texts("one two three four five six", Locale.ENGLISH, 5));
        assertEquals(List.of("aaaaaa", "aaaaaa", "aa"), texts("aaaaaaaaaaaaaa", Locale.ENGLISH, 2));
        assertEquals(List.of("\uD83D\uDE00", "\uD83D\uDE00"), Sentences.of("\uD83D\uDE00\uD83D\uDE00", Locale.ENGLISH, String::length, 1)
                .stream().map(Piece::text).toList());
        assertThrows(InvalidRequestException.class, () -> Sentences.of("a", Locale.ENGLISH, THIRDS, 0));
    }

    @Test
    void translationsOfUnspacedSentencesGetASpace() {
        List<Piece> pieces = Sentences.of("\u4F60\u597D\u3002\u518D\u89C1\u3002", Locale.CHINESE, THIRDS, 100);
        assertEquals("Hello. Goodbye.", Sentences.joined(pieces, List.of("Hello.", "Goodbye.")));
        assertEquals("\u3042\u3002\u3044\u3002", Sentences.joined(pieces, List.of("\u3042\u3002", "\u3044\u3002")));
        assertThrows(IllegalArgumentException.class, () -> Sentences.joined(pieces, List.of("a")));
    }

    @Test
    void anyTextIsWholeAgain() {
        long seed = System.nanoTime();
        System.out.println("anyTextIsWholeAgain seed " + seed);
        Random draw = new Random(seed);
        String[] parts = {"word", " ", "  ", "\n", ". ", "Mr. ", "\u00A0", "\u3002", "\u4F60", ", ", "\uD83D\uDE00", "! ", "\u2028",
            "a", "\r\n", "\u0301", "...", "e.g. ", "\u201D "};
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = draw.nextInt(60); i > 0; i--) {
                text.append(parts[draw.nextInt(parts.length)]);
            }
            int max = 1 + draw.nextInt(12);
            List<Piece> pieces = Sentences.of(text.toString(), Locale.ENGLISH, THIRDS, max);
            assertEquals(text.toString(), whole(pieces));
            for (Piece piece : pieces) {
                assertTrue(THIRDS.applyAsInt(piece.text()) <= max || clusters(piece.text()) == 1, () -> piece + " of " + text);
            }
        }
    }

    private static int clusters(String text) {
        java.text.BreakIterator breaks = java.text.BreakIterator.getCharacterInstance(Locale.ENGLISH);
        breaks.setText(text);
        int count = 0;
        while (breaks.next() != java.text.BreakIterator.DONE) {
            count++;
        }
        return count;
    }

    @Test
    void longTextTakesNoQuadraticTime() {
        String text = "word ".repeat(100_000);
        long start = System.nanoTime();
        List<Piece> pieces = Sentences.of(text, Locale.ENGLISH, THIRDS, 127);
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        assertEquals(text, whole(pieces));
        assertTrue(milliseconds < 20_000, milliseconds + " ms");
    }
}
