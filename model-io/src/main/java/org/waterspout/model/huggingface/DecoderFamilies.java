package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.waterspout.model.huggingface.FolderFamily.Output;

/** The decoders. Names and keys: the modules and configurations of Transformers 5.23, and those of older files. */
final class DecoderFamilies {

    private static final String LLAMA = """
            model.embed_tokens.weight                        token_embd.weight
            model.norm.weight                                output_norm.weight
            lm_head.weight                                   output.weight untied
            model.layers.#.input_layernorm.weight            blk.#.attn_norm.weight
            model.layers.#.self_attn.q_proj.*                blk.#.attn_q.*
            model.layers.#.self_attn.k_proj.*                blk.#.attn_k.*
            model.layers.#.self_attn.v_proj.*                blk.#.attn_v.*
            model.layers.#.self_attn.o_proj.*                blk.#.attn_output.*
            model.layers.#.self_attn.q_norm.weight           blk.#.attn_q_norm.weight
            model.layers.#.self_attn.k_norm.weight           blk.#.attn_k_norm.weight
            model.layers.#.post_attention_layernorm.weight   blk.#.ffn_norm.weight
            model.layers.#.mlp.gate_proj.*                   blk.#.ffn_gate.*
            model.layers.#.mlp.up_proj.*                     blk.#.ffn_up.*
            model.layers.#.mlp.down_proj.*                   blk.#.ffn_down.*
            model.layers.#.self_attn.rotary_emb.inv_freq     -
            """;

    private static final String PHI3 = """
            model.layers.#.self_attn.qkv_proj.weight         blk.#.attn_qkv.weight
            model.layers.#.mlp.gate_up_proj.weight           blk.#.ffn_up.weight
            """;

    /** Lines here come before Llama's of the same name. */
    private static final String GEMMA = """
            model.norm.weight                                output_norm.weight plus1
            model.layers.#.input_layernorm.weight            blk.#.attn_norm.weight plus1
            model.layers.#.post_attention_layernorm.weight   blk.#.post_attention_norm.weight plus1
            model.layers.#.pre_feedforward_layernorm.weight  blk.#.ffn_norm.weight plus1
            model.layers.#.post_feedforward_layernorm.weight blk.#.post_ffw_norm.weight plus1
            model.layers.#.self_attn.q_norm.weight           blk.#.attn_q_norm.weight plus1
            model.layers.#.self_attn.k_norm.weight           blk.#.attn_k_norm.weight plus1
            """;

    private static final String GPT2 = """
            wte.weight                                       token_embd.weight
            wpe.weight                                       position_embd.weight
            lm_head.weight                                   output.weight untied
            h.#.ln_1.*                                       blk.#.attn_norm.*
            h.#.attn.c_attn.weight                           blk.#.attn_qkv.weight transposed
            h.#.attn.c_attn.bias                             blk.#.attn_qkv.bias
            h.#.attn.c_proj.weight                           blk.#.attn_output.weight transposed
            h.#.attn.c_proj.bias                             blk.#.attn_output.bias
            h.#.ln_2.*                                       blk.#.ffn_norm.*
            h.#.mlp.c_fc.weight                              blk.#.ffn_up.weight transposed
            h.#.mlp.c_fc.bias                                blk.#.ffn_up.bias
            h.#.mlp.c_proj.weight                            blk.#.ffn_down.weight transposed
            h.#.mlp.c_proj.bias                              blk.#.ffn_down.bias
            ln_f.*                                           output_norm.*
            h.#.attn.bias                                    -
            h.#.attn.masked_bias                             -
            """;

    static final List<FolderFamily> ROWS = List.of(
            new FolderFamily("llama", Set.of("llama", "mistral"), List.of(), Output.OWN, new NameTable(LLAMA), DecoderFamilies::llama),
            new FolderFamily("qwen2", Set.of("qwen2", "qwen2_vl_text", "qwen2_5_vl_text"), List.of(), Output.OWN, new NameTable(LLAMA),
            DecoderFamilies::qwen), new FolderFamily("qwen3", Set.of("qwen3", "qwen3_vl_text"), List.of(), Output.OWN,
            new NameTable(LLAMA), DecoderFamilies::qwen), new FolderFamily(
            "granite", Set.of("granite"), List.of(), Output.OWN, new NameTable(LLAMA), DecoderFamilies::granite),
            new FolderFamily("phi3", Set.of("phi3"), List.of(), Output.OWN, new NameTable(PHI3, LLAMA), DecoderFamilies::llama),
            new FolderFamily("gemma2", Set.of("gemma2"), List.of(), Output.TIED, new NameTable(GEMMA, LLAMA), DecoderFamilies::gemma),
            new FolderFamily("gemma3", Set.of("gemma3_text"), List.of(), Output.TIED, new NameTable(GEMMA, LLAMA), DecoderFamilies::gemma),
            new FolderFamily("gpt2", Set.of("gpt2"), List.of("transformer."), Output.TIED, new NameTable(GPT2), DecoderFamilies::gpt2));

    private DecoderFamilies() {
    }

    private static void llama(Config config, Keys keys) {
        keys.sizes(config);
        keys.size(config, ".context_length", "max_position_embeddings");
        keys.put(".attention.layer_norm_rms_epsilon", config.number("rms_norm_eps").orElse(1e-6));
        keys.activation(config, ".activation", "silu", "hidden_act");
        Rope.read(config, keys);
        window(config, keys, config.has("sliding_window"), 0);
    }

    private static void qwen(Config config, Keys keys) {
        llama(config, keys);
        keys.values().remove(keys.values().get("general.architecture") + ".attention.sliding_window");
        window(config, keys, config.flagOr("use_sliding_window", false), config.integer("max_window_layers").orElse(0));
    }

    /** Which layers have the window: as the configuration lists them, else those from the first on. */
    private static void window(Config config, Keys keys, boolean wanted, int first) {
        if (!wanted || !config.has("sliding_window")) {
            return;
        }
        List<Boolean> local = new ArrayList<>();
        for (JsonNode type : config.list("layer_types")) {
            local.add(type.asText().equals("sliding_attention"));
        }
        for (int layer = 0; layer < keys.integer(".block_count") && !config.has("layer_types"); layer++) {
            local.add(layer >= first);
        }
        if (local.contains(true)) {
            keys.size(config, ".attention.sliding_window", "sliding_window");
            keys.put(".attention.sliding_window_pattern", local);
        }
    }

    private static void granite(Config config, Keys keys) {
        llama(config, keys);
        keys.number(".attention.scale", config.number("attention_multiplier"));
        keys.number(".embedding_scale", config.number("embedding_multiplier"));
        keys.number(".residual_scale", config.number("residual_multiplier"));
        keys.number(".logit_scale", config.number("logits_scaling"));
    }

    private static void gemma(Config config, Keys keys) {
        keys.sizes(config);
        keys.size(config, ".context_length", "max_position_embeddings");
        keys.put(".attention.layer_norm_rms_epsilon", config.number("rms_norm_eps").orElse(1e-6));
        keys.activation(config, ".activation", "gelu_pytorch_tanh", "hidden_activation", "hidden_act");
        keys.put(".attention.scale", 1 / Math.sqrt(config.number("query_pre_attn_scalar").orElse(256.0)));
        keys.number(".attn_logit_softcapping", config.number("attn_logit_softcapping"));
        keys.number(".final_logit_softcapping", config.number("final_logit_softcapping"));
        config.require("use_bidirectional_attention", false);
        Rope.read(config, keys);
        keys.size(config, ".attention.sliding_window", "sliding_window");
        if (config.has("layer_types")) {
            window(config, keys, true, 0);
        } else {
            keys.integer(".attention.sliding_window_pattern", config.integer("sliding_window_pattern", "_sliding_window_pattern"));
        }
    }

    private static void gpt2(Config config, Keys keys) {
        keys.sizes(config);
        keys.size(config, ".context_length", "n_positions", "n_ctx");
        keys.layerNorms(config, 1e-5);
        keys.activation(config, ".activation", "gelu_new", "activation_function");
        config.require("scale_attn_weights", true);
        config.require("scale_attn_by_inverse_layer_idx", false);
        config.require("add_cross_attention", false);
    }
}
