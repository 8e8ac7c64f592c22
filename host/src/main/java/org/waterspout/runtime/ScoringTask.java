package org.waterspout.runtime;

import org.waterspout.generate.Sharing;

/** The logits after given tokens, for checking and scoring. */
final class ScoringTask extends SequenceTask {

    private final int[] source;
    private final int[] tokens;
    private final boolean everyRow;
    private final float[] result;
    private int rows;

    /**
     * @param source   of an encoder-decoder; else empty
     * @param everyRow after each of them, or only after the last
     */
    ScoringTask(Call<?> call, int[] source, int[] tokens, boolean everyRow, int vocabulary) {
        super(call);
        this.source = source;
        this.tokens = tokens.clone();
        this.everyRow = everyRow;
        this.result = new float[Math.multiplyExact(everyRow ? tokens.length : 1, vocabulary)];
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
    boolean everyRow() {
        return everyRow;
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
        rows = 0;
    }

    @Override
    void take(float[] logits, int from, int count, int columns) {
        System.arraycopy(logits, from, result, rows * columns, count * columns);
        rows += count;
        if (rows * columns == result.length) {
            end();
        }
    }

    /** Once the call has ended: [tokens or 1, vocabulary]. */
    float[] result() {
        return result;
    }
}
