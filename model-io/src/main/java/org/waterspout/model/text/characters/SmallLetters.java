package org.waterspout.model.text.characters;

import java.util.Arrays;

/**
 * A text in small letters, each character for itself as Hugging Face's tokenizers do it: a sigma that ends a word is like any other.
 *
 * @param origins [length of {@code text} + 1] where in the text before each character comes from, and where that ends
 */
public record SmallLetters(String text, int[] origins) {

    public static SmallLetters of(String text) {
        StringBuilder small = new StringBuilder(text.length());
        int[] origins = new int[2 * text.length() + 1];
        for (int at = 0; at < text.length();) {
            int character = text.codePointAt(at);
            int from = small.length();
            for (int each : CharacterKind.small(character)) {
                small.appendCodePoint(each);
            }
            for (int i = from; i < small.length(); i++) {
                origins[i] = at + i - from;
            }
            at += Character.charCount(character);
        }
        origins[small.length()] = text.length();
        return new SmallLetters(small.toString(), Arrays.copyOf(origins, small.length() + 1));
    }

    /** The text as it is. */
    public static SmallLetters unchanged(String text) {
        return new SmallLetters(text, new int[0]);
    }

    public int origin(int at) {
        return origins.length == 0 ? at : origins[at];
    }
}
