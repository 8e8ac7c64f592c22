package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.text.SentenceFile;

/**
 * What sentence-transformers puts behind an encoder: modules.json lists a Transformer, a Pooling and perhaps a Normalize, each with a
 * folder for its own configuration.
 *
 * @param folder      of the whole model
 * @param transformer folder of the encoder itself, often the same
 */
record SentenceModules(Path folder, Path transformer) {

    static final String LIST = "modules.json";
    private static final Map<String, Long> POOLINGS = Map.of("pooling_mode_mean_tokens", 1L, "pooling_mode_cls_token", 2L,
            "pooling_mode_lasttoken", 3L);
    private static final Map<String, Long> POOLING_NAMES = Map.of("mean", 1L, "cls", 2L, "lasttoken", 3L);

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
        boolean normalized = false;
        for (JsonNode module : JsonFile.readList(folder.resolve(LIST))) {
            switch (kind(module)) {
                case "Transformer" -> SentenceFile.in(transformer)
                        .ifPresent(file -> keys.integer(".text_length", new Config(file, JsonFile.read(file)).integer("max_seq_length")));
                case "Pooling" -> pooling(inside(folder, module).resolve("config.json"), keys);
                case "Normalize" -> normalized = true;
                default -> throw new UnsupportedModelException(folder.resolve(LIST) + ": the module " + Quoted.of(kind(module))
                        + " is not built; built are Transformer, Pooling and Normalize");
            }
        }
        keys.put(".pooling_normalize", normalized);
        prompts(keys);
    }

    private static void pooling(Path file, Keys keys) {
        Config config = new Config(file, JsonFile.read(file));
        config.require("include_prompt", true);
        Map<String, Long> asked = new TreeMap<>();
        config.text("pooling_mode").ifPresent(name -> asked.put(name, POOLING_NAMES.getOrDefault(name, -1L)));
        config.json().properties().stream().filter(entry -> entry.getKey().startsWith("pooling_mode_") && entry.getValue().asBoolean())
                .forEach(entry -> asked.put(entry.getKey(), POOLINGS.getOrDefault(entry.getKey(), -1L)));
        if (asked.values().stream().distinct().count() != 1 || asked.containsValue(-1L)) {
            throw new UnsupportedModelException(file + ": the pooling " + asked.keySet()
                    + " is not built; built are the mean, the first token and the last, one of them at a time");
        }
        keys.put(".pooling_type", asked.values().iterator().next());
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
