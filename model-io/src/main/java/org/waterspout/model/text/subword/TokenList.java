package org.waterspout.model.text.subword;

import java.util.Arrays;
import org.waterspout.model.text.characters.Words;

/** Tokens being collected, with their places where those are wanted. */
public final class TokenList {

    private final boolean withPlaces;
    /** Numbers of words, where the tokenizer tells them; else empty. */
    private int[] words = {};
    private int word;
    private int[] tokens;
    private int[] starts;
    private int[] ends;
    private int count;
    private int origin;
    private int floor;

    /** @param withPlaces whether {@link #starts}, {@link #ends} and {@link #words} will be asked for */
    public TokenList(int expected, boolean withPlaces) {
        this.withPlaces = withPlaces;
        tokens = new int[expected + 16];
        starts = new int[withPlaces ? expected + 16 : 0];
        ends = new int[withPlaces ? expected + 16 : 0];
    }

    public boolean withPlaces() {
        return withPlaces;
    }

    /** The words of the text are those that {@link #inWord} tells; without this, {@link Words} finds them. */
    public TokenList withWords() {
        words = new int[tokens.length];
        return this;
    }

    public boolean wantsWords() {
        return words.length > 0;
    }

    /** Tokens added from now on belong to the word of this number. */
    public void inWord(int number) {
        word = number;
    }

    /**
     * Places added from now on count from {@code origin} in the text, and none lies before {@code floor}: what is before it, such
     * as a space put before the first word, is not the text's.
     */
    public void placesFrom(int origin, int floor) {
        this.origin = origin;
        this.floor = floor;
    }

    public void add(int token, int start, int end) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
            if (withPlaces) {
                starts = Arrays.copyOf(starts, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            words = words.length == 0 ? words : Arrays.copyOf(words, 2 * count);
        }
        if (withPlaces) {
            starts[count] = Math.max(floor, origin + start);
            ends[count] = Math.max(floor, origin + end);
        }
        if (words.length > 0) {
            words[count] = word;
        }
        tokens[count++] = token;
    }

    /** Takes back all but the first {@code size} tokens. */
    public void cutTo(int size) {
        count = size;
    }

    /** Where the text that is being cut begins. */
    public int origin() {
        return origin;
    }

    /** Gives the token number {@code at} another place. */
    public void place(int at, int start, int end) {
        starts[at] = start;
        ends[at] = end;
    }

    public int token(int at) {
        return tokens[at];
    }

    public int start(int at) {
        return starts[at];
    }

    public int end(int at) {
        return ends[at];
    }

    public int size() {
        return count;
    }

    public int[] tokens() {
        return Arrays.copyOf(tokens, count);
    }

    /** [size] Where each token's text begins. */
    public int[] starts() {
        return Arrays.copyOf(starts, count);
    }

    /** [size] One past where it ends. */
    public int[] ends() {
        return Arrays.copyOf(ends, count);
    }

    /**
     * [size] The number of each token's word.
     *
     * @param text that the places lie in
     */
    public int[] words(String text) {
        return words.length == 0 ? Words.numbers(text, starts, ends, count) : Arrays.copyOf(words, count);
    }
}
