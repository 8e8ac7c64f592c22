package org.waterspout.constrain;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.waterspout.model.text.Tokenizer;

/**
 * The tokens of a vocabulary by their bytes, as a tree whose nodes stand in the order of a walk: a node before those below it. What is no
 * part of a text is not in it: control tokens, tokens that end an answer, and tokens without bytes.
 */
final class TokenTrie {

    private final int size;
    /** [tokens] */
    private final List<byte[]> bytes;
    private final int[] ends;
    private final byte[] values;
    /** [nodes] The first node that is not below this one. */
    private final int[] after;
    private final int[] depths;
    /** [nodes + 1] Where a node's tokens begin. */
    private final int[] begins;
    private final int[] tokens;
    private final int deepest;

    /**
     * @param allBytes [tokens] what each adds to a text; empty for what is no part of one
     * @param ending   tokens that end an answer
     */
    TokenTrie(List<byte[]> allBytes, Set<Integer> ending) {
        size = allBytes.size();
        bytes = IntStream.range(0, size).mapToObj(token -> ending.contains(token) ? new byte[0] : allBytes.get(token)).toList();
        ends = ending.stream().filter(token -> token >= 0 && token < size).mapToInt(Integer::intValue).sorted().toArray();
        tokens = IntStream.range(0, size).filter(token -> bytes.get(token).length > 0).boxed()
                .sorted(Comparator.comparing(bytes::get, Arrays::compareUnsigned)).mapToInt(Integer::intValue).toArray();
        int max = Arrays.stream(tokens).map(token -> bytes.get(token).length).sum();
        deepest = Arrays.stream(tokens).map(token -> bytes.get(token).length).max().orElse(0);
        byte[] value = new byte[max];
        int[] depth = new int[max];
        int[] begin = new int[max + 1];
        int count = 0;
        byte[] before = {};
        for (int i = 0; i < tokens.length; i++) {
            byte[] word = bytes.get(tokens[i]);
            int same = Arrays.mismatch(before, word);
            for (int at = same < 0 ? word.length : same; at < word.length; at++) {
                value[count] = word[at];
                depth[count] = at;
                begin[count++] = i;
            }
            before = word;
        }
        begin[count] = tokens.length;
        values = Arrays.copyOf(value, count);
        depths = Arrays.copyOf(depth, count);
        begins = Arrays.copyOf(begin, count + 1);
        after = new int[count];
        int[] open = new int[deepest + 1]; // [depth] the node last met
        Arrays.fill(open, -1);
        int last = -1;
        for (int node = 0; node <= count; node++) {
            int level = node < count ? depths[node] : 0;
            for (int closed = last; closed >= level; closed--) {
                after[open[closed]] = node;
            }
            open[level] = node;
            last = level;
        }
    }

    static TokenTrie of(Tokenizer tokenizer, Set<Integer> endTokens) {
        List<byte[]> bytes = IntStream.range(0, tokenizer.vocabularySize())
                .mapToObj(token -> tokenizer.isSpecial(token) ? new byte[0] : tokenizer.bytes(token)).toList();
        return new TokenTrie(bytes, endTokens);
    }

    /** Tokens of the vocabulary, those that are not in the tree too. */
    int size() {
        return size;
    }

    /** Tokens that end an answer, ascending. */
    int[] ends() {
        return ends;
    }

    int nodes() {
        return values.length;
    }

    /** Bytes of the longest token. */
    int deepest() {
        return deepest;
    }

    byte value(int node) {
        return values[node];
    }

    int after(int node) {
        return after[node];
    }

    /** Bytes before this one. */
    int depth(int node) {
        return depths[node];
    }

    /** The first of a node's tokens, as an index for {@link #token}. */
    int firstToken(int node) {
        return begins[node];
    }

    /** One after the last. */
    int endToken(int node) {
        return begins[node + 1];
    }

    int token(int index) {
        return tokens[index];
    }

    /** What the token adds to a text; empty where it is not in the tree, or not in the vocabulary. */
    byte[] bytes(int token) {
        return token < 0 || token >= size ? new byte[0] : bytes.get(token);
    }
}
