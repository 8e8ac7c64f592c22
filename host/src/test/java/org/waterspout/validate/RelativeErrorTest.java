package org.waterspout.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RelativeErrorTest {

    @Test
    void anErrorIsMeasuredByItsRow() {
        // rows of size 1 and of size 100: the same difference counts a hundredth in the second
        float[] expected = {1, -1, 1, 100, 100, -100};
        RelativeError first = RelativeError.of(new float[] {1, -1, 1.5f, 100, 100, -100}, expected, 3);
        assertEquals(new RelativeError(0.5, 0, 2), first);
        RelativeError second = RelativeError.of(new float[] {1, -1, 1, 100, 100.5f, -100}, expected, 3);
        assertEquals(0.005, second.error(), 1e-9);
        assertEquals(1, second.row());
        assertEquals(1, second.column());
    }

    @Test
    void equalArraysHaveNone() {
        assertEquals(0, RelativeError.of(new float[] {0, 0, Float.NaN}, new float[] {0, 0, Float.NaN}, 3).error());
        assertEquals(0, RelativeError.of(new float[] {Float.POSITIVE_INFINITY}, new float[] {Float.POSITIVE_INFINITY}, 1).error());
    }

    @Test
    void whatIsNotANumberIsInfinitelyWrong() {
        assertEquals(new RelativeError(Double.POSITIVE_INFINITY, 0, 1),
                RelativeError.of(new float[] {1, Float.NaN}, new float[] {1, 2}, 2));
        assertEquals(Double.POSITIVE_INFINITY, RelativeError.of(new float[] {1, 2}, new float[] {1, Float.NaN}, 2).error());
        assertEquals(Double.POSITIVE_INFINITY,
                RelativeError.of(new float[] {1, Float.POSITIVE_INFINITY}, new float[] {1, 2}, 2).error());
    }
}
