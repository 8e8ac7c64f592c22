package org.waterspout.runtime;

import org.waterspout.generate.Sharing;

/** The logits after given tokens, for checking and scoring. */
final class ScoringTask extends SequenceTask {

    /** What becomes of the logits, which come in pieces. */
    interface Reader {

        /**
         * Takes rows of logits.
         *
         * @param logits [rows, columns] from {@code from}
         * @param first  number of the first of these rows among all; 0 also where they begin again
         */
        void read(float[] logits, int from, int rows, int columns, int first);
    }

    private final int[] source;
    private final int[] tokens;
    private final int from;
    private final Reader reader;
    private int read;

    /**
     * @param source of an encoder-decoder; else empty
     * @param from   the logits after the token at this position are the first that are wanted
     */
    ScoringTask(Call<?> call, int[] source, int[] tokens, int from, Reader reader) {
        super(call);
        this.source = source;
        this.tokens = tokens.clone();
        this.from = from;
        this.reader = reader;
    }

    @Override
    int[] prompt() {
        return tokens;
    }

    @Override
    int width() {
        return 1;
    }

    @Override
    int[] source() {
        return source;
    }

    @Override
    Sharing sharing() {
        return Sharing.NONE;
    }

    @Override
    int firstOutput() {
        return from;
    }

    @Override
    int[] sequence(int i) {
        return tokens;
    }

    @Override
    int lastToken(int i) {
        return tokens[tokens.length - 1];
    }

    @Override
    void begin(int shared) {
        read = 0;
    }

    @Override
    void take(float[] logits, int first, int rows, int columns) {
        reader.read(logits, first, rows, columns, read);
        read += rows;
        if (read == tokens.length - from) {
            end();
        }
    }
}
