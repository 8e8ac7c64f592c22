package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process: what it prints, and how signals end it. */
@Tag("slow")
class ServeCommandTest {

    private static final long LIMIT_SECONDS = 60;
    private static final String LONG = "{\"model\": \"austen\", \"prompt\": \"It is\", \"max_tokens\": 100000, \"n\": 100, "
            + "\"stream\": true, \"logit_bias\": {\"0\": -100}}";

    @TempDir
    private Path folder;

    private Process start(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(flag -> flag.startsWith("--")).toList());
        command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), Main.class.getName(), "serve", "--port",
                "0"));
        command.addAll(List.of(words));
        return new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
    }

    private static HttpRequest.Builder to(String line, String path) {
        return HttpRequest.newBuilder(URI.create(line.substring(0, line.indexOf(' ')) + path));
    }

    @Test
    void itPrintsItsAddressWhenItIsReadyAndEndsBySignal() throws IOException, InterruptedException {
        Process process = start();
        try (BufferedReader out = process.inputReader(); HttpClient client = HttpClient.newHttpClient()) {
            String line = out.readLine();
            assertTrue(line.matches("http://127[.]0[.]0[.]1:\\d+ serves austen, dates, spam"), line);
            assertEquals(200, client.send(to(line, "/health/ready").build(), BodyHandlers.ofString()).statusCode());
            process.destroy(); // SIGTERM
            assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue(), Files.readString(folder.resolve("err")));
            assertTrue(Files.readString(folder.resolve("err")).contains("no keys: only requests from this machine are answered"));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws IOException, InterruptedException {
        Process process = start("--shutdown-timeout", "600");
        try (BufferedReader out = process.inputReader(); HttpClient client = HttpClient.newHttpClient()) {
            String line = out.readLine();
            try (Stream<String> lines = client.send(to(line, "/v1/completions").POST(HttpRequest.BodyPublishers.ofString(LONG)).build(),
                    BodyHandlers.ofLines()).body()) {
                assertTrue(lines.iterator().next().startsWith("data: {"));
                process.destroy();
                assertFalse(process.waitFor(1, TimeUnit.SECONDS), "it did not wait for its answer");
                assertEquals(503, client.send(to(line, "/health/ready").build(), BodyHandlers.ofString()).statusCode());
                process.destroy();
                assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void wrongOptionsAreRefusedInOneLine() {
        for (String[] words : new String[][] {{"--host", "0.0.0.0"}, {"--port", "70000"}, {"--tls-cert", "x"}, {"--max-body", "0"},
                {"--max-header", "9999999"}, {"--read-timeout", "-1"}, {"--max-requests", "0"}, {"--api-key-file", "missing"},
                {"--write-timeout", "0"}, {"--comment-interval", "NaN"}, {"--max-connections", "0"}, {"--shutdown-timeout", "1e9"}}) {
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            List<String> command = new ArrayList<>(List.of("serve", "--port", "0"));
            command.addAll(List.of(words));
            if (words[0].equals("--port")) {
                command.subList(1, 3).clear();
            }
            int exitCode = Main.run(new Console(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8)), command.toArray(String[]::new));
            String text = err.toString(StandardCharsets.UTF_8);
            assertEquals(2, exitCode, command + text);
            assertEquals(1, text.lines().count(), text);
        }
    }
}
