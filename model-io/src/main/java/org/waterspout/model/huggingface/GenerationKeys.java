package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.waterspout.error.Quoted;
import org.waterspout.model.JsonFile;

/**
 * Special tokens: generation_config.json, or where that says nothing config.json. How the model wants its text generated:
 * generation_config.json, or where that is missing config.json.
 */
final class GenerationKeys {

    private static final List<String> WHOLE = List.of("num_beams", "max_length", "min_length", "max_new_tokens", "min_new_tokens",
            "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "top_k");
    private static final List<String> NUMBERS = List.of("length_penalty", "repetition_penalty", "encoder_repetition_penalty", "temperature",
            "top_p", "min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff");
    private static final List<String> FLAGS = List.of("do_sample", "renormalize_logits", "remove_invalid_values");
    private static final List<String> TOKENS = List.of("suppress_tokens", "begin_suppress_tokens");

    /**
     * Settings that would change the answer and are not built, with the values that change nothing; others are refused when text is
     * generated.
     */
    private static final Map<String, List<Double>> NOT_BUILT = Map.ofEntries(Map.entry("guidance_scale", List.of(1.0)),
            Map.entry("num_beam_groups", List.of(1.0)), Map.entry("diversity_penalty", List.of(0.0)),
            Map.entry("penalty_alpha", List.of(0.0)), Map.entry("watermarking_config", List.of()), Map.entry("constraints", List.of()),
            Map.entry("force_words_ids", List.of()), Map.entry("forced_decoder_ids", List.of()), Map.entry("dola_layers", List.of()),
            Map.entry("max_time", List.of()), Map.entry("stop_strings", List.of()));

    private GenerationKeys() {
    }

    static void read(Path folder, Config config, Keys keys) {
        Path file = folder.resolve("generation_config.json");
        Config generation = new Config(file, JsonFile.readIfThere(file));
        token(config, generation, "bos_token_id", "tokenizer.ggml.bos_token_id", keys);
        token(config, generation, "eos_token_id", "tokenizer.ggml.eos_token_id", keys);
        token(config, generation, "pad_token_id", "tokenizer.ggml.padding_token_id", keys);
        token(config, generation, "cls_token_id", "tokenizer.ggml.cls_token_id", keys);
        token(config, generation, "sep_token_id", "tokenizer.ggml.seperator_token_id", keys); // GGUF's own spelling
        JsonNode ends = generation.json().path("eos_token_id");
        if (ends.isArray() && ends.size() > 1 && ends.get(1).isIntegralNumber()) {
            keys.put("tokenizer.ggml.eot_token_id", ends.get(1).longValue());
        }
        if (ends.isMissingNode() || ends.isNull()) {
            ends = config.json().path("eos_token_id");
        }
        if (ends.isArray() && ends.size() > 1) {
            keys.put("generation.end_token_ids", ids(ends, config, "eos_token_id"));
        }
        if (config.flagOr("is_encoder_decoder", false)) {
            if (config.text("model_type").orElse("").endsWith("t5")) {
                keys.put(".decoder_start_token_id", present(config, "pad_token_id").orElse(0)); // where nothing else is said
            }
            token(config, generation, "decoder_start_token_id", ".decoder_start_token_id", keys);
        }
        // Transformers reads how to generate from one file alone: BART's config.json forces an end that its generation_config.json may not
        settings(generation.json().isEmpty() ? config : generation, keys);
    }

    private static void settings(Config settings, Keys keys) {
        token(settings, settings, "forced_bos_token_id", "generation.forced_bos_token_id", keys);
        if (settings.json().path("forced_eos_token_id").isArray()) {
            keys.put("generation.forced_eos_token_id", ids(settings.list("forced_eos_token_id"), settings, "forced_eos_token_id"));
        } else {
            token(settings, settings, "forced_eos_token_id", "generation.forced_eos_token_id", keys);
        }
        for (String key : WHOLE) {
            keys.integer("generation." + key, settings.integer(key));
        }
        for (String key : NUMBERS) {
            keys.number("generation." + key, settings.number(key));
        }
        for (String key : FLAGS) {
            settings.flag(key).ifPresent(value -> keys.put("generation." + key, value));
        }
        for (String key : TOKENS) {
            if (!settings.list(key).isEmpty()) {
                keys.put("generation." + key, ids(settings.list(key), settings, key));
            }
        }
        JsonNode stopping = settings.json().path("early_stopping");
        if (stopping.isBoolean() || stopping.isTextual()) {
            keys.put("generation.early_stopping", stopping.isBoolean() ? (Object) stopping.booleanValue() : stopping.textValue());
        }
        badWords(settings, keys);
        biases(settings, keys);
        decay(settings, keys);
        unsupported(settings, keys);
    }

    private static void badWords(Config settings, Keys keys) {
        List<String> sequences = new ArrayList<>();
        for (JsonNode sequence : settings.list("bad_words_ids")) {
            sequences.add(sequence(sequence, settings, "bad_words_ids"));
        }
        if (!sequences.isEmpty()) {
            keys.put("generation.bad_words_ids", List.copyOf(sequences));
        }
    }

    private static void biases(Config settings, Keys keys) {
        List<String> sequences = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        for (JsonNode pair : settings.list("sequence_bias")) {
            if (pair.size() != 2 || !pair.get(1).isNumber()) {
                throw settings.wrong("sequence_bias", "no list of sequences and numbers");
            }
            sequences.add(sequence(pair.get(0), settings, "sequence_bias"));
            values.add(pair.get(1).doubleValue());
        }
        if (!sequences.isEmpty()) {
            keys.put("generation.sequence_bias.tokens", List.copyOf(sequences));
            keys.put("generation.sequence_bias", List.copyOf(values));
        }
    }

    private static void decay(Config settings, Keys keys) {
        JsonNode two = settings.list("exponential_decay_length_penalty");
        if (two.isMissingNode()) {
            return;
        }
        if (two.size() != 2 || !two.get(0).isIntegralNumber() || !two.get(1).isNumber()) {
            throw settings.wrong("exponential_decay_length_penalty", "no token's number and factor");
        }
        keys.put("generation.exponential_decay_length_penalty", List.of(two.get(0).doubleValue(), two.get(1).doubleValue()));
    }

    private static String sequence(JsonNode ids, Config settings, String key) {
        if (!ids.isArray() || ids.isEmpty()) {
            throw settings.wrong(key, "with something that is no list of token ids");
        }
        return ids(ids, settings, key).stream().map(Object::toString).collect(Collectors.joining(" "));
    }

    private static List<Long> ids(JsonNode list, Config config, String key) {
        List<Long> ids = new ArrayList<>();
        for (JsonNode id : list) {
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
                throw config.wrong(key, "with something that is no token id");
            }
            ids.add(id.longValue());
        }
        return List.copyOf(ids);
    }

    private static void unsupported(Config settings, Keys keys) {
        List<String> messages = new ArrayList<>();
        new TreeMap<>(NOT_BUILT).forEach((key, harmless) -> refuse(settings, key, harmless, messages));
        if (settings.flagOr("token_healing", false)) {
            messages.add(refusal(settings, "token_healing"));
        }
        if (settings.flagOr("do_sample", false) && settings.integer("num_beams").orElse(1) > 1) {
            messages.add(settings.file() + ": num_beams above 1 with do_sample is not built; take one of them out");
        }
        if (!messages.isEmpty()) {
            keys.put("generation.unsupported", List.copyOf(messages));
        }
    }

    private static void refuse(Config settings, String key, List<Double> harmless, List<String> messages) {
        JsonNode value = settings.json().path(key);
        boolean without = value.isNumber() && harmless.contains(value.doubleValue()) || value.isContainerNode() && value.isEmpty();
        if (settings.has(key) && !without) {
            messages.add(refusal(settings, key));
        }
    }

    private static String refusal(Config settings, String key) {
        return settings.file() + ": " + key + " is " + Quoted.of(settings.json().path(key).toString())
                + ", which is not built and would change the answer; take it out to generate without it";
    }

    private static void token(Config config, Config generation, String name, String key, Keys keys) {
        OptionalLong token = present(generation, name);
        (token.isPresent() ? token : present(config, name)).ifPresent(value -> keys.put(key, value));
    }

    private static OptionalLong present(Config config, String name) {
        return config.has(name) ? config.token(name) : OptionalLong.empty();
    }
}
