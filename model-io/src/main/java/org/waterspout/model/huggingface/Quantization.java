package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * What a folder says of how its weights are quantized. Those of the methods that {@link QuantizedWeights} reads are shown as numbers;
 * others are refused by the method's name, since read as plain numbers they would be nonsense. An option that is not known is refused by
 * its name. Names of methods: transformers/utils/quantization_config.py.
 *
 * @param method  as the folder names it
 * @param options of the method
 */
record Quantization(String method, Config options) {

    private static final Logger LOG = LoggerFactory.getLogger(Quantization.class);

    /**
     * What these do shows in the type of what is stored, and activations stay as they are; other methods may keep plain weights and round
     * later.
     */
    private static final Set<String> SEEN_IN_TYPES = Set.of("bitsandbytes", "gptq", "awq", "hqq");

    /** Older tools wrote a file of their own. */
    private static final Map<String, String> FILES = Map.of("quantize_config.json", "gptq", "quant_config.json", "awq");
    private static final String MODELOPT = "hf_quant_config.json";

    /** What stands beside a quantized weight, where no file says how it became one. */
    private static final List<Companion> COMPANIONS = List.of(companion("(qweight|qzeros|g_idx)", "gptq or awq"),
            companion("(SCB|absmax|nested_absmax|quant_map|nested_quant_map|quant_state\\..*)", "bitsandbytes"),
            companion("(weight_scale|weight_scale_inv|weight_packed|weight_zero_point|input_scale)", "fp8 or compressed-tensors"),
            companion("[^.]*_proj_(blocks|scales)", "mxfp4"), companion("W_q", "hqq"), companion("scales", "mlx"));

    /** Names of tensors that a method leaves. */
    private record Companion(Pattern names, String method) {
    }

    private static Companion companion(String ending, String method) {
        return new Companion(Pattern.compile(".*\\." + ending), method);
    }

    /**
     * The folder's tensors, quantized weights as one tensor each.
     *
     * @param whole  config.json
     * @param text   the part of it that describes the model of text
     * @param stored all tensors of the folder
     * @throws UnsupportedModelException if the weights are quantized, or may be, in a way that is not read
     */
    static List<FolderTensor> read(Path folder, Config whole, Config text, Collection<StoredTensor> stored) {
        Optional<Quantization> stated = stated(folder, whole);
        boolean plain = stored.stream().allMatch(StoredTensor::isPlain);
        if (stated.filter(found -> !(plain && SEEN_IN_TYPES.contains(found.method))).isPresent()) {
            return stated.get().decoded(stored, plainType(text));
        }
        stored.forEach(Quantization::requireNoCompanion);
        stated.ifPresent(found ->
                LOG.warn("{} says that the weights are quantized by {}, but all are stored as plain floats and read as such",
                found.options.file(), found.method));
        return stored.stream().map(FolderTensor::of).toList();
    }

    private static void requireNoCompanion(StoredTensor tensor) {
        COMPANIONS.stream().filter(companion -> companion.names.matcher(tensor.name()).matches()).findFirst().ifPresent(companion -> {
            throw refused(tensor.file(), companion.method, " (tensor " + Quoted.of(tensor.name()) + "), which is not built");
        });
    }

    /** The type that the configuration states for numbers; floats where it states none. */
    private static WeightType plainType(Config text) {
        return switch (text.text("dtype", "torch_dtype").orElse("")) {
            case "bfloat16" -> WeightType.BF16;
            case "float16" -> WeightType.F16;
            default -> WeightType.F32;
        };
    }

    private QuantizedWeights weights(WeightType plain) {
        return switch (method) {
            case "fp8" -> Fp8.of(this, plain);
            case "gptq" -> Gptq.of(this, plain);
            case "awq" -> Awq.of(this, plain);
            case "compressed-tensors" -> CompressedTensors.of(this, plain);
            default -> throw refused(", which is not built");
        };
    }

    private List<FolderTensor> decoded(Collection<StoredTensor> stored, WeightType plain) {
        QuantizedWeights weights = weights(plain);
        Map<String, Map<String, StoredTensor>> modules = new LinkedHashMap<>();
        for (StoredTensor tensor : stored) {
            if (weights.marks().contains(last(tensor.name()))) {
                modules.put(module(tensor.name()), new LinkedHashMap<>());
            }
        }
        if (modules.isEmpty()) {
            throw refused(", but no tensor looks so (names that end in " + String.join(" or ", weights.marks()) + ")");
        }
        List<FolderTensor> tensors = new ArrayList<>();
        int leftOut = 0;
        for (StoredTensor tensor : stored) {
            Map<String, StoredTensor> parts = modules.get(module(tensor.name()));
            String part = last(tensor.name());
            if (parts != null && (weights.parts().contains(part) || weights.marks().contains(part))) {
                parts.put(part, tensor);
            } else if (weights.ofActivations().contains(part)) {
                leftOut++;
            } else {
                requireNoCompanion(tensor);
                tensors.add(FolderTensor.of(tensor));
            }
        }
        modules.forEach((name, parts) -> tensors.add(weights.weight(new QuantizedModule(name, parts))));
        LOG.info("{}: {} weights are quantized by {} and read as the numbers that they stand for", options.file(), modules.size(), method);
        if (leftOut > 0 || weights.roundsActivations()) {
            LOG.warn("{}: {} rounds activations or the cache too, which is not done: they keep their precision, and answers differ by"
                    + " that", options.file(), method);
        }
        return tensors;
    }

    private static String module(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** The same method, for a part of its options. */
    Quantization part(Config part) {
        return new Quantization(method, part);
    }

    /** Refuses an option that is neither one of {@code known} nor empty. */
    void knows(Set<String> known) {
        for (Map.Entry<String, JsonNode> option : options.json().properties()) {
            JsonNode value = option.getValue();
            boolean empty = value.isNull() || value.isContainerNode() && value.isEmpty();
            String key = option.getKey();
            if (!empty && !key.equals("quant_method") && !known.contains(key)) {
                throw refused(", whose option " + Quoted.of(key) + " is not known");
            }
        }
    }

    /** Refuses a text that is none of these. */
    void requires(String key, String... built) {
        options.text(key).filter(said -> !List.of(built).contains(said)).ifPresent(said -> {
            throw refused(" with " + key + " " + Quoted.of(said) + ", which is not built; built is " + String.join(" or ", built));
        });
    }

    void requiresFlag(String key, boolean built) {
        if (options.flagOr(key, built) != built) {
            throw refused(" with " + key + " " + !built + ", which is not built");
        }
    }

    /** A list of two sizes, where there is one. */
    Optional<List<Integer>> sizes(String key) {
        if (!options.has(key)) {
            return Optional.empty();
        }
        JsonNode list = options.list(key);
        if (list.size() != 2 || !list.get(0).isInt() || !list.get(1).isInt() || list.get(0).intValue() < 1 || list.get(1).intValue() < 1) {
            throw options.wrong(key, "no rows and columns of a block");
        }
        return Optional.of(List.of(list.get(0).intValue(), list.get(1).intValue()));
    }

    private static Optional<Quantization> stated(Path folder, Config whole) {
        for (Config config : List.of(whole, whole.object("text_config"))) {
            for (String key : List.of("quantization_config", "compression_config", "quantization")) {
                Config options = config.object(key);
                boolean off = options.has("load_in_8bit") && !options.flagOr("load_in_8bit", false)
                        && !options.flagOr("load_in_4bit", false);
                if (!options.json().isEmpty() && !off) {
                    return Optional.of(new Quantization(method(key, options), options));
                }
            }
        }
        if (Files.exists(folder.resolve(MODELOPT))) {
            Config options = new Config(folder.resolve(MODELOPT), JsonFile.read(folder.resolve(MODELOPT)));
            String kind = options.object("quantization").text("quant_algo").map(algorithm -> " " + algorithm).orElse("");
            return Optional.of(new Quantization("modelopt" + kind, options));
        }
        return FILES.entrySet().stream().filter(entry -> Files.exists(folder.resolve(entry.getKey()))).findFirst()
                .map(entry -> new Quantization(entry.getValue(), new Config(
                folder.resolve(entry.getKey()), JsonFile.read(folder.resolve(entry.getKey())))));
    }

    private static String method(String key, Config options) {
        boolean bits = options.has("load_in_8bit") || options.has("load_in_4bit");
        return options.text("quant_method").orElse(switch (key) {
            case "compression_config" -> "compressed-tensors";
            case "quantization" -> "mlx";
            default -> bits ? "bitsandbytes" : "a method without a name";
        });
    }

    /** @param reason with a space or a comma before it */
    UnsupportedModelException refused(String reason) {
        return refused(options.file(), method, reason);
    }

    private static UnsupportedModelException refused(Path said, String method, String reason) {
        return new UnsupportedModelException(said + ": the weights are quantized by " + Quoted.of(method) + reason
                + "; use the model before it was quantized, or a GGUF file of it");
    }
}
