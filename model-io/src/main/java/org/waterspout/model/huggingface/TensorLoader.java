package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Numbers;
import org.waterspout.model.Tensor;
import org.waterspout.model.Transposed;
import org.waterspout.model.WeightType;
import org.waterspout.model.huggingface.FolderFamily.Output;
import org.waterspout.model.huggingface.NameTable.Change;

/** Brings the tensors of a folder to their canonical names and forms. */
final class TensorLoader {

    private static final Logger LOG = LoggerFactory.getLogger(TensorLoader.class);
    private static final String EMBEDDING = "token_embd.weight";
    private static final String TARGET_EMBEDDING = "dec.token_embd.weight";
    private static final String OUTPUT = "output.weight";

    private final Path folder;
    private final FolderFamily row;
    private final Config config;
    private final HeadKind task;
    private final boolean half;
    private final Arena arena;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    /** By canonical name, the tensors that stand aside for another of that name. */
    private final Map<String, Tensor> poolers = new LinkedHashMap<>();
    private int leftOut;
    private int ofOtherHalf;

    /**
     * @param half  whether the tensors are those of a model of which {@link TextHalf} is read
     * @param arena of the tensors that are copied
     */
    TensorLoader(Path folder, FolderFamily row, Config config, HeadKind task, boolean half, Arena arena) {
        this.folder = folder;
        this.row = row;
        this.config = config;
        this.task = task;
        this.half = half;
        this.arena = arena;
    }

    Map<String, Tensor> load(List<FolderTensor> stored) {
        stored.forEach(this::add);
        boolean headed = tensors.containsKey("cls.weight");
        poolers.forEach((name, tensor) -> {
            if (headed || task == HeadKind.TOKENS || task == HeadKind.SPAN) {
                leftOut++;
            } else {
                tensors.put(name, tensor);
            }
        });
        untie();
        if (ofOtherHalf > 0) {
            LOG.warn("{}: only the text half of the model is read; {} tensors, which see images, are left out", folder, ofOtherHalf);
        }
        if (leftOut > 0) {
            LOG.debug("{}: {} tensors are buffers or heads of the pre-training, which are left out", folder, leftOut);
        }
        return tensors;
    }

    private void add(FolderTensor stored) {
        Optional<String> name = half ? TextHalf.name(stored.name()) : Optional.of(stored.name());
        if (name.isEmpty()) {
            ofOtherHalf++;
            return;
        }
        NameTable.Entry entry = find(name.get()).orElseThrow(() -> new UnsupportedModelException(folder + ": nothing is known of tensor "
                + Quoted.of(stored.name()) + " of shape " + stored.shape() + " in a model of type "
                + config.text("model_type").orElse(row.family()) + "; it may have a head that is not built"));
        if (entry.target().isEmpty() || entry.changes().contains(Change.HEAD) && task == HeadKind.NONE) {
            leftOut++;
            return;
        }
        String target = entry.changes().contains(Change.SHARED) && sharesEmbeddings() ? EMBEDDING : entry.target();
        Tensor tensor = changed(stored, target, entry.changes());
        if (entry.changes().contains(Change.POOLER)) {
            poolers.put(target, tensor);
            return;
        }
        Tensor before = tensors.putIfAbsent(target, tensor);
        if (before != null && !same(before, tensor)) {
            throw new ModelFormatException(folder + ": tensor " + Quoted.of(stored.name())
                    + " differs from another that stands for the same, " + target + "; get the files again");
        }
    }

    private Optional<NameTable.Entry> find(String name) {
        // files of the first years call a norm's weight gamma and its bias beta
        String modern = name.endsWith(".gamma") ? name.substring(0, name.length() - 5) + "weight"
                : name.endsWith(".beta") ? name.substring(0, name.length() - 4) + "bias" : name;
        Optional<NameTable.Entry> plain = row.names().find(modern);
        for (String prefix : row.prefixes()) {
            if (plain.isEmpty() && modern.startsWith(prefix)) {
                plain = row.names().find(modern.substring(prefix.length()));
            }
        }
        return plain;
    }

    /** Marian's models may have an embedding for each language; those of the other families never do. */
    private boolean sharesEmbeddings() {
        return config.flagOr("share_encoder_decoder_embeddings", true);
    }

    private static boolean same(Tensor a, Tensor b) {
        return a.type() == b.type() && a.shape().equals(b.shape()) && a.data().mismatch(b.data()) == -1;
    }

    /** An output that is the embedding is not kept a second time; one that should be there must be. */
    private void untie() {
        Tensor output = tensors.get(OUTPUT);
        Tensor embedding = tensors.getOrDefault(TARGET_EMBEDDING, tensors.get(EMBEDDING));
        boolean generates = config.list("architectures").path(0).asText()
                .matches(".*(LM|LMHead|MT)Model|.*For(CausalLM|ConditionalGeneration)");
        Optional<Boolean> said = config.flag("tie_word_embeddings");
        if (output != null && embedding != null && same(output, embedding)) {
            tensors.remove(OUTPUT);
            return;
        }
        if (row.output() == Output.AS_STORED) {
            return;
        }
        if (output != null && said.orElse(false)) {
            // as Transformers does since version 5
            LOG.warn("{}: the output differs from the embedding that the configuration ties it to; it is used as it is stored", folder);
        } else if (output == null && generates && !said.orElse(row.output() == Output.TIED)) {
            throw new ModelFormatException(folder + " has no output matrix (lm_head.weight), which its configuration does not tie to the "
                    + "embedding; get the files again");
        }
    }

    private Tensor changed(FolderTensor stored, String name, Set<Change> changes) {
        Tensor tensor = stored.numbers().apply(arena);
        for (Change change : changes) {
            tensor = switch (change) {
                case TRANSPOSED -> stored.upright() ? tensor : Transposed.of(tensor, arena);
                case SQUEEZED -> reshaped(tensor, squeezed(tensor.shape()));
                case FLATTENED -> reshaped(tensor, List.of(tensor.shape().getFirst(),
                        Math.toIntExact(tensor.count() / tensor.shape().getFirst())));
                case CUT -> cut(tensor, EncoderFamilies.unusedPositions(config));
                case CUT2 -> cut(tensor, 2);
                case PLUS1 -> plusOne(tensor);
                case POOLER, HEAD, UNTIED, SHARED -> tensor;
            };
        }
        return new Tensor(name, tensor.type(), tensor.shape(), tensor.data());
    }

    private static Tensor reshaped(Tensor tensor, List<Integer> shape) {
        return new Tensor(tensor.name(), tensor.type(), shape, tensor.data());
    }

    private static List<Integer> squeezed(List<Integer> shape) {
        List<Integer> rest = new ArrayList<>(shape);
        while (rest.size() > 1 && rest.getFirst() == 1) {
            rest.removeFirst();
        }
        return rest;
    }

    /** Without the first {@code unused} rows. */
    private Tensor cut(Tensor tensor, int unused) {
        if (tensor.shape().size() != 2 || tensor.rows() <= unused) {
            throw new ModelFormatException(folder + ": tensor " + Quoted.of(tensor.name()) + " of shape " + tensor.shape()
                    + " has no position after the first " + unused + "; get the files again");
        }
        return tensor.rows(unused, tensor.rows());
    }

    private Tensor plusOne(Tensor tensor) {
        float[] numbers = tensor.decode();
        MemorySegment out = arena.allocate((long) numbers.length * Float.BYTES, 64);
        for (int i = 0; i < numbers.length; i++) {
            out.set(Numbers.FLOAT, (long) i * Float.BYTES, numbers[i] + 1);
        }
        return new Tensor(tensor.name(), WeightType.F32, tensor.shape(), out.asReadOnly());
    }

    /** A vector of computed numbers. */
    Tensor vector(String name, List<?> numbers) {
        MemorySegment out = arena.allocate((long) numbers.size() * Float.BYTES, 64);
        for (int i = 0; i < numbers.size(); i++) {
            out.set(Numbers.FLOAT, (long) i * Float.BYTES, ((Number) numbers.get(i)).floatValue());
        }
        return new Tensor(name, WeightType.F32, List.of(numbers.size()), out.asReadOnly());
    }
}
