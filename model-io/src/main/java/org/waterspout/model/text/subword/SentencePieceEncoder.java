package org.waterspout.model.text.subword;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.characters.Effort;

/**
 * SentencePiece's BPE (Kudo and Richardson 2018; bpe_model.cc): of all neighbours that together are a piece, those with the
 * best score are joined first, the leftmost among equals; characters that are no piece become byte tokens.
 *
 * <p>Own code, because the tokenizers library has no such model: pairs would first have to be made of the scores. The tokens
 * are the same (on 20218 texts tried), but a cold start with 262144 pieces takes the library 3.0 s of processor time and this
 * 0.2 s; with 32000 pieces 0.6 s and 0.1 s.
 */
public final class SentencePieceEncoder implements FragmentEncoder {

    private final Vocabulary vocabulary;
    private final Map<String, Integer> tokens;
    /** [256] The token of each byte; null if the vocabulary has none. */
    private final int[] byteTokens;
    private final int unknown;
    private final float[] scores;
    private final int longestPiece;

    /** @param scores [tokens] */
    public SentencePieceEncoder(Vocabulary vocabulary, List<Double> scores) {
        this(vocabulary, narrowed(scores), true, -1);
    }

    /**
     * @param scores       [tokens]
     * @param byteFallback whether characters without a piece become byte tokens
     * @param unknown      the token they become if not
     */
    public SentencePieceEncoder(Vocabulary vocabulary, float[] scores, boolean byteFallback, int unknown) {
        if (scores.length != vocabulary.size()) {
            throw new ModelFormatException("the vocabulary has " + vocabulary.size() + " tokens but " + scores.length
                    + " scores");
        }
        this.vocabulary = vocabulary;
        this.tokens = vocabulary.tokensOf(EnumSet.of(Vocabulary.Kind.NORMAL, Vocabulary.Kind.USER_DEFINED,
                Vocabulary.Kind.UNUSED, Vocabulary.Kind.UNDEFINED));
        this.scores = scores;
        this.longestPiece = vocabulary.pieces().stream().mapToInt(String::length).max().orElse(0);
        this.byteTokens = byteFallback ? byteTokens(vocabulary) : null;
        this.unknown = unknown;
    }

    private static float[] narrowed(List<Double> scores) {
        float[] narrowed = new float[scores.size()];
        for (int token = 0; token < narrowed.length; token++) {
            narrowed[token] = scores.get(token).floatValue();
        }
        return narrowed;
    }

    /** [256] The token of each byte. */
    static int[] byteTokens(Vocabulary vocabulary) {
        int[] byteTokens = new int[256];
        Arrays.fill(byteTokens, -1);
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.kinds().get(token) == Vocabulary.Kind.BYTE) {
                int value = Vocabulary.byteOf(vocabulary.pieces().get(token));
                if (value < 0) {
                    throw new ModelFormatException("byte token " + token + " is written " + Quoted.of(vocabulary.pieces().get(token))
                            + ", not <0xNN>");
                }
                byteTokens[value] = token;
            }
        }
        if (Arrays.stream(byteTokens).anyMatch(token -> token < 0)) {
            throw new UnsupportedModelException("the SentencePiece vocabulary has no token for every byte: use a model whose "
                    + "vocabulary has the 256 tokens <0x00> to <0xFF>");
        }
        return byteTokens;
    }

    @Override
    public void encode(String text, TokenList out) {
        new Merging(text.replace(' ', Vocabulary.SPACE_MARK)).run(out);
    }

    @Override
    public boolean keepsAll() {
        return byteTokens != null;
    }

    @Override
    public void close() {
        // nothing but Java objects
    }

    /** Two neighbours that can be joined: their places and their common length when this was noticed. */
    private record Pair(int left, int right, int length, float score) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair other) {
            int byScore = Float.compare(other.score, score);
            return byScore != 0 ? byScore : Integer.compare(left, other.left);
        }
    }

    /** One text being merged. A symbol is a stretch of the text, known by the place where it starts. */
    private final class Merging {
        private final String text;
        /** [characters] Length of the symbol that starts here, 0 where none does. */
        private final int[] length;
        /** [characters] Start of the symbol before the one that starts here, -1 for the first. */
        private final int[] previous;
        private final PriorityQueue<Pair> pairs = new PriorityQueue<>();
        /** How an unused piece came about, by its text: the length of its left half. */
        private final Map<String, Integer> unusedSplit = new HashMap<>();
        private final Effort effort;

        Merging(String text) {
            this.text = text;
            this.effort = new Effort(text.length());
            this.length = new int[text.length()];
            this.previous = new int[text.length()];
        }

        void run(TokenList out) {
            int before = -1;
            for (int at = 0; at < text.length(); at += length[at]) {
                length[at] = Character.charCount(text.codePointAt(at));
                previous[at] = before;
                before = at;
            }
            for (int at = 0; at < text.length(); at += length[at]) {
                offer(at, at + length[at]);
            }
            for (Pair best = pairs.poll(); best != null; best = pairs.poll()) {
                join(best);
            }
            for (int at = 0; at < text.length(); at += length[at]) {
                write(at, at + length[at], out);
            }
        }

        private void join(Pair pair) {
            int left = pair.left;
            int right = pair.right;
            if (length[left] == 0 || length[right] == 0 || length[left] + length[right] != pair.length
                    || left + length[left] != right) {
                return; // one of the two has been joined with another since
            }
            length[left] = pair.length;
            length[right] = 0;
            int after = left + pair.length;
            if (after < text.length()) {
                previous[after] = left;
            }
            if (previous[left] >= 0) {
                offer(previous[left], left);
            }
            offer(left, after);
        }

        private void offer(int left, int right) {
            effort.step();
            if (right >= text.length()) {
                return;
            }
            int size = length[left] + length[right];
            if (size > longestPiece) {
                return;
            }
            String joined = text.substring(left, left + size);
            Integer token = tokens.get(joined);
            if (token == null) {
                return;
            }
            pairs.add(new Pair(left, right, size, scores[token]));
            if (vocabulary.kinds().get(token) == Vocabulary.Kind.UNUSED) {
                unusedSplit.put(joined, length[left]);
            }
        }

        private void write(int from, int to, TokenList out) {
            String piece = text.substring(from, to);
            Integer split = unusedSplit.get(piece);
            if (split != null) {
                write(from, from + split, out);
                write(from + split, to, out);
                return;
            }
            Integer token = tokens.get(piece);
            if (token != null) {
                out.add(token, from, to);
                return;
            }
            if (byteTokens == null) {
                out.add(unknown, from, to);
                return;
            }
            for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
                out.add(byteTokens[b & 0xFF], from, to);
            }
        }
    }
}
