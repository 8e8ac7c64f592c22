package org.waterspout.model.huggingface;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
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
import org.waterspout.model.safetensors.StoredTensor;

/**
 * Refuses weights that a method of quantization has changed, by the method's name: read as plain numbers they would be nonsense. Names of
 * methods: transformers/utils/quantization_config.py.
 *
 * @param method as the folder names it
 * @param said   the file that says so
 */
record Quantization(String method, Path said) {

    private static final Logger LOG = LoggerFactory.getLogger(Quantization.class);

    /** What these do shows in the type of what is stored, and activations stay as they are; other methods may keep plain weights and round later. */
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
     * @param whole  config.json
     * @param stored all tensors of the folder
     * @throws UnsupportedModelException if the weights are quantized, or may be
     */
    static void refuse(Path folder, Config whole, Collection<StoredTensor> stored) {
        Optional<Quantization> stated = stated(folder, whole);
        boolean plain = stored.stream().allMatch(StoredTensor::isPlain);
        stated.filter(found -> !(plain && SEEN_IN_TYPES.contains(found.method))).ifPresent(found -> {
            throw refused(found.said, found.method, "");
        });
        for (StoredTensor tensor : stored) {
            COMPANIONS.stream().filter(companion -> companion.names.matcher(tensor.name()).matches()).findFirst().ifPresent(companion -> {
                throw refused(tensor.file(), companion.method, " (tensor " + Quoted.of(tensor.name()) + ")");
            });
        }
        stated.ifPresent(found -> LOG.warn("{} says that the weights are quantized by {}, but all are stored as plain floats and read as such",
                found.said, found.method));
    }

    private static Optional<Quantization> stated(Path folder, Config whole) {
        for (Config config : List.of(whole, whole.object("text_config"))) {
            for (String key : List.of("quantization_config", "compression_config", "quantization")) {
                Config options = config.object(key);
                boolean off = options.has("load_in_8bit") && !options.flagOr("load_in_8bit", false) && !options.flagOr("load_in_4bit", false);
                if (!options.json().isEmpty() && !off) {
                    return Optional.of(new Quantization(method(key, options), whole.file()));
                }
            }
        }
        if (Files.exists(folder.resolve(MODELOPT))) {
            Config options = new Config(folder.resolve(MODELOPT), JsonFile.read(folder.resolve(MODELOPT)));
            String kind = options.object("quantization").text("quant_algo").map(algorithm -> " " + algorithm).orElse("");
            return Optional.of(new Quantization("modelopt" + kind, options.file()));
        }
        return FILES.entrySet().stream().filter(entry -> Files.exists(folder.resolve(entry.getKey()))).findFirst()
                .map(entry -> new Quantization(entry.getValue(), folder.resolve(entry.getKey())));
    }

    private static String method(String key, Config options) {
        boolean bits = options.has("load_in_8bit") || options.has("load_in_4bit");
        return options.text("quant_method").orElse(switch (key) {
            case "compression_config" -> "compressed-tensors";
            case "quantization" -> "mlx";
            default -> bits ? "bitsandbytes" : "a method without a name";
        });
    }

    private static UnsupportedModelException refused(Path said, String method, String evidence) {
        return new UnsupportedModelException(said + ": the weights are quantized by " + Quoted.of(method) + evidence
                + ", which is not built; use the model before it was quantized, or a GGUF file of it");
    }
}
