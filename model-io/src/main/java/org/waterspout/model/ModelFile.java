package org.waterspout.model;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** An open model file: its metadata and its tensors. Closing it unmaps the tensors. */
public interface ModelFile extends AutoCloseable {

    /** The file, or the first of its shards. */
    Path path();

    /** Name and version of the format, such as "GGUF 3". */
    String format();

    Metadata metadata();

    /** Tensors by name, in the file's order; data is read-only and valid until {@link #close()}. */
    Map<String, Tensor> tensors();

    /**
     * What the tokenizer is made from, with {@code Tokenizer.of(Path)}: a folder or a file; absent where the metadata describes it. Of a
     * model with two vocabularies, the source's.
     */
    default Optional<Path> textPath() {
        return Optional.empty();
    }

    /** As {@link #textPath} for the target, where that has a vocabulary of its own. */
    default Optional<Path> targetTextPath() {
        return Optional.empty();
    }

    /** A {@link org.waterspout.model.marian.Shortlist}, where one belongs to the model. */
    default Optional<Path> shortlistPath() {
        return Optional.empty();
    }

    @Override
    void close();
}
