package org.waterspout.model.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Reason;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.MappedFile;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.huggingface.HuggingFaceDirectory;

/**
 * An encoder exported to ONNX. The graph is not run: it tells which initializer is which weight, and the sizes; all else is done as for
 * any other file.
 */
public final class OnnxFile implements ModelFile {

    private static final String FAMILY = "bert";
    private static final String ENDING = ".onnx";
    private static final String SUBFOLDER = "onnx";
    private static final List<String> TOKENIZERS = List.of("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spiece.model",
            "tokenizer.model", "vocab.json");

    private final Path path;
    private final Arena arena;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final Optional<Path> tokenizer;
    private final AtomicBoolean closed = new AtomicBoolean();

    private OnnxFile(Path path, Arena arena, Metadata metadata, Map<String, Tensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.metadata = metadata;
        this.tensors = tensors;
        this.tokenizer = tokenizer(path);
    }

    /** Whether the file begins as ONNX does: field 1, the version of the format, a small number. */
    public static boolean isOnnx(byte[] beginning) {
        return beginning.length > 3 && beginning[0] == 0x08 && beginning[1] > 0 && beginning[1] < 64
                && (beginning[2] == 0x12 || beginning[2] == 0x1A || beginning[2] == 0x3A || beginning[2] == 0x42);
    }

    /**
     * The file that {@link #open} takes from a folder, or from the folder onnx in it, where repositories keep exports: model.onnx, else
     * the only one. Nothing where there is none, or where it cannot be told which is meant.
     */
    public static Optional<Path> in(Path folder) {
        List<Path> files = files(folder);
        if (files.isEmpty() && Files.isDirectory(folder.resolve(SUBFOLDER))) {
            files = files(folder.resolve(SUBFOLDER));
        }
        Optional<Path> usual = files.stream().filter(file -> file.endsWith("model.onnx")).findFirst();
        return files.size() == 1 ? Optional.of(files.getFirst()) : usual;
    }

    /**
     * Maps the file and finds the weights; matrices stored as [in, out] are copied.
     *
     * @param file the file, or a folder with one
     * @throws ModelNotFoundException                    if it is not there or may not be read
     * @throws org.waterspout.error.ModelFormatException if it is truncated or corrupt
     * @throws UnsupportedModelException                 if its graph is no encoder that is known; the message says what differs
     */
    public static OnnxFile open(Path file) {
        Path path = Files.isDirectory(file) ? in(file).orElseThrow(() -> new InvalidRequestException(file + " has " + files(file).size()
                + " ONNX files; name the one that is meant")) : file;
        Arena arena = Arena.ofShared();
        try {
            EncoderFinder finder = new EncoderFinder(OnnxGraph.read(path, MappedFile.map(path, arena)), arena);
            finder.find();
            return new OnnxFile(path, arena, metadata(path, finder, arena), Collections.unmodifiableMap(finder.tensors()));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    private static Metadata metadata(Path path, EncoderFinder finder, Arena arena) {
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, Tensor> tensors = finder.tensors();
        int width = tensors.get("token_embd.weight").columns();
        values.put("general.architecture", FAMILY);
        values.put("general.name", stem(path));
        values.put(FAMILY + ".embedding_length", (long) width);
        values.put(FAMILY + ".block_count", (long) finder.layers());
        values.put(FAMILY + ".attention.head_count", (long) finder.heads());
        values.put(FAMILY + ".feed_forward_length", (long) tensors.get("blk.0.ffn_up.weight").rows());
        values.put(FAMILY + ".context_length", (long) tensors.get("position_embd.weight").rows());
        values.put(FAMILY + ".attention.layer_norm_epsilon", finder.epsilon());
        values.put(FAMILY + ".attention.causal", false);
        values.put(FAMILY + ".activation", finder.activation());
        double usual = 1 / Math.sqrt((double) tensors.get("blk.0.attn_q.weight").rows() / finder.heads());
        if (Math.abs(finder.scale() / usual - 1) > 1e-5) { // not where it is computed from shapes
            values.put(FAMILY + ".attention.scale", finder.scale());
        }
        if (!finder.head().activation().isEmpty()) {
            values.put(FAMILY + ".classifier.activation", finder.head().activation());
        }
        HuggingFaceDirectory.keysBeside(folders(path), FAMILY, finder.head().task(), tensors, arena).forEach(values::putIfAbsent);
        return new Metadata(values);
    }

    private static String stem(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    }

    /** Where the rest of the model may be: beside the file, or, as repositories keep exports in a folder of their own, one level up. */
    private static List<Path> folders(Path path) {
        Path folder = path.toAbsolutePath().getParent();
        return folder.endsWith(SUBFOLDER) && folder.getParent() != null ? List.of(folder, folder.getParent()) : List.of(folder);
    }

    /** The tokenizer: NAME-tokenizer.json beside NAME.onnx, else that of the first folder that has one. */
    private static Optional<Path> tokenizer(Path path) {
        Path named = path.resolveSibling(stem(path) + "-tokenizer.json");
        return Files.isRegularFile(named) ? Optional.of(named)
                : folders(path).stream().filter(folder -> TOKENIZERS.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name))))
                .findFirst();
    }

    /** The ONNX files of a folder. */
    public static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ENDING)).filter(Files::isRegularFile).sorted().toList();
        } catch (IOException failure) {
            throw new ModelNotFoundException(folder + " cannot be read (" + Reason.of(failure) + "); check its permissions", failure);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "ONNX";
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
    public Optional<Path> textPath() {
        return tokenizer;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
