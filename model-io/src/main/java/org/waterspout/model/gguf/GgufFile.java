package org.waterspout.model.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.model.MappedFile;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;

/**
 * A GGUF file of version 2 or 3, little-endian, mapped into memory. A file in parts (name-00001-of-00003.gguf) is opened
 * by its first part and then is one model: the metadata of the first part, the tensors of all.
 */
public final class GgufFile implements ModelFile {

    private static final Pattern SHARD_NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    /** Alignment of a copy, as of a mapped file. */
    private static final long PAGE_BYTES = 4096;

    private final Path path;
    private final Arena arena;
    private final int version;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final AtomicBoolean closed = new AtomicBoolean();

    private GgufFile(Path path, Arena arena, int version, Metadata metadata, Map<String, Tensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.version = version;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** Whether the file's name says that it is a part of a model, and not the first. */
    public static boolean isLaterPart(Path file) {
        Matcher name = SHARD_NAME.matcher(file.getFileName().toString());
        return name.matches() && Integer.parseInt(name.group(2)) != 1;
    }

    /**
     * Maps the file and checks everything its header says.
     *
     * @param path the file, or the first of its parts
     * @throws ModelNotFoundException if the file, or a part of it, is not there or may not be read
     * @throws ModelFormatException if it is truncated, corrupt, or contradicts itself
     * @throws org.waterspout.error.UnsupportedModelException if it has a version or a tensor type that cannot be read
     * @throws InvalidRequestException if it is a part other than the first
     */
    public static GgufFile open(Path path) {
        Arena arena = Arena.ofShared();
        try {
            GgufHeader first = readPart(path, arena);
            int parts = first.metadata().integerOr("split.count", 1);
            Map<String, Tensor> tensors = parts > 1
                    ? collectParts(path, first, parts, arena)
                    : collect(path, List.of(first));
            return new GgufFile(path, arena, first.version(), first.metadata(), Collections.unmodifiableMap(tensors));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    /**
     * A model that is no file of its own, such as a resource in a jar, copied into memory outside the heap. Errors as {@link #open}.
     *
     * @param name  what messages and {@link #path()} call it
     * @param bytes the whole file
     */
    public static GgufFile copyOf(Path name, byte[] bytes) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment memory = arena.allocate(bytes.length, PAGE_BYTES).copyFrom(MemorySegment.ofArray(bytes)).asReadOnly();
            GgufHeader header = GgufHeader.read(name, memory, arena);
            Map<String, Tensor> tensors = Collections.unmodifiableMap(collect(name, List.of(header)));
            return new GgufFile(name, arena, header.version(), header.metadata(), tensors);
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    private static Map<String, Tensor> collectParts(Path path, GgufHeader first, int parts, Arena arena) {
        int number = first.metadata().integerOr("split.no", 0);
        Matcher name = SHARD_NAME.matcher(path.getFileName().toString());
        if (!name.matches() || Integer.parseInt(name.group(3)) != parts || Integer.parseInt(name.group(2)) != number + 1) {
            throw new ModelFormatException(path + " says it is part " + (number + 1) + " of " + parts
                    + ", so its name must end in " + partName("", number, parts) + "; give it back the name it was published with");
        }
        if (number != 0) {
            throw new InvalidRequestException(path + " is part " + (number + 1) + " of " + parts + "; open the first one, "
                    + partName(name.group(1), 0, parts));
        }
        List<GgufHeader> headers = new ArrayList<>();
        headers.add(first);
        for (int i = 1; i < parts; i++) {
            Path part = path.resolveSibling(partName(name.group(1), i, parts));
            if (!Files.exists(part)) {
                throw new ModelNotFoundException(part + " is missing: the model comes in " + parts
                        + " parts; put all of them into one folder");
            }
            GgufHeader header = readPart(part, arena);
            int saysNumber = header.metadata().integerOr("split.no", -1);
            int saysParts = header.metadata().integerOr("split.count", -1);
            if (saysNumber != i || saysParts != parts) {
                throw new ModelFormatException(part + " says it is part " + (saysNumber + 1) + " of " + saysParts
                        + ", not what its name says; get the file again");
            }
            headers.add(header);
        }
        Map<String, Tensor> tensors = collect(path, headers);
        int expected = first.metadata().integerOr("split.tensors.count", tensors.size());
        if (tensors.size() != expected) {
            throw new ModelFormatException(path + " says its parts hold " + expected + " tensors, they hold " + tensors.size()
                    + "; get all parts again, from one place");
        }
        return tensors;
    }

    private static Map<String, Tensor> collect(Path path, List<GgufHeader> headers) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (GgufHeader header : headers) {
            for (Tensor tensor : header.tensors()) {
                if (tensors.put(tensor.name(), tensor) != null) {
                    throw new ModelFormatException(path + ": tensor " + Quoted.of(tensor.name())
                            + " is in two of the parts; get all parts again, from one place");
                }
            }
        }
        return tensors;
    }

    private static String partName(String stem, int number, int parts) {
        return "%s-%05d-of-%05d.gguf".formatted(stem, number + 1, parts);
    }

    private static GgufHeader readPart(Path path, Arena arena) {
        return GgufHeader.read(path, MappedFile.map(path, arena), arena);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "GGUF " + version;
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
