package org.waterspout.encode;

/** Places in a text, in UTF-16 units as Java's strings count them. */
public final class Offsets {

    private Offsets() {
    }

    /** {@code start}, or where the first character behind it stands that is no space, at most {@code end}. */
    static int withoutSpace(String text, int start, int end) {
        int at = start;
        while (at < end && Character.isWhitespace(text.charAt(at))) {
            at++; // SentencePiece and byte-level pieces take the space before them along
        }
        return at;
    }

    /** The place as code points count it, as Python does. */
    public static int codePoints(String text, int place) {
        return text.codePointCount(0, place);
    }
}
