package org.waterspout.model.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.error.ModelFormatException;

/**
 * Configurations of published models with images, cut to what matters, and what Transformers 5.24 makes of them. That their logits are
 * right is FoldersTest's.
 */
class TextHalfTest {

    private record Case(String name, String config, String expected) {
    }

    private static final String LLAVA = """
            {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "tie_word_embeddings": false, "text_config": {
             "architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096, "model_type": "llama", "rms_norm_eps": 1e-05,
             "vocab_size": 32064}, "vision_config": {"hidden_size": 1024}}""";

    private static Config config(String json) throws JsonProcessingException {
        return new Config(Path.of("config.json"), new ObjectMapper().readTree(json));
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotSaidIsTheDefaultOfTheHalf() {
        return Stream.of(
                new Case("LLaVA 1.5", LLAVA, "llama.embedding_length=4096 llama.block_count=32 llama.attention.head_count=32 "
                        + "llama.feed_forward_length=11008 llama.context_length=4096 llama.attention.sliding_window=null"
                        + " llama.rope.freq_base=10000.0"),
                new Case("a Mistral half", """
                        {"model_type": "llava_next", "text_config": {"model_type": "mistral", "rope_theta": 1000000.0, "vocab_size": \
                        32064}}""",
                        "llama.embedding_length=4096 llama.feed_forward_length=14336 llama.attention.head_count_kv=8 "
                        + "llama.attention.sliding_window=4096 llama.rope.freq_base=1000000.0 llama.context_length=131072"),
                new Case("a Mistral half without a window", """
                        {"model_type": "mistral3", "text_config": {"model_type": "mistral", "sliding_window": null}}""",
                        "llama.attention.sliding_window=null"),
                new Case("Gemma 3 4B", """
                        {"model_type": "gemma3", "eos_token_id": [1, 106], "text_config": {"hidden_size": 2560, "intermediate_size": 10240,
                         "model_type": "gemma3_text", "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
                         "sliding_window": 1024}}""",
                        "gemma3.embedding_length=2560 gemma3.attention.head_count=8 gemma3.attention.head_count_kv=4"
                        + " gemma3.attention.key_length=256 gemma3.attention.scale=0.0625 gemma3.attention.sliding_window=1024"
                        + " gemma3.attention.sliding_window_pattern=6 gemma3.rope.freq_base=1000000.0 gemma3.rope.freq_base_swa=10000.0"
                        + " gemma3.rope.scaling.factor=8.0 gemma3.context_length=131072"),
                new Case("Qwen2-VL in one piece", """
                        {"model_type": "qwen2_vl", "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
                         "num_attention_heads": 12, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
                         "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "use_sliding_window": false, "sliding_window": \
                        32768,
                         "vision_config": {"depth": 32}}""",
                        "qwen2.embedding_length=1536 qwen2.attention.head_count_kv=2 qwen2.rope.scaling.type=none"
                        + " qwen2.context_length=32768 qwen2.attention.sliding_window=null"))
                .map(one -> DynamicTest.dynamicTest(one.name, () -> {
                    Config text = TextHalf.of(config(one.config));
                    FolderFamily row = DecoderFamilies.ROWS.stream().filter(
                            each -> each.modelTypes().contains(text.text("model_type").orElseThrow())).findFirst().orElseThrow();
                    Keys keys = new Keys(row.family());
                    row.keys().read(text, keys);
                    for (String pair : one.expected.split(" ")) {
                        String[] parts = pair.split("=");
                        assertEquals(parts[1], String.valueOf(keys.values().get(parts[0])), parts[0]);
                    }
                }));
    }

    @Test
    void whatHoldsForBothHalvesIsTheTextsToo() throws JsonProcessingException {
        Config text = TextHalf.of(config("""
                {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "eos_token_id": [1, 106], "bos_token_id": 2,
                 "tie_word_embeddings": true, "hidden_size": 7, "text_config": {"model_type": "gemma3_text", "bos_token_id": 5}}"""));
        assertEquals(1, text.token("eos_token_id").orElseThrow());
        assertEquals(5, text.token("bos_token_id").orElseThrow());
        assertEquals(Optional.of(true), text.flag("tie_word_embeddings"));
        assertEquals(2304, text.requiredInteger("hidden_size"));
        Config alone = config("{\"model_type\": \"llama\"}");
        assertEquals(alone, TextHalf.of(alone));
        String missing = assertThrows(ModelFormatException.class, () -> TextHalf.of(config("{\"model_type\": \"llava\"}"))).getMessage();
        assertTrue(missing.contains("no text_config"), missing);
    }

    /** As save_pretrained has written them over the years. */
    @Test
    void namesOfTheTextHalfAreThoseOfAModelOfText() {
        for (String stored : new String[] {"language_model.model.norm.weight", "model.language_model.norm.weight",
                "model.text_model.norm.weight", "text_model.norm.weight", "language_model.norm.weight", "model.norm.weight"}) {
            assertEquals(Optional.of("model.norm.weight"), TextHalf.name(stored), stored);
        }
        assertEquals(Optional.of("lm_head.weight"), TextHalf.name("language_model.lm_head.weight"));
        assertEquals(Optional.of("lm_head.weight"), TextHalf.name("lm_head.weight"));
        for (String stored : new String[] {"vision_tower.vision_model.embeddings.class_embedding", "model.visual.pos_embed.weight",
            "visual.merger.ln_q.weight", "multi_modal_projector.linear_1.bias", "model.connector.modality_projection.proj.weight",
            "model.image_newline", "model.vision_model.post_layernorm.bias"}) {
            assertEquals(Optional.empty(), TextHalf.name(stored), stored);
        }
        assertEquals(Optional.of("audio_tower.conv1.weight"), TextHalf.name("audio_tower.conv1.weight")); // so it is refused by name
    }
}
