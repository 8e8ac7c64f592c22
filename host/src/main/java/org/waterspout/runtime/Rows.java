package org.waterspout.runtime;

import java.util.Arrays;
import org.waterspout.backend.Batch;

/** The rows of a step of a decoder, while they are gathered. */
final class Rows {

    private int[] tokens = new int[16];
    private int[] positions = new int[16];
    private int[] sequences = new int[16];
    private int[] sources = new int[16];
    private int[] lengths = new int[16];
    private int[] outputs = new int[16];
    private int count;
    private int outputCount;

    int count() {
        return count;
    }

    int outputs() {
        return outputCount;
    }

    /**
     * Adds the tokens of a slot from its next one to {@code until}.
     *
     * @param source      number of the source that they read, or -1
     * @param firstOutput logits are wanted from this position on
     */
    void add(Slot slot, int until, int source, int firstOutput) {
        for (int position = slot.computed(); position < until; position++) {
            if (count == tokens.length) {
                grow();
            }
            tokens[count] = slot.token(position);
            positions[count] = position;
            sequences[count] = slot.number();
            sources[count] = source;
            lengths[count] = slot.turnedBy(position);
            if (position >= firstOutput) {
                outputs[outputCount++] = count;
            }
            count++;
        }
    }

    /** Adds tokens that may follow the last of a slot, from number {@code from} of them on; the logits of each are wanted. */
    void propose(Slot slot, int[] proposed, int from) {
        for (int i = from; i < proposed.length; i++) {
            if (count == tokens.length) {
                grow();
            }
            int position = slot.count() + i;
            tokens[count] = proposed[i];
            positions[count] = position;
            sequences[count] = slot.number();
            sources[count] = SequenceTask.NO_SOURCE;
            lengths[count] = Math.max(slot.turnedBy(position), position + 1);
            outputs[outputCount++] = count++;
        }
    }

    private void grow() {
        int size = 2 * count;
        tokens = Arrays.copyOf(tokens, size);
        positions = Arrays.copyOf(positions, size);
        sequences = Arrays.copyOf(sequences, size);
        sources = Arrays.copyOf(sources, size);
        lengths = Arrays.copyOf(lengths, size);
        outputs = Arrays.copyOf(outputs, size);
    }

    Batch batch(int[] candidates, Batch.Phase phase) {
        Batch batch = new Batch(cut(tokens, count), cut(positions, count), cut(sequences, count), cut(outputs, outputCount))
                .withLengths(cut(lengths, count)).withPhase(phase);
        return sources[0] == SequenceTask.NO_SOURCE ? batch : batch.withSources(cut(sources, count)).withCandidates(candidates);
    }

    private static int[] cut(int[] numbers, int length) {
        return Arrays.copyOf(numbers, length);
    }
}
