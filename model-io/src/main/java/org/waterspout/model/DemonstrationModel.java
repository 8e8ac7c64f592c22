package org.waterspout.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.waterspout.model.gguf.GgufFile;

/** The small model that comes with Waterspout; its card stands in model-io/demo-model. */
public final class DemonstrationModel {

    /** What it is called where a file would have its path. */
    public static final Path NAME = Path.of("austen.gguf");

    private DemonstrationModel() {
    }

    /** Opens it; every call makes a copy of its own. */
    public static ModelFile open() {
        try (InputStream resource = DemonstrationModel.class.getResourceAsStream("/org/waterspout/demo/" + NAME)) {
            if (resource == null) {
                throw new IllegalStateException("the demonstration model is missing from the model-io jar");
            }
            return GgufFile.copyOf(NAME, resource.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("the demonstration model cannot be read from the model-io jar", e);
        }
    }
}
