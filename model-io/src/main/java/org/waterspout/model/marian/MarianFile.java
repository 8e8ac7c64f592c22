package org.waterspout.model.marian;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.MappedFile;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Numbers;
import org.waterspout.model.Tensor;
import org.waterspout.model.Transposed;
import org.waterspout.model.WeightType;
import org.waterspout.model.marian.MarianItems.Item;

/**
 * A translation model in Marian's binary file, such as those of Firefox, with the vocabularies, the shortlist and the decoder's options
 * that lie beside it. Matrices of 8-bit numbers keep their exact values as {@link WeightType#I8_32}.
 */
public final class MarianFile implements ModelFile {

    private static final String OPTIONS = "special:model.yml";
    private static final String FAMILY = "marian";

    // Marian's Type (src/common/types.h): a class in the upper byte and the width in bytes in the lower
    private static final long INT8 = 0x0101;
    private static final long FLOAT32 = 0x0404;
    private static final long INTGEMM8 = 0x4101;

    /** Marian computes positions without end; beyond this the models loop, since they were trained on single sentences. */
    private static final long CONTEXT = 512;

    private final MarianFolder folder;
    private final Arena arena;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final AtomicBoolean closed = new AtomicBoolean();

    private MarianFile(MarianFolder folder, Arena arena, Metadata metadata, Map<String, Tensor> tensors) {
        this.folder = folder;
        this.arena = arena;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /**
     * Whether the file begins as binary models of Marian do.
     *
     * @param beginning its first 8 bytes, or more
     */
    public static boolean isMarian(byte[] beginning) {
        return beginning.length >= Long.BYTES && MemorySegment.ofArray(beginning).get(Numbers.LONG, 0) == MarianItems.VERSION;
    }

    /** The models of this kind in a folder. */
    public static List<Path> files(Path folder) {
        return MarianFolder.models(folder);
    }

    /** The model that {@link #open} takes from a folder; nothing where there is none, or more than one. */
    public static Optional<Path> in(Path folder) {
        List<Path> models = files(folder);
        return models.size() == 1 ? Optional.of(models.getFirst()) : Optional.empty();
    }

    /**
     * Maps the model and checks all it says; its 8-bit matrices are copied.
     *
     * @param path the model, or the folder it is in
     * @throws ModelNotFoundException    if it is not there or may not be read
     * @throws ModelFormatException      if it is truncated, corrupt, or contradicts itself
     * @throws UnsupportedModelException if it asks for something that is not built
     */
    public static MarianFile open(Path path) {
        MarianFolder folder = MarianFolder.of(path);
        Arena arena = Arena.ofShared();
        try {
            Map<String, Item> items = MarianItems.read(folder.model(), MappedFile.map(folder.model(), arena));
            MarianConfig options = options(folder.model(), items);
            options.checkBuilt();
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Item item : items.values()) {
                if (!MarianNames.isLeftOut(item.name())) {
                    Tensor tensor = tensor(folder.model(), item, arena);
                    tensors.put(tensor.name(), tensor);
                }
            }
            Metadata metadata = metadata(folder, options);
            return new MarianFile(folder, arena, metadata, Collections.unmodifiableMap(tensors));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    private static MarianConfig options(Path path, Map<String, Item> items) {
        Item item = items.get(OPTIONS);
        if (item == null || item.type() != INT8 || item.count() > item.data().byteSize()) {
            throw new ModelFormatException(path + " holds no options of a model (" + OPTIONS
                    + "); only models written by Marian 1.9 or later can be read");
        }
        byte[] bytes = item.data().asSlice(0, item.count()).toArray(ValueLayout.JAVA_BYTE);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return MarianConfig.parse(OPTIONS + " of " + path, new String(bytes, 0, end, StandardCharsets.UTF_8));
    }

    private static Tensor tensor(Path path, Item item, Arena arena) {
        String what = path + ": item " + Quoted.of(item.name());
        String name = MarianNames.canonical(item.name()).orElseThrow(() -> new UnsupportedModelException(what
                + " is no weight of a model that is built; Firefox's models can be read"));
        List<Integer> shape = item.shape();
        boolean vector = shape.size() == 1 || shape.size() == 2 && shape.getFirst() == 1;
        if (shape.size() > 2) {
            throw new ModelFormatException(what + " has shape " + shape + ", which is no matrix; get the file again");
        }
        if (item.type() == INTGEMM8 && !vector) {
            return quantized(what, name, item, arena);
        }
        if (item.type() != FLOAT32) {
            throw new UnsupportedModelException(what + " of shape " + shape + " has the type 0x" + Long.toHexString(item.type())
                    + "; 0x404 (float32) and, for matrices, 0x4101 (intgemm8) can be read");
        }
        checkBytes(what, item, item.count() * Float.BYTES);
        MemorySegment data = item.data().asSlice(0, item.count() * Float.BYTES);
        Tensor tensor = new Tensor(name, WeightType.F32, vector ? List.of(shape.getLast()) : shape, data);
        return vector || MarianNames.isTable(item.name()) ? tensor : Transposed.of(tensor, arena);
    }

    /**
     * Signed bytes and one multiplier: a number is byte / multiplier. The header says [in, out], but the bytes are [out, in]; tables of
     * tokens are [vocabulary, width] in both.
     */
    private static Tensor quantized(String what, String name, Item item, Arena arena) {
        long count = item.count();
        checkBytes(what, item, count + Float.BYTES);
        float multiplier = item.data().get(Numbers.FLOAT, count);
        if (!(multiplier > 0) || Float.isInfinite(multiplier) || Float.isInfinite(1 / multiplier)) {
            throw new ModelFormatException(what + " has the multiplier " + multiplier + "; get the file again");
        }
        List<Integer> shape = MarianNames.isTable(item.name()) ? item.shape() : item.shape().reversed();
        int block = WeightType.I8_32.blockLength();
        if (shape.getLast() % block != 0) {
            throw new UnsupportedModelException(what + " has rows of " + shape.getLast() + ", no multiple of " + block);
        }
        float scale = 1 / multiplier;
        MemorySegment out = arena.allocate(WeightType.I8_32.bytes(count), 64);
        long to = 0;
        for (long from = 0; from < count; from += block) {
            out.set(Numbers.FLOAT, to, scale);
            MemorySegment.copy(item.data(), from, out, to + Float.BYTES, block);
            to += WeightType.I8_32.blockBytes();
        }
        return new Tensor(name, WeightType.I8_32, shape, out.asReadOnly());
    }

    private static void checkBytes(String what, Item item, long bytes) {
        if (item.data().byteSize() < bytes) {
            throw new ModelFormatException(what + " of shape " + item.shape() + " has only " + item.data().byteSize() + " of " + bytes
                    + " bytes; get the file again");
        }
    }

    private static Metadata metadata(MarianFolder folder, MarianConfig options) {
        Map<String, Object> values = new LinkedHashMap<>();
        long width = options.size("dim-emb");
        values.put("general.architecture", FAMILY);
        values.put("general.name", folder.name());
        values.put(FAMILY + ".embedding_length", width);
        values.put(FAMILY + ".block_count", (long) options.size("enc-depth"));
        values.put(FAMILY + ".decoder_block_count", (long) options.size("dec-depth"));
        values.put(FAMILY + ".context_length", CONTEXT);
        values.put(FAMILY + ".feed_forward_length", (long) options.size("transformer-dim-ffn"));
        values.put(FAMILY + ".attention.head_count", (long) options.size("transformer-heads"));
        values.put(FAMILY + ".attention.layer_norm_epsilon", 1e-6); // Marian's layerNorm, no option
        values.put(FAMILY + ".activation", "relu");
        values.put(FAMILY + ".embedding_scale", Math.sqrt(width));
        values.put(FAMILY + ".positions", "sinusoidal");
        values.put(FAMILY + ".sinusoid.interleaved", false);
        values.put(FAMILY + ".sinusoid.inclusive", true);
        values.put(FAMILY + ".decoder_start_token_id", -1L); // no token: the first embedding is zeros
        values.put("tokenizer.ggml.eos_token_id", 0L);
        values.put("tokenizer.ggml.unknown_token_id", 1L);
        values.put("generation.forbidden_token_ids", List.of(1L));
        values.put("generation.beam_rule", "marian");
        values.put("generation.max_source_tokens", 128L); // Bergamot's max-length-break
        folder.languages().ifPresent(pair -> {
            values.put("translation.source_language", pair.source());
            values.put("translation.target_language", pair.target());
        });
        folder.decoderOptions().ifPresent(decoder -> {
            decoder.number("max-length-factor").ifPresent(factor -> values.put("generation.max_length_factor", factor));
            decoder.number("normalize").ifPresent(power -> values.put("generation.length_penalty", power));
            decoder.number("beam-size").ifPresent(beams -> values.put("generation.num_beams", beams.longValue()));
        });
        checkVocabularies(folder, options);
        return new Metadata(values);
    }

    private static void checkVocabularies(MarianFolder folder, MarianConfig options) {
        List<Integer> sizes = options.vocabularies();
        if (options.flag("tied-embeddings-all") && !sizes.getFirst().equals(sizes.getLast())) {
            throw new ModelFormatException(folder.model() + " has one table of tokens for vocabularies of " + sizes.getFirst() + " and "
                    + sizes.getLast() + "; get the file again");
        }
    }

    @Override
    public Path path() {
        return folder.model();
    }

    @Override
    public String format() {
        return "Marian " + MarianItems.VERSION;
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
        return folder.sourceVocabulary();
    }

    @Override
    public Optional<Path> targetTextPath() {
        return folder.targetVocabulary();
    }

    @Override
    public Optional<Path> shortlistPath() {
        return folder.shortlist();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
