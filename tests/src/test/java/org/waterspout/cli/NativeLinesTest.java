package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.tests.BadGrid;
import org.waterspout.tests.DeviceProcess;

/** What a device's native code writes on standard output never comes between an answer and its reader. */
@Tag("slow")
class NativeLinesTest {

    private static final long LIMIT_SECONDS = 60;

    @TempDir
    private Path folder;

    @BeforeAll
    static void requireSdk() {
        assumeTrue(System.getenv("TORNADOVM_HOME") != null,
                "native lines of the devices skipped: no TornadoVM SDK (TORNADOVM_HOME is not set)");
    }

    /** A command line in which a launch fails before the answer, and something speaks on System.out. */
    static final class FailedLaunch {
        private FailedLaunch() {
        }

        public static void main(String[] arguments) throws Exception {
            Console console = Console.standard();
            BadGrid.main(new String[0]);
            System.out.println("spoken on System.out");
            System.exit(Main.run(console, arguments));
        }
    }

    @Test
    void standardOutputHoldsTheAnswerAloneAndWhereTheShellLeftIt() throws IOException, InterruptedException {
        ProcessBuilder builder = DeviceProcess.command(FailedLaunch.class, "devices", "--json");
        // the shell writes before and after, through the same open file
        builder.command().addAll(0, List.of("sh", "-c", "echo before; \"$@\"; echo after; exit 3", "sh"));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertEquals(3, ended(process));
        List<String> lines = Files.readAllLines(out);
        assertEquals(3, lines.size(), () -> String.join("\n", lines));
        assertEquals("before", lines.getFirst());
        assertTrue(new ObjectMapper().readTree(lines.get(1)).get("devices").size() > 1, lines.get(1));
        assertEquals("after", lines.get(2));
        List<String> remarks = Files.readAllLines(err);
        assertTrue(remarks.stream().anyMatch(DeviceProcess::isNativeError), () -> String.join("\n", remarks));
        assertTrue(remarks.contains("spoken on System.out"), () -> String.join("\n", remarks));
    }

    @Test
    void anAnswerThatCannotBeWrittenIsAFailureHereToo() throws IOException, InterruptedException {
        File full = new File("/dev/full");
        assumeTrue(full.exists(), "/dev/full skipped: this system has none");
        Path err = folder.resolve("err");
        Process process = DeviceProcess.command(Main.class, "devices", "--json").redirectOutput(full).redirectError(err.toFile()).start();
        assertEquals(1, ended(process));
        assertTrue(Files.readString(err).contains("standard output cannot be written (No space left on device)"), Files.readString(err));
    }

    @Test
    void aReaderThatGoesAwayEndsItQuietlyHereToo() throws IOException, InterruptedException {
        Path err = folder.resolve("err");
        Process process = DeviceProcess.command(Main.class, "run", "--backend", "cpu", "--max-tokens", "500", "It is")
                .redirectError(err.toFile()).start();
        assertEquals(2, process.getInputStream().readNBytes(2).length);
        process.getInputStream().close();
        assertEquals(0, ended(process));
        assertTrue(Files.readAllLines(err).stream().noneMatch(line -> line.contains("waterspout: ")), Files.readString(err));
    }

    private static int ended(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended, "still running after " + LIMIT_SECONDS + " s");
        return process.exitValue();
    }
}
