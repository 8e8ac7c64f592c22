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
import org.waterspout.model.huggingface.HuggingFaceDirectory;
import org.waterspout.model.marian.MarianFile;
import org.waterspout.model.onnx.OnnxFile;

/** Opens a model of any format that is known, told apart by the first bytes of a file and by what is in a folder. */
public final class ModelFiles {

    private static final String LFS_POINTER = "version https://git-lfs";
    private static final String READABLE = "GGUF files, Hugging Face folders with safetensors, encoders in ONNX, and Marian's binary files can be read";

    private ModelFiles() {
    }

    /**
     * @param path the file, the first of its parts, or the folder of a model that comes in several files
     * @throws ModelNotFoundException if it is not there or may not be read
     * @throws ModelFormatException if it is truncated, corrupt, or of no known format
     * @throws org.waterspout.error.UnsupportedModelException if it asks for something that is not built
     */
    public static ModelFile open(Path path) {
        if (Files.isDirectory(path)) {
            return openFolder(path);
        }
        byte[] bytes = beginning(path);
        String beginning = new String(bytes, StandardCharsets.ISO_8859_1);
        if (beginning.startsWith("GGUF")) {
            return GgufFile.open(path);
        }
        if (MarianFile.isMarian(bytes)) {
            return MarianFile.open(path);
        }
        if (OnnxFile.isOnnx(bytes)) {
            return OnnxFile.open(path);
        }
        if (beginning.startsWith("{", Long.BYTES) && HuggingFaceDirectory.isOne(folderOf(path))) {
            return HuggingFaceDirectory.open(folderOf(path)); // safetensors: the length of a header, and the header
        }
        if (beginning.startsWith("{", Long.BYTES)) {
            throw new ModelNotFoundException(path + " holds only weights; put the model's config.json and tokenizer beside it");
        }
        if (beginning.startsWith("PK\3\4") || beginning.startsWith("\u0080\2")) {
            throw new ModelFormatException(path + " is pickled by Python, which is not safe to read; save the model as safetensors, with "
                    + "save_pretrained(folder, safe_serialization=True)");
        }
        if (beginning.startsWith(LFS_POINTER)) {
            throw new ModelFormatException(path + " is only git's pointer to a model; fetch the file itself with: git lfs pull");
        }
        if (beginning.isEmpty()) {
            throw new ModelFormatException(path + " is empty; get the file again");
        }
        throw new ModelFormatException(path + " is no model file of a known format; " + READABLE);
    }

    private static ModelFile openFolder(Path folder) {
        if (HuggingFaceDirectory.isOne(folder)) {
            return HuggingFaceDirectory.open(folder);
        }
        if (MarianFile.isIn(folder)) {
            return MarianFile.open(folder);
        }
        if (OnnxFile.isIn(folder)) {
            return OnnxFile.open(folder);
        }
        throw new ModelNotFoundException(folder + " is a folder without a model that is known; name the model file itself: " + READABLE);
    }

    private static Path folderOf(Path file) {
        return file.toAbsolutePath().getParent();
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
            throw new ModelNotFoundException(path + " cannot be read (" + failure.getMessage() + "); check the disk", failure);
        }
    }
}
