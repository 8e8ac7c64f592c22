package org.waterspout.runtime;

import org.waterspout.generate.Sharing;

/** The logits after given tokens, for checking and scoring. */
final class ScoringTask extends SequenceTask {

    private final int[] source;
    private final int[] tokens;
    private final int from;
    private final float[] result;
    private int rows;

    /**
     * @param source of an encoder-decoder; else empty
     * @param from   the logits after the token at this position are the first that are wanted
     */
    ScoringTask(Call<?> call, int[] source, int[] tokens, int from, int vocabulary) {
        super(call);
        this.source = source;
        this.tokens = tokens.clone();
        this.from = from;
        this.result = new float[Math.multiplyExact(tokens.length - from, vocabulary)];
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

    /** Once the call has ended: [tokens.length - from, vocabulary]. */
    float[] result() {
        return result;
    }
}
