package org.waterspout.server.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.model.load.DemonstrationModel;

/**
 * A model that a server is to load.
 *
 * @param id       what requests call it
 * @param fileName the name of its file or folder; of a demonstration model its own
 * @param path     where it lies; empty for a demonstration model
 * @param options  how it is loaded
 */
public record ModelSource(String id, String fileName, Optional<Path> path, LoadOptions options) {

    private static final String ENDING = ".gguf";

    public ModelSource {
        if (id.isBlank() || id.contains("/") || id.contains("\\") || id.codePoints().anyMatch(Character::isISOControl)) {
            throw new InvalidRequestException("a model is to be called " + Quoted.of(id) + ": give it a name without / and \\");
        }
    }

    /** A file or folder, called as that is, without its ending. */
    public static ModelSource of(Path path, LoadOptions options) {
        String name = path.toAbsolutePath().normalize().getFileName().toString();
        return new ModelSource(withoutEnding(name), name, Optional.of(path), options);
    }

    /** The small models that come with Waterspout. */
    public static List<ModelSource> demonstration(LoadOptions options) {
        return DemonstrationModel.names().stream().map(Path::toString)
                .map(name -> new ModelSource(withoutEnding(name), name, Optional.empty(), options)).toList();
    }

    private static String withoutEnding(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    }

    /** As this, under another name. */
    public ModelSource withId(String value) {
        return new ModelSource(value, fileName, path, options);
    }
}
