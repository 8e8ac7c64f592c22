package org.waterspout.runtime;

import org.waterspout.encode.Sequence;

/** A whole sequence through an encoder, in one step. */
final class EncodingTask extends Task {

    private final Sequence sequence;
    private float[] result;

    EncodingTask(Call<?> call, Sequence sequence) {
        super(call);
        this.sequence = sequence;
    }

    Sequence sequence() {
        return sequence;
    }

    /** @param numbers as {@link Encoder#run} gives them */
    void take(float[] numbers) {
        result = numbers;
        end();
    }

    /** Once the call has ended. */
    float[] result() {
        return result;
    }
}
