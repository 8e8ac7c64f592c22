package org.waterspout.runtime;

/**
 * How many rows of prompts are computed between two tokens of the answers that are being generated: as many as take about one and a half
 * times as long as these tokens do, so that a long prompt slows nobody down much. What a piece of a prompt gives does not depend on its
 * size.
 */
final class PieceSize {

    private static final double SHARE = 1.5;
    private static final double NEWEST = 0.2;
    private static final int MIN = 8;

    private final int maxRows;
    private double secondsOfRow;
    private double secondsOfTokens;

    PieceSize(int maxRows) {
        this.maxRows = maxRows;
    }

    void tokensTook(long nanos) {
        secondsOfTokens = mean(secondsOfTokens, nanos / 1e9);
    }

    void pieceTook(int rows, long nanos) {
        secondsOfRow = mean(secondsOfRow, nanos / 1e9 / Math.max(rows, MIN));
    }

    private static double mean(double before, double now) {
        return before == 0 ? now : before + NEWEST * (now - before);
    }

    /** @param beside whether answers wait for their next token */
    int rows(boolean beside) {
        if (!beside) {
            return maxRows;
        }
        int rows = secondsOfRow == 0 ? MIN : (int) Math.min(maxRows, SHARE * secondsOfTokens / secondsOfRow);
        return Math.min(maxRows, Math.max(MIN, rows / MIN * MIN));
    }
}
