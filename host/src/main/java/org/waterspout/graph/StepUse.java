package org.waterspout.graph;

import java.util.Optional;

/**
 * What an operation has to do with the step it runs in, beside the values that it reads: every operation answers.
 *
 * @param reads          of the batch
 * @param turns          the angles that it turns values by
 * @param attends        how it attends
 * @param keeps          what it keeps for later operations or steps
 * @param wholeSequences whether the step must hold whole sequences, each from position 0
 * @param selectsRows    whether the output has a row for each output row of the batch only
 */
public record StepUse(Optional<BatchInput> reads, Optional<Turn> turns, Optional<Attends> attends, Optional<Kept> keeps,
        boolean wholeSequences, boolean selectsRows) {

    /** Row r of the output follows from row r of the inputs, whatever the step. */
    public static final StepUse NONE = new StepUse(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false, false);

    /** Whether it reads what the batch says of a row, or what is kept for its sequence, so that it cannot stand where rows are others. */
    public boolean readsRow() {
        return turns.isPresent() || attends.isPresent() || keeps.isPresent()
                || reads.stream().anyMatch(part -> part.kind() != BatchInput.Kind.CANDIDATES);
    }

    /** Reads a part of the batch. */
    public static StepUse reads(BatchInput.Kind kind, int size) {
        return new StepUse(Optional.of(new BatchInput(kind, size)), Optional.empty(), Optional.empty(), Optional.empty(), false, false);
    }

    /** Turns values by angles of positions. */
    public static StepUse turns(Turn turn) {
        return new StepUse(Optional.empty(), Optional.of(turn), Optional.empty(), Optional.empty(), false, false);
    }

    /** Attends to what it or others keep, or to the keys of a step that holds whole sequences. */
    public static StepUse attends(Attends attends, Optional<Kept> keeps, boolean wholeSequences) {
        return new StepUse(Optional.empty(), Optional.empty(), Optional.of(attends), keeps, wholeSequences, false);
    }

    /** Keeps something and attends to nothing. */
    public static StepUse keeps(Kept kept) {
        return new StepUse(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(kept), false, false);
    }

    /** Has the batch's output rows. */
    public static StepUse selectsRows(boolean wholeSequences) {
        return new StepUse(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), wholeSequences, true);
    }
}
