package org.waterspout.model.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Reason;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.gguf.GgufFile;
import org.waterspout.model.huggingface.HuggingFaceDirectory;
import org.waterspout.model.marian.MarianFile;
import org.waterspout.model.onnx.OnnxFile;

/**
 * What is a model, of any format that is known: told by the first bytes of a file and by what is in a folder. One answer for opening,
 * finding and listing.
 */
public final class ModelFiles {

    private static final Logger LOG = LoggerFactory.getLogger(ModelFiles.class);
    private static final String LFS_POINTER = "version https://git-lfs";
    private static final String READABLE = "GGUF files, Hugging Face folders with safetensors, encoders in ONNX, and Marian's binary"
            + " files can be read";

    private ModelFiles() {
    }

    /**
     * A model where it lies.
     *
     * @param path   the file or folder that stands for it
     * @param main   the file that is read first, where the path is a folder that stands for one file; else the path
     * @param format how it is opened
     */
    private record Found(Path path, Path main, Function<Path, ModelFile> format) {
    }

    /**
     * @param path the file, the first of its parts, or the folder of a model that comes in several files
     * @throws ModelNotFoundException if it is not there or may not be read
     * @throws ModelFormatException if it is truncated, corrupt, or of no known format
     * @throws org.waterspout.error.UnsupportedModelException if it asks for something that is not built
     */
    public static ModelFile open(Path path) {
        Optional<Found> found = find(path);
        if (found.isPresent()) {
            return found.get().format.apply(found.get().path);
        }
        if (Files.isDirectory(path) && HuggingFaceDirectory.isOne(path)) {
            return HuggingFaceDirectory.open(path); // which says what it lacks
        }
        throw Files.isDirectory(path) ? noModelIn(path) : noModel(path);
    }

    /** Whether {@link #open} takes it for a model; what the model asks for, and whether it is sound, shows when it is opened. */
    public static boolean isModel(Path path) {
        return Files.exists(path) && find(path).isPresent();
    }

    /**
     * The models in a folder, itself included, and in those below it. A folder that is a model stands for the files in it; of a model in
     * parts there is the first. What begins with a point or ends in .part is passed over, and so is what may not be read.
     *
     * @param depth folders below it that are looked into; links are followed
     * @return path of each, in their order, with the file that is read first, or the path again where that is the folder as a whole
     */
    public static SortedMap<Path, Path> in(Path folder, int depth) {
        SortedMap<Path, Path> models = new TreeMap<>();
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), depth, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path inner, BasicFileAttributes attributes) {
                    if (!inner.equals(folder) && (isPassedOver(inner) || isModule(inner) && models.containsKey(inner.getParent()))) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    // loose files in the folder that is searched are models by their own names
                    lookAt(inner).filter(found -> found.main.equals(inner) || !inner.equals(folder) && !models.containsValue(found.main))
                            .ifPresent(found -> models.put(found.path, found.main));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile() && !isPassedOver(file) && !GgufFile.isLaterPart(file) && !models.containsValue(file)) {
                        lookAt(file).ifPresent(found -> models.putIfAbsent(found.path, found.main));
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    LOG.warn("{} is passed over: {}", file, Reason.of(failure));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failure) {
            LOG.warn("{} is passed over: {}", folder, Reason.of(failure));
        }
        return models;
    }

    private static boolean isPassedOver(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(".") || name.endsWith(".part");
    }

    /** Such as 0_Transformer or 1_Pooling, a part of a model of sentence-transformers. */
    private static boolean isModule(Path folder) {
        return folder.getFileName().toString().matches("[0-9]_[A-Za-z]+");
    }

    private static Optional<Found> lookAt(Path path) {
        try {
            return find(path);
        } catch (ModelNotFoundException unreadable) {
            LOG.warn("{}", unreadable.getMessage());
            return Optional.empty();
        }
    }

    private static Optional<Found> find(Path path) {
        return Files.isDirectory(path) ? inFolder(path) : inFile(path);
    }

    private static Optional<Found> inFile(Path file) {
        byte[] bytes = beginning(file);
        String beginning = new String(bytes, StandardCharsets.ISO_8859_1);
        if (beginning.startsWith("GGUF")) {
            return Optional.of(new Found(file, file, GgufFile::open));
        }
        if (MarianFile.isMarian(bytes)) {
            return Optional.of(new Found(file, file, MarianFile::open));
        }
        if (OnnxFile.isOnnx(bytes)) {
            return Optional.of(new Found(file, file, OnnxFile::open));
        }
        Path folder = file.toAbsolutePath().getParent();
        if (isSafetensors(beginning) && HuggingFaceDirectory.isWhole(folder)) {
            Path shown = file.getParent() == null ? folder : file.getParent();
            return Optional.of(new Found(shown, shown, HuggingFaceDirectory::open));
        }
        return Optional.empty();
    }

    /** The length of a header, and the header. */
    private static boolean isSafetensors(String beginning) {
        return beginning.startsWith("{", Long.BYTES);
    }

    private static Optional<Found> inFolder(Path folder) {
        if (HuggingFaceDirectory.isWhole(folder)) {
            return Optional.of(new Found(folder, folder, HuggingFaceDirectory::open));
        }
        return MarianFile.in(folder).map(file -> new Found(folder, file, MarianFile::open))
                .or(() -> OnnxFile.in(folder).map(file -> new Found(folder, file, OnnxFile::open)));
    }

    private static WaterspoutException noModel(Path path) {
        String beginning = new String(beginning(path), StandardCharsets.ISO_8859_1);
        if (isSafetensors(beginning)) {
            return new ModelNotFoundException(path + " holds only weights; put the model's config.json and tokenizer beside it");
        }
        if (beginning.startsWith("PK\3\4") || beginning.startsWith("\u0080\2")) {
            return new ModelFormatException(path + " is pickled by Python, which is not safe to read; save the model as safetensors, with "
                    + "save_pretrained(folder, safe_serialization=True)");
        }
        if (beginning.startsWith(LFS_POINTER)) {
            return new ModelFormatException(path + " is only git's pointer to a model; fetch the file itself with: git lfs pull");
        }
        if (beginning.isEmpty()) {
            return new ModelFormatException(path + " is empty; get the file again");
        }
        return new ModelFormatException(path + " is no model file of a known format; " + READABLE);
    }

    private static WaterspoutException noModelIn(Path folder) {
        List<String> several = Stream.concat(MarianFile.files(folder).stream(), OnnxFile.files(folder).stream())
                .map(file -> file.getFileName().toString()).toList();
        if (!several.isEmpty()) {
            return new InvalidRequestException(folder + " has the models " + String.join(", ", several) + "; name one of them");
        }
        return new ModelNotFoundException(folder + " is a folder without a model that is known; name the model file itself: " + READABLE);
    }

    private static byte[] beginning(Path path) {
        if (!Files.exists(path)) {
            throw new ModelNotFoundException(path + " does not exist; check the path");
        }
        // Opening a pipe or a device would wait for ever, so only a plain file is opened.
        if (!Files.isRegularFile(path)) {
            throw new ModelNotFoundException(path + " is a special file; name the model file itself");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(LFS_POINTER.length());
        } catch (AccessDeniedException denied) {
            throw new ModelNotFoundException(path + " may not be read; check its permissions", denied);
        } catch (IOException failure) {
            throw new ModelNotFoundException(path + " cannot be read (" + Reason.of(failure) + "); check the disk", failure);
        }
    }
}
