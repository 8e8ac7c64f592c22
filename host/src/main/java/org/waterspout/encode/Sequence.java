package org.waterspout.encode;

/**
 * What an encoder reads at once. The arrays are the record's own: nobody writes into them.
 *
 * @param tokens [length]; zeros for a picture
 * @param types  [length] token types
 * @param given  of a picture, [length, numbers of a square]; else empty
 */
public record Sequence(int[] tokens, int[] types, float[] given) {

    private static final float[] NO_NUMBERS = {};

    public Sequence {
        if (types.length != tokens.length || given.length != 0 && given.length % tokens.length != 0) {
            throw new IllegalArgumentException(tokens.length + " tokens with " + types.length + " types and " + given.length + " numbers");
        }
    }

    /** A text's tokens. */
    public static Sequence of(int[] tokens, int[] types) {
        return new Sequence(tokens, types, NO_NUMBERS);
    }

    public int length() {
        return tokens.length;
    }
}
