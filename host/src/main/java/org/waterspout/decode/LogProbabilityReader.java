package org.waterspout.decode;

import java.util.ArrayList;
import java.util.List;
import org.waterspout.generate.TokenLogProbability;

/** Reads log-probabilities out of rows of logits, and keeps them. Belongs to one thread. */
public final class LogProbabilityReader {

    private final int top;
    private final RowRanking ranking = new RowRanking();
    private final List<TokenLogProbability> read = new ArrayList<>();

    /** @param top most likely tokens that are wanted of each row */
    public LogProbabilityReader(int top) {
        this.top = top;
    }

    /**
     * Reads the next token's.
     *
     * @param logits [columns] from {@code from}, as the model gives them
     * @throws org.waterspout.error.ValidationException when they give no token a probability
     */
    public TokenLogProbability read(float[] logits, int from, int columns, int token) {
        double logSum = ranking.logSum(logits, from, columns);
        ranking.rank(logits, from, columns, Math.max(1, top));
        List<TokenLogProbability.Top> best = new ArrayList<>();
        for (int i = 0; i < Math.min(top, ranking.count()); i++) {
            best.add(new TokenLogProbability.Top(ranking.column(i), ranking.value(i) - logSum));
        }
        float logit = logits[from + token];
        TokenLogProbability found = new TokenLogProbability(token, logit - logSum, logit == ranking.value(0), best);
        read.add(found);
        return found;
    }

    /** Reads {@code rows} rows, one after the other, of {@code tokens} from the one after those that were read before. */
    public void readNext(float[] logits, int from, int rows, int columns, int[] tokens) {
        for (int row = 0; row < rows; row++) {
            read(logits, from + row * columns, columns, tokens[read.size()]);
        }
    }

    /** Of all tokens so far. */
    public List<TokenLogProbability> all() {
        return List.copyOf(read);
    }

    public int count() {
        return read.size();
    }

    /** Begins again. */
    public void clear() {
        read.clear();
    }
}
