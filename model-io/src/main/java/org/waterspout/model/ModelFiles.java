package org.waterspout.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.model.gguf.GgufFile;

/** Opens a model file of any format that is known, told apart by its first bytes. */
public final class ModelFiles {

    private static final String LFS_POINTER = "version https://git-lfs";

    private ModelFiles() {
    }

    /**
     * @param path the file, or the first of its parts
     * @throws ModelNotFoundException if the file is not there or may not be read
     * @throws ModelFormatException if it is truncated, corrupt, or of no known format
     * @throws org.waterspout.error.UnsupportedModelException if it asks for something that is not built
     */
    public static ModelFile open(Path path) {
        String beginning = beginning(path);
        if (beginning.startsWith("GGUF")) {
            return GgufFile.open(path);
        }
        if (beginning.startsWith(LFS_POINTER)) {
            throw new ModelFormatException(path + " is only git's pointer to a model; fetch the file itself with: git lfs pull");
        }
        if (beginning.isEmpty()) {
            throw new ModelFormatException(path + " is empty; get the file again");
        }
        throw new ModelFormatException(path + " is no model file of a known format; GGUF files can be read");
    }

    private static String beginning(Path path) {
        if (!Files.exists(path)) {
            throw new ModelNotFoundException(path + " does not exist; check the path");
        }
        // Opening a pipe or a device would wait for ever, so only a plain file is opened.
        if (!Files.isRegularFile(path)) {
            throw new ModelNotFoundException(path + " is a " + (Files.isDirectory(path) ? "folder" : "special file")
                    + "; name the model file itself");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return new String(in.readNBytes(LFS_POINTER.length()), StandardCharsets.ISO_8859_1);
        } catch (AccessDeniedException denied) {
            throw new ModelNotFoundException(path + " may not be read; check its permissions", denied);
        } catch (IOException failure) {
            throw new ModelNotFoundException(path + " cannot be read (" + failure.getMessage() + "); check the disk", failure);
        }
    }
}
