package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.tornado.TornadoFlags;

/** The build starts its JVMs with the flags that the backend names. */
class TornadoFlagsTest {

    @Test
    void theBuildPassesEveryFlag() throws IOException {
        String pom = Files.readString(Path.of("../pom.xml"));
        for (String flag : TornadoFlags.of(4L << 30)) {
            assertTrue(pom.contains(flag), flag + " is not in pom.xml");
        }
    }
}
