package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.waterspout.model.JsonFile;

/** Special tokens and how the model wants its text generated: generation_config.json, or where that says nothing config.json. */
final class GenerationKeys {

    private static final List<String> WHOLE = List.of("num_beams", "max_length", "min_length", "no_repeat_ngram_size");

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
        if (config.flagOr("is_encoder_decoder", false)) {
            if (config.text("model_type").orElse("").endsWith("t5")) {
                keys.put(".decoder_start_token_id", present(config, "pad_token_id").orElse(0)); // where nothing else is said
            }
            token(config, generation, "decoder_start_token_id", ".decoder_start_token_id", keys);
        }
        token(config, generation, "forced_bos_token_id", "generation.forced_bos_token_id", keys);
        token(config, generation, "forced_eos_token_id", "generation.forced_eos_token_id", keys);
        for (String key : WHOLE) {
            keys.integer("generation." + key, generation.has(key) ? generation.integer(key) : config.integer(key));
        }
        keys.number("generation.length_penalty", generation.has("length_penalty") ? generation.number("length_penalty")
                : config.number("length_penalty"));
        JsonNode stopping = generation.has("early_stopping") ? generation.json().get("early_stopping") : config.json().path("early_stopping");
        if (stopping.isBoolean() || stopping.isTextual()) {
            keys.put("generation.early_stopping", stopping.isBoolean() ? (Object) stopping.booleanValue() : stopping.textValue());
        }
        forbidden(generation.has("bad_words_ids") ? generation : config, keys);
    }

    /** Only single tokens: longer forbidden sequences are refused, since nothing here looks for them. */
    private static void forbidden(Config config, Keys keys) {
        List<Long> tokens = new ArrayList<>();
        for (JsonNode sequence : config.list("bad_words_ids")) {
            if (sequence.size() != 1 || !sequence.get(0).canConvertToInt()) {
                throw config.wrong("bad_words_ids", "but only single tokens can be forbidden");
            }
            tokens.add(sequence.get(0).longValue());
        }
        if (!tokens.isEmpty()) {
            keys.put("generation.forbidden_token_ids", List.copyOf(tokens));
        }
    }

    private static void token(Config config, Config generation, String name, String key, Keys keys) {
        OptionalLong token = present(generation, name);
        (token.isPresent() ? token : present(config, name)).ifPresent(value -> keys.put(key, value));
    }

    private static OptionalLong present(Config config, String name) {
        return config.has(name) ? config.token(name) : OptionalLong.empty();
    }
}
