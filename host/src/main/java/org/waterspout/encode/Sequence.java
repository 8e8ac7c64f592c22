package org.waterspout.encode;

/**
 * What an encoder reads at once. The arrays are the record's own: nobody writes into them.
 *
 * @param tokens [length]; zeros for an image
 * @param types  [length] token types
 * @param inputEmbeddings  of an image, [length, numbers of a patch]; else empty
 */
public record Sequence(int[] tokens, int[] types, float[] inputEmbeddings) {

    private static final float[] NO_NUMBERS = {};

    public Sequence {
        if (types.length != tokens.length || inputEmbeddings.length != 0 && inputEmbeddings.length % tokens.length != 0) {
            throw new IllegalArgumentException(tokens.length + " tokens with " + types.length + " types and " + inputEmbeddings.length
                    + " numbers");
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
