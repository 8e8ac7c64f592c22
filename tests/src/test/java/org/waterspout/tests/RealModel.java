package org.waterspout.tests;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** The real model that tests use where a machine has it. */
final class RealModel {

    static final String FILE = "SmolLM2-135M-Instruct.Q4_1.gguf";

    /** For an assumption. */
    static final String MISSING = FILE + " skipped: it is neither in WATERSPOUT_MODELS nor in shared/models beside the repository";

    private RealModel() {
    }

    static Optional<Path> find() {
        return find(FILE);
    }

    /** A file or folder of that name. */
    static Optional<Path> find(String name) {
        String folders = System.getenv().getOrDefault("WATERSPOUT_MODELS", "");
        return Stream.concat(Arrays.stream(folders.split(File.pathSeparator)).filter(folder -> !folder.isBlank()),
                Stream.of("../../shared/models", "../shared/models")).map(folder -> Path.of(folder, name)).filter(Files::exists)
                .findFirst();
    }
}
