package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.text.SentenceFile;

/**
 * What sentence-transformers puts behind an encoder: modules.json lists a Transformer, a Pooling and perhaps layers and a
 * Normalize, each with a folder for its own configuration.
 *
 * @param folder      of the whole model
 * @param transformer folder of the encoder itself, often the same
 */
record SentenceModules(Path folder, Path transformer) {

    static final String LIST = "modules.json";
    private static final String CONFIG = "config.json";
    private static final String NORMALIZE = "normalize";

    /** Poolings, in the order in which several are joined, with the switch that older files have for each. */
    private static final Map<String, String> SWITCHES = new LinkedHashMap<>();

    static {
        SWITCHES.put("cls", "pooling_mode_cls_token");
        SWITCHES.put("max", "pooling_mode_max_tokens");
        SWITCHES.put("mean", "pooling_mode_mean_tokens");
        SWITCHES.put("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens");
        SWITCHES.put("weightedmean", "pooling_mode_weightedmean_tokens");
        SWITCHES.put("lasttoken", "pooling_mode_lasttoken");
    }

    /** Those that GGUF has a number for. */
    private static final Map<String, Long> NUMBERS = Map.of("mean", 1L, "cls", 2L, "lasttoken", 3L);

    static SentenceModules of(Path folder) {
        if (!Files.exists(folder.resolve(LIST))) {
            return new SentenceModules(folder, folder);
        }
        for (JsonNode module : JsonFile.readList(folder.resolve(LIST))) {
            if (kind(module).equals("Transformer")) {
                return new SentenceModules(folder, inside(folder, module));
            }
        }
        throw new UnsupportedModelException(folder.resolve(LIST) + " lists no Transformer; only models with one can be read");
    }

    private static String kind(JsonNode module) {
        String type = module.path("type").asText();
        return type.substring(type.lastIndexOf('.') + 1);
    }

    private static Path inside(Path folder, JsonNode module) {
        String path = module.path("path").asText();
        if (!path.matches("[A-Za-z0-9_.-]*") || path.contains("..")) {
            throw new ModelFormatException(folder.resolve(LIST) + " names the folder " + Quoted.of(path)
                    + ", which is not one of the model's; get the file again");
        }
        return path.isEmpty() ? folder : folder.resolve(path);
    }

    void read(Keys keys) {
        if (!Files.exists(folder.resolve(LIST))) {
            return;
        }
        List<String> steps = new ArrayList<>();
        int dense = 0;
        for (JsonNode module : JsonFile.readList(folder.resolve(LIST))) {
            switch (kind(module)) {
                case "Transformer" -> SentenceFile.in(transformer)
                        .ifPresent(file -> keys.integer(".text_length", new Config(file, JsonFile.read(file)).integer("max_seq_length")));
                case "Pooling" -> pooling(inside(folder, module).resolve(CONFIG), keys);
                case "Normalize" -> steps.add(NORMALIZE);
                case "Dense" -> steps.add(SentenceDense.name(dense++) + " " + SentenceDense.of(inside(folder, module)).activation());
                case "Dropout" -> { } // which acts in training
                default -> throw new UnsupportedModelException(folder.resolve(LIST) + ": the module " + Quoted.of(kind(module))
                        + " is not built; built are Transformer, Pooling, Dense, Dropout and Normalize");
            }
        }
        boolean normalized = !steps.isEmpty() && steps.getLast().equals(NORMALIZE);
        keys.put(".pooling_normalize", normalized);
        List<String> before = normalized ? steps.subList(0, steps.size() - 1) : steps;
        if (!before.isEmpty()) {
            keys.put(".pooling_steps", List.copyOf(before));
        }
        prompts(keys);
    }

    /** The matrices of Dense modules, under the names that {@link #read} gave the steps. */
    void addDense(Map<String, Tensor> tensors, Arena arena) {
        if (!Files.exists(folder.resolve(LIST))) {
            return;
        }
        int dense = 0;
        for (JsonNode module : JsonFile.readList(folder.resolve(LIST))) {
            if (kind(module).equals("Dense")) {
                SentenceDense.of(inside(folder, module)).load(SentenceDense.name(dense++), tensors, arena);
            }
        }
    }

    private static void pooling(Path file, Keys keys) {
        Config config = new Config(file, JsonFile.read(file));
        List<String> asked = asked(config);
        Optional<String> unknown = asked.stream().filter(name -> !SWITCHES.containsKey(name)).findFirst();
        if (unknown.isPresent()) {
            throw new UnsupportedModelException(file + ": the pooling " + Quoted.of(unknown.get()) + " is not built; built are "
                    + String.join(", ", SWITCHES.keySet()));
        }
        boolean prompted = config.flagOr("include_prompt", true);
        if (asked.size() == 1 && NUMBERS.containsKey(asked.getFirst())) {
            keys.put(".pooling_type", NUMBERS.get(asked.getFirst()));
        }
        if (!prompted || asked.size() > 1 || !NUMBERS.containsKey(asked.getFirst())) {
            keys.put(".poolings", asked);
            keys.put(".pooling_prompt", prompted);
        }
    }

    /** A name, a list of names, or a switch for each; the mean where nothing is said. */
    private static List<String> asked(Config config) {
        JsonNode mode = config.json().path("pooling_mode");
        List<String> named = new ArrayList<>();
        if (mode.isTextual()) {
            named.add(mode.textValue());
        } else if (mode.isArray()) {
            mode.forEach(name -> named.add(name.asText()));
        } else {
            Optional<String> unknown = config.json().properties().stream().filter(entry -> entry.getKey().startsWith("pooling_mode_")
                    && entry.getValue().asBoolean()).map(Map.Entry::getKey).filter(key -> !SWITCHES.containsValue(key)).findFirst();
            unknown.ifPresent(named::add);
            SWITCHES.forEach((name, key) -> {
                if (config.flagOr(key, false)) {
                    named.add(name);
                }
            });
        }
        return named.isEmpty() ? List.of("mean") : List.copyOf(named);
    }

    private void prompts(Keys keys) {
        Path file = folder.resolve("config_sentence_transformers.json");
        Config stated = new Config(file, JsonFile.readIfThere(file));
        Config prompts = stated.object("prompts");
        prompts.text("query").filter(prefix -> !prefix.isEmpty()).ifPresent(prefix -> keys.put(".query_prefix", prefix));
        prompts.text("document", "passage", "corpus").filter(prefix -> !prefix.isEmpty())
                .ifPresent(prefix -> keys.put(".passage_prefix", prefix));
        // these two are there, though empty, where a file does not state them
        stated.text("default_prompt_name").filter(name -> prompts.has(name) || !name.equals("query") && !name.equals("document"))
                .ifPresent(name -> keys.put(".text_prefix", prompts.text(name).orElseThrow(() ->
                        stated.wrong("default_prompt_name", "which is none of its prompts"))));
    }
}
