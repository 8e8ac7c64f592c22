package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.model.ModelFile;
import org.waterspout.model.load.DemonstrationModel;

/** What only a process of its own shows: variables of the environment, standard output that cannot be written, the exit code. */
@Tag("slow")
class CommandLineProcessTest {

    private static final long LIMIT_SECONDS = 60;

    @TempDir
    private Path folder;

    private record Outcome(int exitCode, String out, String err) {

        /** The one line on standard error; the JVM may add warnings of its own. */
        String line() {
            List<String> lines = err.lines().filter(line -> line.startsWith("waterspout: ")).toList();
            assertEquals(1, lines.size(), err);
            assertFalse(err.contains("\tat "), err);
            return lines.getFirst();
        }
    }

    private ProcessBuilder command(Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--")).toList());
        command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(folder.resolve("err").toFile());
        List.of("WATERSPOUT_HUB", "WATERSPOUT_HOME", "WATERSPOUT_MODELS", "HF_TOKEN").forEach(builder.environment()::remove);
        builder.environment().put("WATERSPOUT_HOME", folder.resolve("home").toString());
        builder.environment().putAll(environment);
        return builder;
    }

    private Outcome run(Map<String, String> environment, String... words) throws IOException, InterruptedException {
        File out = folder.resolve("out").toFile();
        return ended(command(environment, words).redirectOutput(out).start(), out);
    }

    private Outcome ended(Process process, File out) throws IOException, InterruptedException {
        process.getOutputStream().close();
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended, "still running after " + LIMIT_SECONDS + " s");
        return new Outcome(process.exitValue(), out == null ? "" : Files.readString(out.toPath()), Files.readString(folder.resolve("err")));
    }

    private static byte[] demonstrationModel() throws IOException {
        try (InputStream model = Main.class.getResourceAsStream("/org/waterspout/demo/austen.gguf")) {
            return model.readAllBytes();
        }
    }

    /** A hub with one file, that claims a length of its own for it. */
    private static HttpServer hub(byte[] content, long claimed) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            if (!exchange.getRequestURI().getPath().equals("/owner/name/resolve/main/small.gguf")) {
                exchange.sendResponseHeaders(404, -1);
                exchange.close();
                return;
            }
            exchange.getResponseHeaders().add("ETag", "\"first\"");
            exchange.sendResponseHeaders(200, claimed);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(content);
            } catch (IOException goneAway) {
                exchange.close(); // a client that has seen enough, or a claim that this server itself does not keep
            }
        });
        server.start();
        return server;
    }

    private static Map<String, String> from(HttpServer hub) {
        return Map.of("WATERSPOUT_HUB", "http://" + hub.getAddress().getHostString() + ":" + hub.getAddress().getPort());
    }

    /** The minute that a device's compiler takes is not for a request that cannot be answered: -v tells when it ran. */
    @Test
    void aRequestThatIsRefusedWaitsForNoCompiler() throws IOException, InterruptedException {
        String compiled = "kernels compiled";
        Outcome refused = run(Map.of(), "run", "-v", "--backend", "emulator", "--context", "8", "--tokens", "1,2,3,4,5,6,7,8,9");
        assertEquals(2, refused.exitCode);
        assertTrue(refused.err.contains("the prompt has 9 tokens, the context 8"), refused.err);
        assertFalse(refused.err.contains(compiled), refused.err);
        Outcome bench = run(Map.of(), "bench", "-v", "--backend", "emulator", "--context", "8", "--no-cold");
        assertEquals(2, bench.exitCode);
        assertFalse(bench.err.contains(compiled), bench.err);
        Outcome answered = run(Map.of(), "run", "-v", "--backend", "emulator", "--context", "8", "--tokens", "1,2,3", "-n", "1");
        assertEquals(0, answered.exitCode, answered.err);
        assertTrue(answered.err.contains(compiled), answered.err);
    }

    /** The answer is there, and a line says why it was not quicker. */
    @Test
    void aDraftModelThatComputesNoNumbersIsNamed() throws IOException, InterruptedException {
        byte[] model = demonstrationModel();
        Path draft = folder.resolve("draft.gguf");
        try (ModelFile file = DemonstrationModel.open()) {
            byte[] norm = file.tensors().get("output_norm.weight").data().toArray(ValueLayout.JAVA_BYTE);
            int at = new String(model, StandardCharsets.ISO_8859_1).indexOf(new String(norm, StandardCharsets.ISO_8859_1));
            ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN).putFloat(at, Float.NaN);
        }
        Files.write(draft, model);
        String[] words = {"run", "--max-tokens", "12", "--temperature", "0", "--draft-model", draft.toString(), "It is"};
        Outcome drafted = run(Map.of(), words);
        assertEquals(0, drafted.exitCode, drafted.err);
        assertEquals(1, drafted.err.lines().filter(line -> line.contains("the draft model computes NaN or infinity")).count(), drafted.err);
        Outcome plain = run(Map.of(), "run", "--max-tokens", "12", "--temperature", "0", "It is");
        assertEquals(plain.out, drafted.out);
        assertFalse(plain.err.contains("draft"), plain.err);
    }

    @Test
    void pullsAModelAndFindsItAgain() throws IOException, InterruptedException {
        byte[] model = demonstrationModel();
        HttpServer hub = hub(model, model.length);
        try {
            Outcome pulled = run(from(hub), "pull", "--json", "hf:owner/name/small.gguf");
            assertEquals(0, pulled.exitCode, pulled.err);
            Path place = Path.of(new ObjectMapper().readTree(pulled.out).get("path").asText());
            assertTrue(place.startsWith(folder.resolve("home")), place.toString());
            assertArrayEquals(model, Files.readAllBytes(place));
            Outcome answered = run(Map.of(), "run", "-m", "small", "--max-tokens", "3", "It is");
            assertEquals(0, answered.exitCode, answered.err);
            assertFalse(answered.out.isBlank());
        } finally {
            hub.stop(0);
        }
    }

    @Test
    void aPullThatFailsGetsOneLineAndLeavesNothing() throws IOException, InterruptedException {
        HttpServer hub = hub(demonstrationModel(), 1L << 50);
        try {
            Outcome missing = run(from(hub), "pull", "hf:owner/name/other.gguf");
            assertEquals(8, missing.exitCode, missing.err);
            assertTrue(missing.line().contains("other.gguf"), missing.err);
            Outcome tooLarge = run(from(hub), "pull", "hf:owner/name/small.gguf");
            assertEquals(8, tooLarge.exitCode, tooLarge.err);
            assertTrue(tooLarge.line().contains("free"), tooLarge.err);
            try (Stream<Path> left = Files.walk(folder.resolve("home"))) {
                assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
            }
        } finally {
            hub.stop(0);
        }
        Outcome noHub = run(Map.of("WATERSPOUT_HUB", "nonsense"), "pull", "hf:owner/name/small.gguf");
        assertEquals(2, noHub.exitCode, noHub.err);
        assertTrue(noHub.line().contains("WATERSPOUT_HUB"), noHub.err);
    }

    @Test
    void findsModelsByNameInTheFoldersOfTheEnvironment() throws IOException, InterruptedException {
        Path models = Files.createDirectories(folder.resolve("my models"));
        Files.write(models.resolve("Jane.Q8_0.gguf"), demonstrationModel());
        Map<String, String> environment = Map.of("WATERSPOUT_MODELS", folder.resolve("none") + File.pathSeparator + models);
        Outcome found = run(environment, "inspect", "--json", "-m", "jane");
        assertEquals(0, found.exitCode, found.err);
        assertEquals(models.resolve("Jane.Q8_0.gguf").toString(), new ObjectMapper().readTree(found.out).get("file").asText());
        Outcome missed = run(Map.of(), "inspect", "-m", "jane");
        assertEquals(3, missed.exitCode, missed.err);
        assertTrue(missed.line().contains("'jane'"), missed.err);
    }

    @Test
    void aReaderThatGoesAwayEndsItQuietly() throws IOException, InterruptedException {
        Process process = command(Map.of(), "run", "--max-tokens", "500", "It is").start();
        byte[] first = process.getInputStream().readNBytes(2);
        process.getInputStream().close();
        assertEquals(2, first.length);
        Outcome outcome = ended(process, null);
        assertEquals(0, outcome.exitCode, outcome.err);
        assertFalse(outcome.err.contains("Exception") || outcome.err.contains("waterspout: "), outcome.err);
    }

    @Test
    void anAnswerThatCannotBeWrittenIsAFailure() throws IOException, InterruptedException {
        File full = new File("/dev/full");
        assumeTrue(full.exists(), "/dev/full skipped: this system has none");
        for (String[] words : List.of(new String[] {"run", "--max-tokens", "5", "It is"}, new String[] {"inspect"},
                new String[] {"list", "--json"})) {
            Process process = command(Map.of(), words).redirectOutput(full).start();
            Outcome outcome = ended(process, null);
            assertEquals(1, outcome.exitCode, outcome.err);
            assertTrue(outcome.line().contains("standard output"), outcome.err);
        }
    }
}
