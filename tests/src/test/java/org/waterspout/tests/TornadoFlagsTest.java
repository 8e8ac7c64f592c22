package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.tornado.TornadoFlags;

/** The build and the launcher start their JVMs with the flags that the backend names. */
class TornadoFlagsTest {

    @Test
    void theBuildPassesEveryFlag() throws IOException {
        String pom = Files.readString(Path.of("../pom.xml"));
        for (String flag : TornadoFlags.of(4L << 30)) {
            assertTrue(pom.contains(flag), flag + " is not in pom.xml");
        }
    }

    @Test
    void theLauncherPassesEveryFlag() throws IOException {
        String launcher = Files.readString(Path.of("../waterspout")).replace("${gigabytes}", "4");
        for (String flag : TornadoFlags.of(4L << 30)) {
            assertTrue(launcher.contains("\"" + flag + "\""), flag + " is not in the launcher");
        }
    }

    @Test
    void theDocsQuoteEveryFlag() throws IOException {
        String docs = Files.readString(Path.of("../docs/tornadovm.md"));
        for (String flag : TornadoFlags.of(4L << 30)) {
            assertTrue(docs.contains(flag), flag + " is not in docs/tornadovm.md");
        }
    }
}
