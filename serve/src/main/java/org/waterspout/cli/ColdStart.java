package org.waterspout.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Starts this program again, as it was started itself, and waits for its first token. */
final class ColdStart {

    private static final long LIMIT_SECONDS = 600;

    private ColdStart() {
    }

    /**
     * Seconds from the start of a new process to the end of its answer of one token.
     *
     * @param modelArguments the options that name model and backend
     */
    static double firstTokenSeconds(List<String> modelArguments, int[] prompt) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "run"));
        command.addAll(modelArguments);
        command.addAll(List.of("--tokens", Arrays.stream(prompt).mapToObj(Integer::toString).collect(Collectors.joining(",")),
                "--max-tokens", "1", "--temperature", "0", "--json"));
        long start = System.nanoTime();
        try {
            Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            process.getOutputStream().close();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0 || !answer.contains("\"tokens\"")) {
                throw new IllegalStateException("the cold process gave no token: " + answer);
            }
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException("a cold process cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a cold process ran", e);
        }
    }
}
