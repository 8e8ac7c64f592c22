package org.waterspout.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Reason;

/** A file as memory outside the heap. */
public final class MappedFile {

    private MappedFile() {
    }

    /**
     * Maps the whole file, read-only, until {@code arena} is closed.
     *
     * @throws ModelNotFoundException if it is not there, is no plain file, or may not be read
     */
    public static MemorySegment map(Path path, Arena arena) {
        // Opening a pipe or a device would wait for ever, so only a plain file is opened.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new ModelNotFoundException(path + " is a " + (Files.isDirectory(path) ? "folder" : "special file")
                    + "; name the model file itself");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException missing) {
            throw new ModelNotFoundException(path + " does not exist; check the path", missing);
        } catch (AccessDeniedException denied) {
            throw new ModelNotFoundException(path + " may not be read; check its permissions", denied);
        } catch (IOException failure) {
            throw new ModelNotFoundException(path + " cannot be read (" + Reason.of(failure) + "); check the disk", failure);
        }
    }
}
