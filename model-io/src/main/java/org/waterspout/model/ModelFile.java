package org.waterspout.model;

import java.nio.file.Path;
import java.util.Map;

/** An open model file: its metadata and its tensors. Closing it unmaps the tensors. */
public interface ModelFile extends AutoCloseable {

    /** The file, or the first of its shards. */
    Path path();

    /** Name and version of the format, such as "GGUF 3". */
    String format();

    Metadata metadata();

    /** Tensors by name, in the file's order; data is mapped, read-only and valid until {@link #close()}. */
    Map<String, Tensor> tensors();

    @Override
    void close();
}
