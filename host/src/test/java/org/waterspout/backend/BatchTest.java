package org.waterspout.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.waterspout.error.InvalidRequestException;

class BatchTest {

    private static final PlanOptions OPTIONS = new PlanOptions(10, 2, 4, false);

    @Test
    void aPromptIsOneSequencesRows() {
        Batch batch = Batch.of(new int[] {7, 8, 9}, 5, false);
        assertArrayEquals(new int[] {5, 6, 7}, batch.positions());
        assertArrayEquals(new int[] {0, 0, 0}, batch.sequences());
        assertArrayEquals(new int[] {2}, batch.outputRows());
        assertArrayEquals(new int[] {0, 1, 2}, Batch.of(new int[] {7, 8, 9}, 5, true).outputRows());
    }

    @Test
    void whatFitsPasses() {
        assertDoesNotThrow(() -> Batch.of(new int[4], 6, true).requireFits(OPTIONS));
        assertDoesNotThrow(() -> new Batch(new int[2], new int[] {0, 9}, new int[] {1, 0}, new int[0]).requireFits(OPTIONS));
    }

    @Test
    void whatDoesNotFitIsNamed() {
        refused("a step of 5 tokens exceeds the plan's 4: split it, or prepare the plan with more rows", Batch.of(new int[5], 0, true));
        refused("position 10 is outside the context of 10 tokens: shorten the prompt or raise the context length",
                Batch.of(new int[2], 9, true));
        refused("position -1 is outside the context of 10 tokens: shorten the prompt or raise the context length",
                Batch.of(new int[1], -1, true));
        refused("sequence 2 is outside the plan's 2: prepare the plan with more sequences",
                new Batch(new int[1], new int[1], new int[] {2}, new int[0]));
        refused("output rows must ascend from 0 to at most 1, got row 2",
                new Batch(new int[2], new int[] {0, 1}, new int[2], new int[] {0, 2}));
        refused("output rows must ascend from 0 to at most 1, got row 0",
                new Batch(new int[2], new int[] {0, 1}, new int[2], new int[] {1, 0}));
        assertThrows(IllegalArgumentException.class, () -> new Batch(new int[0], new int[0], new int[0], new int[0]));
    }

    @Test
    void aRowIsTurnedByTheLengthThatIsStatedOrByWhereItsSequenceEnds() {
        Batch batch = new Batch(new int[4], new int[] {3, 8, 4, 5}, new int[] {0, 1, 0, 0}, new int[0]);
        assertArrayEquals(new int[] {6, 9, 6, 6}, batch.turnedLengths());
        assertArrayEquals(new int[] {5, 9, 5, 6}, batch.withLengths(new int[] {5, 9, 5, 6}).turnedLengths());
    }

    private static void refused(String message, Batch batch) {
        assertEquals(message, assertThrows(InvalidRequestException.class, () -> batch.requireFits(OPTIONS)).getMessage());
    }
}
