package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.safetensors.Safetensors;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * A folder as Transformers and sentence-transformers save and publish models: config.json, safetensors, and the tokenizer's files.
 * Weights stay where they are mapped, except for the few that {@link NameTable.Change} says are copied and those that {@link Quantization}
 * reads.
 */
public final class HuggingFaceDirectory implements ModelFile {

    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer_config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final List<FolderFamily> ROWS = Stream.of(EncoderFamilies.ROWS, EncoderDecoderFamilies.ROWS, DecoderFamilies.ROWS)
            .flatMap(List::stream).toList();

    private final Path folder;
    private final Path text;
    private final Arena arena;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param text folder of the tokenizer */
    private HuggingFaceDirectory(Path folder, Path text, Arena arena, Metadata metadata, Map<String, Tensor> tensors) {
        this.folder = folder;
        this.text = text;
        this.arena = arena;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** Whether the folder has what such a folder has. */
    public static boolean isOne(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG))
                || Files.isRegularFile(folder.resolve("0_Transformer").resolve(CONFIG)); // sentence-transformers before version 2
    }

    /** Whether the folder also has weights that are read. */
    public static boolean isWhole(Path folder) {
        return isOne(folder) && Stream.of(folder, folder.resolve("0_Transformer"))
                .anyMatch(inner -> Files.exists(inner.resolve(WEIGHTS)) || Files.exists(inner.resolve(INDEX)));
    }

    /**
     * Maps the weights and checks all that the configuration and they say.
     *
     * @throws ModelNotFoundException                          if a file is missing or may not be read
     * @throws org.waterspout.error.ModelFormatException       if one is truncated, corrupt, or contradicts another
     * @throws UnsupportedModelException                       if the model asks for something that is not built
     */
    public static HuggingFaceDirectory open(Path folder) {
        SentenceModules modules = SentenceModules.of(folder);
        Path inner = modules.transformer();
        Config whole = new Config(inner.resolve(CONFIG), JsonFile.read(inner.resolve(CONFIG)));
        Config config = TextHalf.of(whole);
        FolderFamily row = row(config, whole);
        Arena arena = Arena.ofShared();
        try {
            Keys keys = new Keys(row.family());
            keys.put("general.name", name(folder));
            row.keys().read(config, keys);
            modules.read(keys);
            if (EncoderFamilies.ROWS.contains(row)) {
                textLimits(new Config(inner.resolve(TOKENIZER), JsonFile.readIfThere(inner.resolve(TOKENIZER))), keys);
            }
            GenerationKeys.read(inner, config, keys);
            HeadKind task = HeadKind.of(config);
            Map<String, StoredTensor> stored = stored(inner, arena);
            TensorLoader loader = new TensorLoader(inner, row, config, task, TextHalf.isIn(whole), arena);
            Map<String, Tensor> tensors = loader.load(Quantization.read(inner, whole, config, stored.values()));
            if (tensors.containsKey("patch_embd.weight")) {
                ImageKeys.read(inner, keys);
                keys.put(".image.distilled", tensors.containsKey("distill_embd.weight"));
            }
            if (EncoderFamilies.ROWS.contains(row)) {
                task.read(config, keys, row.family(), tensors);
            }
            addDivisors(keys.values(), loader, tensors);
            modules.addDense(tensors, arena);
            return new HuggingFaceDirectory(folder, inner, arena, new Metadata(keys.values()), Collections.unmodifiableMap(tensors));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    /**
     * What the files of a folder say of an encoder whose weights are of another format, as keys of the canonical form: what
     * sentence-transformers does behind it, the longest text, and the labels of a classifier.
     *
     * @param folders where the files may be; of each kind, the first there is holds
     * @param family  of the encoder
     * @param head    "sequence", "tokens" or "span", or empty for an encoder without a classifier
     * @param tensors of the encoder; those of layers behind it are added
     * @param arena   what the memory of these belongs to
     */
    public static Map<String, Object> keysBeside(List<Path> folders, String family, String head, Map<String, Tensor> tensors, Arena arena) {
        Keys keys = new Keys(family);
        SentenceModules modules = SentenceModules.of(with(folders, SentenceModules.LIST));
        modules.read(keys);
        modules.addDense(tensors, arena);
        Path tokenizer = with(folders, TOKENIZER).resolve(TOKENIZER);
        textLimits(new Config(tokenizer, JsonFile.readIfThere(tokenizer)), keys);
        if (!head.isEmpty()) {
            Path config = with(folders, CONFIG).resolve(CONFIG);
            HeadKind.valueOf(head.toUpperCase(Locale.ROOT)).read(new Config(config, JsonFile.readIfThere(config)), keys, family, tensors);
        }
        return keys.values();
    }

    private static Path with(List<Path> folders, String name) {
        return folders.stream().filter(folder -> Files.exists(folder.resolve(name))).findFirst().orElse(folders.getFirst());
    }

    /** What the tokenizer says of long texts; a length that sentence-transformers states goes before its own. */
    private static void textLimits(Config tokenizer, Keys keys) {
        // where nothing bounds it, Transformers writes 1e30
        tokenizer.number("model_max_length", "max_len").filter(length -> length >= 1 && length < Integer.MAX_VALUE)
                .filter(length -> keys.integer(".text_length") == 0).ifPresent(length -> keys.put(".text_length", length.longValue()));
        tokenizer.text("truncation_side").ifPresent(side -> {
            if (!side.equals("left") && !side.equals("right")) {
                throw tokenizer.wrong("truncation_side", "neither left nor right");
            }
            keys.put(".truncation_side", side);
        });
    }

    private static FolderFamily row(Config config, Config whole) {
        String type = config.text("model_type").orElse("");
        String where = config.equals(whole) ? "" : " of its text half";
        return ROWS.stream().filter(row -> row.modelTypes().contains(type)).findFirst().orElseThrow(() ->
                new UnsupportedModelException(config.file() + ": the model_type " + Quoted.of(type) + where
                        + " is not supported; supported are " + Stream.concat(
                        ROWS.stream().flatMap(other -> other.modelTypes().stream()), TextHalf.models().stream()).sorted()
                                .collect(Collectors.joining(", "))));
    }

    private static Map<String, StoredTensor> stored(Path folder, Arena arena) {
        if (Files.exists(folder.resolve(WEIGHTS))) {
            return Safetensors.open(folder.resolve(WEIGHTS), arena);
        }
        if (Files.exists(folder.resolve(INDEX))) {
            return Safetensors.openIndexed(folder.resolve(INDEX), arena);
        }
        boolean pickled = Files.exists(folder.resolve("pytorch_model.bin")) || Files.exists(folder.resolve("pytorch_model.bin.index.json"));
        throw new ModelNotFoundException(folder + " has no " + WEIGHTS + (pickled ? ", only weights pickled by Python, which are not "
                + "safe to read; save the model again with save_pretrained(folder, safe_serialization=True)"
                : "; get the weights of the model too"));
    }

    /** Scalings of rotary positions that GGUF keeps as tensors. */
    private static void addDivisors(Map<String, Object> values, TensorLoader loader, Map<String, Tensor> tensors) {
        values.entrySet().removeIf(entry -> {
            if (!entry.getKey().startsWith(Rope.DIVISORS)) {
                return false;
            }
            String name = entry.getKey().substring(Rope.DIVISORS.length());
            tensors.put(name, loader.vector(name, (List<?>) entry.getValue()));
            return true;
        });
    }

    private static String name(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    @Override
    public Path path() {
        return folder;
    }

    @Override
    public String format() {
        return "Hugging Face folder";
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
        return tensors.containsKey("patch_embd.weight") ? Optional.empty() : Optional.of(text);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
