package org.waterspout.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tiny random models of one folder of the tests' resources, each a GGUF file with what was recorded of it. */
record RecordedModels(String folder) {

    /** Every model's name, in order. */
    List<String> names() {
        try (Stream<Path> files = Files.list(path())) {
            return files.map(file -> file.getFileName().toString().replace(".gguf", "")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path(String name) {
        return path().resolve(name + ".gguf");
    }

    private Path path() {
        try {
            return Path.of(RecordedModels.class.getResource("/" + folder).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
