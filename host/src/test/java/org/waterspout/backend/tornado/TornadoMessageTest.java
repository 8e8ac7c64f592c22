package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TornadoMessageTest {

    @Test
    void reasonsAreALineWithoutColoursAndTraces() {
        assertEquals("Bailout is disabled. Reason: Unable to compile task t0 The internal error is: no such node",
                TornadoMessage.plain("\u001B[31mBailout is disabled. \nReason: \u001B[31mUnable to compile task t0\nThe internal error is: "
                        + "no such node\u001B[0m\nStacktrace: [a.b(C.java:1), d.e(F.java:2)]\u001B[0m"));
        assertEquals("a plain one", TornadoMessage.plain("a plain one"));
        assertEquals("No OpenCL platforms found.", TornadoMessage.plain(
                "\u001B[31m[WARNING] No OpenCL platforms found. Deoptimizing to sequential execution.\u001B[0m"));
        assertEquals("Unable to allocate 9 bytes of memory.", TornadoMessage.plain(
                "[ERROR] Unable to allocate 9 bytes of memory.\u001B[33m\n\tTo "
                + "increase the maximum device memory, use -Dtornado.device.memory=<X>GB\n\u001B[0m"));
        assertEquals("null", TornadoMessage.plain("null"));
    }
}
