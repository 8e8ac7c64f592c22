package org.waterspout.encode;

import java.util.Optional;
import org.waterspout.model.text.Encoding;

/**
 * The best span of a window: starts and ends each become shares of 1 over the tokens of the context and the place of no answer, and of all
 * spans that are not too long the one with the largest product wins, as in Transformers' pipeline for extractive question answering. It
 * grows to whole words, which are the tokenizer's.
 */
public final class SpanSearch {

    /**
     * A stretch of the context.
     *
     * @param start where it begins, in UTF-16 units
     * @param end   one past where it ends
     * @param score product of the shares of its first and last token
     */
    public record Span(int start, int end, double score) {
    }

    private SpanSearch() {
    }

    /**
     * @param window  question and a part of the context, which is sequence 1
     * @param logits  [tokens, 2]: start and end
     * @param context whole, that offsets count in
     * @param longest tokens of an answer
     * @return empty where no token of the context is in the window
     */
    public static Optional<Span> best(Encoding window, float[] logits, String context, int longest) {
        double[] starts = shares(window, logits, 0);
        double[] ends = shares(window, logits, 1);
        int bestStart = -1;
        int bestEnd = -1;
        double best = 0;
        for (int start = 0; start < starts.length; start++) {
            for (int end = start; starts[start] > 0 && end < Math.min(start + longest, ends.length); end++) {
                if (starts[start] * ends[end] > best) {
                    best = starts[start] * ends[end];
                    bestStart = start;
                    bestEnd = end;
                }
            }
        }
        if (bestStart < 0) {
            return Optional.empty();
        }
        int first = bestStart;
        while (sameWord(window, first - 1, bestStart)) {
            first--;
        }
        int last = bestEnd;
        while (sameWord(window, last + 1, bestEnd)) {
            last++;
        }
        int to = window.ends()[last];
        int from = Offsets.withoutSpace(context, window.starts()[first], to);
        return Optional.of(new Span(from, to, best));
    }

    private static boolean sameWord(Encoding window, int token, int of) {
        return token >= 0 && token < window.length() && counts(window, token) && window.words()[token] == window.words()[of];
    }

    /**
     * Softmax over the tokens of the context and the first of all, a special token by which models say that there is no answer. Then 0 for
     * it, as for all other tokens that are not the context's or stand for no character.
     */
    private static double[] shares(Encoding window, float[] logits, int column) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int token = 0; token < window.length(); token++) {
            boolean weighs = counts(window, token) || saysNone(window, token);
            largest = weighs ? Math.max(largest, logits[2 * token + column]) : largest;
        }
        double[] shares = new double[window.length()];
        double sum = 0;
        for (int token = 0; token < shares.length; token++) {
            double weight = Math.exp(logits[2 * token + column] - largest);
            sum += counts(window, token) || saysNone(window, token) ? weight : 0;
            shares[token] = counts(window, token) ? weight : 0;
        }
        for (int token = 0; token < shares.length && sum > 0; token++) {
            shares[token] /= sum;
        }
        return shares;
    }

    private static boolean saysNone(Encoding window, int token) {
        return token == 0 && window.sequence()[0] < 0;
    }

    private static boolean counts(Encoding window, int token) {
        return window.sequence()[token] == 1 && window.ends()[token] > window.starts()[token];
    }
}
