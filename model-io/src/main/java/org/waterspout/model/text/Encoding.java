package org.waterspout.model.text;

import java.util.Arrays;
import org.waterspout.model.text.subword.TokenList;

/**
 * Tokens with the places they come from. The arrays are the record's own: nobody writes into them.
 *
 * @param tokens   [length]
 * @param types    [length] the segment each token counts to (BERT's token types): 0, or 1 for most models' second text
 * @param starts   [length] where a token's text begins, in UTF-16 characters of the text it belongs to; 0 for a special token
 * @param ends     [length] one past where it ends; 0 for a special token
 * @param sequence [length] the text a token belongs to: 0, 1, or -1 for a special token that the template added
 * @param words    [length] number of the word of its text that a token belongs to, not falling from token to token; -1 for a special token
 */
public record Encoding(int[] tokens, int[] types, int[] starts, int[] ends, int[] sequence, int[] words) {

    public Encoding {
        int length = tokens.length;
        if (types.length != length || starts.length != length || ends.length != length || sequence.length != length
                || words.length != length) {
            throw new IllegalArgumentException(length + " tokens with " + types.length + " types, " + starts.length + " starts, "
                    + ends.length + " ends, " + sequence.length + " sequences and " + words.length + " words");
        }
    }

    /** The tokens of {@code text}, of type 0. */
    static Encoding of(String text, TokenList tokens) {
        return new Encoding(tokens.tokens(), new int[tokens.size()], tokens.starts(), tokens.ends(), new int[tokens.size()],
                tokens.words(text));
    }

    /** Number of tokens. */
    public int length() {
        return tokens.length;
    }

    /** The tokens {@code from} to {@code to}, the latter excluded; {@code to} may lie beyond the end. */
    public Encoding slice(int from, int to) {
        int end = Math.min(to, tokens.length);
        return from == 0 && end == tokens.length ? this
                : new Encoding(Arrays.copyOfRange(tokens, from, end), Arrays.copyOfRange(types, from, end),
                        Arrays.copyOfRange(starts, from, end), Arrays.copyOfRange(ends, from, end),
                        Arrays.copyOfRange(sequence, from, end), Arrays.copyOfRange(words, from, end));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Encoding that && Arrays.equals(tokens, that.tokens) && Arrays.equals(types, that.types)
                && Arrays.equals(starts, that.starts) && Arrays.equals(ends, that.ends)
                && Arrays.equals(sequence, that.sequence) && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(tokens);
    }

    @Override
    public String toString() {
        return "Encoding[tokens=" + Arrays.toString(tokens) + ", types=" + Arrays.toString(types) + ", starts="
                + Arrays.toString(starts) + ", ends=" + Arrays.toString(ends) + ", sequence=" + Arrays.toString(sequence) + ", words="
                + Arrays.toString(words) + "]";
    }
}
