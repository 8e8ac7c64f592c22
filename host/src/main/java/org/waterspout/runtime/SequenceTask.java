package org.waterspout.runtime;

import java.util.List;
import java.util.Optional;
import org.waterspout.backend.Batch;
import org.waterspout.generate.Sharing;

/** What runs through a decoder: tokens that are known, then tokens that it chooses, in one slot or, with a beam, in several. */
abstract sealed class SequenceTask extends Task permits GenerationTask, TranslationTask, ScoringTask {

    static final int[] NONE = {};

    /** Stands for the number of a source where there is none. */
    static final int NO_SOURCE = -1;

    private List<Slot> slots = List.of();
    private int source = NO_SOURCE;
    private boolean encoded;

    SequenceTask(Call<?> call) {
        super(call);
    }

    /** Tokens that are known from the start; of a decoder at least one. */
    abstract int[] prompt();

    /** Sequences at a time, at most. */
    abstract int width();

    /** Tokens of the source that is to be encoded first; none for a decoder alone. */
    int[] source() {
        return NONE;
    }

    /** Ascending tokens whose logits are wanted; empty for all. */
    int[] candidates() {
        return NONE;
    }

    /** What of the prompt may be taken from other sequences. */
    Sharing sharing() {
        return Sharing.PROMPTS;
    }

    /** What others may take of it. */
    Sharing leaves() {
        return Sharing.PROMPTS;
    }

    /** The logits after this position of the prompt are the first that are wanted. */
    int firstOutput() {
        return prompt().length - 1;
    }

    /** Whether logits after several tokens of the prompt are wanted. */
    boolean manyOutputs() {
        return firstOutput() < prompt().length - 1;
    }

    /** What the rows of what it generates are. */
    Batch.Phase phase() {
        return Batch.Phase.GENERATION;
    }

    /** Sequences that go on now. */
    int live() {
        return 1;
    }

    /** The prompt and what came after it, of a live sequence. */
    abstract int[] sequence(int i);

    /** The last of {@link #sequence}. */
    abstract int lastToken(int i);

    /** Told, before anything is computed, how many of the prompt's tokens are there already. */
    void begin(int shared) {
    }

    /**
     * Takes the logits after what is known of each live sequence; afterwards it is done, or each live sequence is one token longer.
     *
     * @param logits  [.., columns]; those of live sequence i begin at {@code from + i * columns}; changed in place. Where every row is
     *                wanted, those of the next tokens of the prompt
     * @param rows    of them
     * @param columns number of candidates, or the vocabulary's size
     */
    abstract void take(float[] logits, int from, int rows, int columns);

    /**
     * How many tokens it would propose for the next step; asked once before each.
     *
     * @param max tokens that there is room for
     */
    int wanted(int max) {
        return 0;
    }

    /** The sequence as the draft model follows it; where none proposes, empty. */
    Optional<DraftedSequence> drafted() {
        return Optional.empty();
    }

    /**
     * Tokens that may come next, to be checked in the step that makes the next one: the logits after each are taken as long as they come.
     *
     * @param max at most what is {@link #wanted}
     */
    int[] propose(int max) {
        return NONE;
    }

    /** After {@link #take}: the sequence before it that live sequence {@code i} continues. */
    int parent(int i) {
        return i;
    }

    // ---- where it runs

    List<Slot> slots() {
        return slots;
    }

    void setSlots(List<Slot> value) {
        slots = value;
    }

    /** The number of its source in the plan; -1 for none. */
    int sourceNumber() {
        return source;
    }

    void setSourceNumber(int value) {
        source = value;
        encoded = false;
    }

    boolean needsEncoding() {
        return source >= 0 && !encoded && !done();
    }

    void encoded() {
        encoded = true;
    }

    /** Whether tokens of the prompt are still to be computed. */
    boolean inPrompt() {
        return slots.getFirst().computed() < slots.getFirst().prompt();
    }
}
