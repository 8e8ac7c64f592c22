package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.ModelFormatException;

/**
 * The text half of models that also take images. Its configuration stands under text_config, which leaves out what is the default of
 * Transformers' classes (5.24); its tensors have names of their own. A text without images goes through this half alone, and is
 * computed as by a model of the half's type: positions in three dimensions (mrope) are three times the same number.
 */
final class TextHalf {

    /**
     * Such models, each with the model_type of a text half that does not say its own. Only those whose half computes what a model of its
     * type does: PaliGemma's, say, sees a prompt in both directions.
     */
    private static final Map<String, String> MODELS = Map.ofEntries(Map.entry("gemma3", "gemma3_text"), Map.entry("idefics2", "mistral"),
            Map.entry("idefics3", "llama"), Map.entry("internvl", "qwen2"), Map.entry("llava", "llama"), Map.entry("llava_next", "llama"),
            Map.entry("llava_next_video", "llama"), Map.entry("llava_onevision", "qwen2"), Map.entry("mistral3", "mistral"),
            Map.entry("qwen2_vl", "qwen2_vl_text"), Map.entry("qwen2_5_vl", "qwen2_5_vl_text"), Map.entry("qwen3_vl", "qwen3_vl_text"),
            Map.entry("smolvlm", "llama"));

    /** What a configuration leaves out, by the model_type of the text half. */
    private static final Map<String, ObjectNode> DEFAULTS = Map.of(
            "llama", sizes(4096, 11_008, 32, 32, 2048),
            "mistral", sizes(4096, 14_336, 32, 32, 131_072).put("num_key_value_heads", 8).put("sliding_window", 4096),
            "qwen2", sizes(4096, 22_016, 32, 32, 32_768).put("num_key_value_heads", 32).put("sliding_window", 4096)
            .put("max_window_layers", 28), "qwen3", sizes(4096, 22_016, 32, 32, 32_768).put("num_key_value_heads", 32).put("head_dim", 128)
            .put("sliding_window", 4096).put("max_window_layers", 28),
            "gemma3_text", sizes(2304, 9216, 26, 8, 131_072).put("num_key_value_heads", 4).put("head_dim", 256).put("sliding_window", 4096)
                    .put("sliding_window_pattern", 6).put("rope_theta", 1e6).put("rope_local_base_freq", 1e4),
            "qwen2_vl_text", qwenWithImages(),
            "qwen2_5_vl_text", qwenWithImages(),
            "qwen3_vl_text", sizes(4096, 22_016, 32, 32, 128_000).put("num_key_value_heads", 32).put("head_dim", 128)
            .put("rope_theta", 5e5));

    /** What holds for both halves, where text_config does not say. */
    private static final List<String> SHARED = List.of("architectures", "bos_token_id", "eos_token_id", "pad_token_id");

    private static final List<String> OTHER_HALF = List.of("vision_tower.", "vision_model.", "visual.", "multi_modal_projector.",
            "connector.", "image_newline");

    private TextHalf() {
    }

    private static ObjectNode sizes(int width, int inner, int layers, int heads, int context) {
        return JsonNodeFactory.instance.objectNode().put("hidden_size", width).put("intermediate_size", inner)
                .put("num_hidden_layers", layers).put("num_attention_heads", heads).put("max_position_embeddings", context);
    }

    private static ObjectNode qwenWithImages() {
        return sizes(8192, 29_568, 80, 64, 32_768).put("num_key_value_heads", 8).put("rms_norm_eps", 1e-5).put("rope_theta", 1e6)
                .put("sliding_window", 4096).put("max_window_layers", 80);
    }

    static Set<String> models() {
        return MODELS.keySet();
    }

    static boolean isIn(Config config) {
        return MODELS.containsKey(config.text("model_type").orElse(""));
    }

    /** The configuration of a text model; {@code whole} itself where it is one. */
    static Config of(Config whole) {
        if (!isIn(whole)) {
            return whole;
        }
        String type = MODELS.get(whole.text("model_type").orElseThrow());
        // Qwen2-VL's first files have all in one
        boolean apart = whole.has("text_config") || !type.startsWith("qwen2_");
        if (apart && !whole.has("text_config")) {
            throw new ModelFormatException(whole.file() + " has no text_config; get the file again");
        }
        ObjectNode text = (apart ? whole.object("text_config").json() : whole.json()).deepCopy();
        if (!apart || !text.hasNonNull("model_type")) {
            text.put("model_type", type);
        }
        SHARED.stream().filter(key -> whole.has(key) && !text.hasNonNull(key)).forEach(key -> text.set(key, whole.json().get(key)));
        // either may say it: files have had it in both places
        if (whole.flagOr("tie_word_embeddings", false)) {
            text.put("tie_word_embeddings", true);
        }
        ObjectNode unsaid = DEFAULTS.getOrDefault(text.path("model_type").asText(), JsonNodeFactory.instance.objectNode());
        unsaid.properties().stream().filter(entry -> !text.has(entry.getKey()))
                .forEach(entry -> text.set(entry.getKey(), entry.getValue()));
        return new Config(whole.file(), text);
    }

    /** The name that a tensor has in a model of text alone; empty if it belongs to the other half. */
    static Optional<String> name(String stored) {
        String bare = stored.startsWith("model.") ? stored.substring("model.".length()) : stored;
        if (OTHER_HALF.stream().anyMatch(bare::startsWith)) {
            return Optional.empty();
        }
        // language_model.model.*, model.language_model.*, model.text_model.*, and language_model.lm_head.*
        for (String side : List.of("language_model.", "text_model.")) {
            if (bare.startsWith(side)) {
                String rest = bare.substring(side.length());
                return Optional.of(rest.startsWith("model.") || rest.startsWith("lm_head.") ? rest : "model." + rest);
            }
        }
        return Optional.of(stored);
    }
}
