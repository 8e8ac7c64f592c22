package org.waterspout.model.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.model.ModelFile;
import org.waterspout.model.gguf.GgufFile;

/**
 * The small models that come with Waterspout, one for each kind. They are an artifact of their own, demo-models, which the command line
 * brings along; their cards stand in its folder training.
 */
public final class DemonstrationModel {

    /** What the decoder is called where a file would have its path: it continues English prose. */
    public static final Path NAME = Path.of("austen.gguf");

    /** The encoder-decoder: English dates and numbers in words to ISO dates and digits. */
    public static final Path TRANSLATOR = Path.of("dates.gguf");

    /** The encoder with a head: tells spam from mail. */
    public static final Path CLASSIFIER = Path.of("spam.gguf");

    private static final List<Path> NAMES = List.of(NAME, TRANSLATOR, CLASSIFIER);

    private DemonstrationModel() {
    }

    /** The names of all of them. */
    public static List<Path> names() {
        return NAMES;
    }

    /** Opens the decoder; every call makes a copy of its own. */
    public static ModelFile open() {
        return open(NAME);
    }

    /**
     * Opens one by its name; every call makes a copy of its own.
     *
     * @throws ModelNotFoundException if none of them is called {@code name}, or the artifact demo-models is not there
     */
    public static ModelFile open(Path name) {
        if (!NAMES.contains(name)) {
            throw new ModelNotFoundException("there is no demonstration model " + Quoted.of(name.toString()) + ": choose one of " + NAMES);
        }
        // by the loader and not by the class, which on the module path sees its own module's resources only
        try (InputStream resource = DemonstrationModel.class.getClassLoader().getResourceAsStream("org/waterspout/demo/" + name)) {
            if (resource == null) {
                throw new ModelNotFoundException("the demonstration model " + name + " is not on the class path: add the artifact "
                        + "org.waterspout:demo-models, or name a model file");
            }
            return GgufFile.copyOf(name, resource.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("the demonstration model " + name + " cannot be read from its jar", e);
        }
    }
}
