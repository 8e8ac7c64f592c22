package org.waterspout.constrain;

import java.util.Arrays;

/** The tokens that may come next. Does not change. */
public final class TokenMask {

    /** [ceil(tokens / 64)] A bit for each token, the lowest first. */
    private final long[] words;

    TokenMask(long[] words) {
        this.words = words;
    }

    public boolean allows(int token) {
        return token >= 0 && token < 64 * words.length && (words[token >> 6] >>> token & 1) != 0;
    }

    boolean isEmpty() {
        for (long word : words) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /** Number of tokens. */
    public int count() {
        return Arrays.stream(words).mapToInt(Long::bitCount).sum();
    }

    /** The tokens, ascending. */
    public int[] tokens() {
        int[] all = new int[count()];
        int at = 0;
        for (int i = 0; i < words.length; i++) {
            for (long rest = words[i]; rest != 0; rest &= rest - 1) {
                all[at++] = 64 * i + Long.numberOfTrailingZeros(rest);
            }
        }
        return all;
    }

    /**
     * Makes every other token impossible.
     *
     * @param logits [.., columns] from {@code start}; a column is the token of its number
     */
    public void apply(float[] logits, int start, int columns) {
        for (int first = 0; first < columns; first += 64) {
            int last = Math.min(first + 64, columns);
            long word = first >> 6 < words.length ? words[first >> 6] : 0;
            if (word == 0) {
                Arrays.fill(logits, start + first, start + last, Float.NEGATIVE_INFINITY);
            } else if (word != -1) {
                for (int token = first; token < last; token++) {
                    if ((word >>> token & 1) == 0) {
                        logits[start + token] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
        }
    }

    int bytes() {
        return Long.BYTES * words.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenMask mask && Arrays.equals(words, mask.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }
}
