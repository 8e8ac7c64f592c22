package org.waterspout.model.text.subword;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.waterspout.model.text.characters.Effort;
import org.waterspout.model.text.characters.PieceTrie;

/**
 * SentencePiece's unigram model (Kudo 2018; unigram_model.cc, EncodeOptimized): of all ways to cut a text into pieces the one whose
 * scores sum up highest, found from left to right. Takes normalized text.
 */
public final class UnigramEncoder implements FragmentEncoder {

    /** What an unknown character scores below the worst piece. */
    private static final float UNKNOWN_PENALTY = 10;

    private final PieceTrie trie;
    /** [tokens] What a token adds to a sum. */
    private final float[] scores;
    private final float unknownScore;
    private final int unknown;
    /** [256] The token of each byte; null if unknown characters become the unknown token. */
    private final int[] byteTokens;

    /**
     * @param scores       [tokens]
     * @param byteFallback whether an unknown character becomes its bytes' tokens
     * @param unknown      the unknown token
     */
    public UnigramEncoder(Vocabulary vocabulary, float[] scores, boolean byteFallback, int unknown) {
        String[] pieces = new String[vocabulary.size()];
        float min = Float.MAX_VALUE;
        for (int token = 0; token < pieces.length; token++) {
            if (vocabulary.kinds().get(token) == Vocabulary.Kind.NORMAL) {
                min = Math.min(min, scores[token]);
            }
        }
        this.scores = new float[pieces.length];
        for (int token = 0; token < pieces.length; token++) {
            String piece = vocabulary.pieces().get(token);
            switch (vocabulary.kinds().get(token)) {
                case NORMAL -> {
                    pieces[token] = piece;
                    this.scores[token] = scores[token];
                }
                // scores 0, which is more than logarithms of probabilities have: always preferred to other pieces for the same text
                case USER_DEFINED -> pieces[token] = piece;
                case UNDEFINED, UNKNOWN, CONTROL, UNUSED, BYTE -> { } // never the outcome of cutting
            }
        }
        this.trie = new PieceTrie(pieces);
        this.unknownScore = min - UNKNOWN_PENALTY;
        this.unknown = unknown;
        this.byteTokens = byteFallback ? SentencePieceEncoder.byteTokens(vocabulary) : null;
    }

    @Override
    public void encode(String text, TokenList out) {
        Effort effort = new Effort(text.length());
        int length = text.length();
        float[] best = new float[length + 1];
        int[] token = new int[length + 1];
        int[] start = new int[length + 1];
        Arrays.fill(start, -1);
        for (int at = 0; at < length;) {
            effort.step();
            int width = Character.isHighSurrogate(text.charAt(at)) && at + 1 < length ? 2 : 1;
            if (!pieces(text, at, width, best, token, start)) {
                improve(at, at + width, unknownScore + best[at], unknown, best, token, start);
            }
            at += width;
        }
        int count = 0;
        for (int end = length; end > 0; end = start[end]) {
            count++;
        }
        int[] ends = new int[count];
        for (int end = length; end > 0; end = start[end]) {
            ends[--count] = end;
        }
        for (int end : ends) {
            write(text, token[end], start[end], end, out);
        }
    }

    /** Considers every piece that begins at {@code at}; whether one of them is just the character of {@code width}. */
    private boolean pieces(String text, int at, int width, float[] best, int[] token, int[] start) {
        boolean single = false;
        float here = best[at];
        int node = PieceTrie.ROOT;
        for (int i = at; i < text.length(); i++) {
            node = trie.next(node, text.charAt(i));
            if (node < 0) {
                break;
            }
            int piece = trie.piece(node);
            if (piece >= 0) {
                improve(at, i + 1, scores[piece] + here, piece, best, token, start);
                single |= i + 1 - at == width;
            }
        }
        return single;
    }

    private static void improve(int from, int to, float sum, int with, float[] best, int[] token, int[] start) {
        if (start[to] < 0 || sum > best[to]) {
            best[to] = sum;
            token[to] = with;
            start[to] = from;
        }
    }

    private void write(String text, int token, int from, int to, TokenList out) {
        if (token != unknown || byteTokens == null) {
            out.add(token, from, to);
            return;
        }
        for (byte b : text.substring(from, to).getBytes(StandardCharsets.UTF_8)) {
            out.add(byteTokens[b & 0xFF], from, to);
        }
    }

    @Override
    public boolean keepsAll() {
        return byteTokens != null;
    }

    @Override
    public void close() {
        // nothing but Java objects
    }
}
