package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TornadoPlanTest {

    @Test
    void reasonsAreALineWithoutColoursAndTraces() {
        assertEquals("Bailout is disabled. Reason: Unable to compile task t0 The internal error is: no such node",
                TornadoPlan.reason("\u001B[31mBailout is disabled. \nReason: \u001B[31mUnable to compile task t0\nThe internal error is: "
                        + "no such node\u001B[0m\nStacktrace: [a.b(C.java:1), d.e(F.java:2)]\u001B[0m"));
        assertEquals("a plain one", TornadoPlan.reason("a plain one"));
        assertEquals("null", TornadoPlan.reason("null"));
    }
}
