package org.waterspout.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.waterspout.backend.tornado.TornadoFlags;

/**
 * A JVM of its own on the SDK, with all it writes: TornadoVM reports a failed launch on the console and goes on with stale numbers, so a
 * run on a device is right only when its console is clean.
 *
 * @param exitCode what the process ended with
 * @param lines    standard output and error together
 */
public record DeviceProcess(int exitCode, List<String> lines) {

    /** What starts {@code main} on the SDK of TORNADOVM_HOME. */
    public static ProcessBuilder command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "@" + System.getenv("TORNADOVM_HOME") + "/tornado-argfile", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(TornadoFlags.of(2L << 30));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        Path signals = Path.of(System.getProperty("java.home"), "lib", "libjsig.so");
        if (Files.exists(signals)) {
            // as the launcher does: docs/tornadovm.md
            builder.environment().put("LD_PRELOAD", signals.toString());
        }
        return builder;
    }

    /** Runs {@code main} on the SDK of TORNADOVM_HOME. */
    static DeviceProcess run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        return ended(command(main, arguments));
    }

    /** Runs {@code builder}'s process to its end. */
    public static DeviceProcess ended(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException("the process closed its output and did not end");
        }
        return new DeviceProcess(process.exitValue(), output.lines().toList());
    }

    /** Lines in which the driver reports a failed call. */
    List<String> nativeErrors() {
        return lines.stream().filter(DeviceProcess::isNativeError).toList();
    }

    /** Whether the driver reports a failed call in a line. */
    public static boolean isNativeError(String line) {
        return line.contains("Returned: -") || line.contains("-JNI] ERROR");
    }
}
