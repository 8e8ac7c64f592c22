package org.waterspout.model.huggingface;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.huggingface.FolderFamily.Output;

/** The encoder-decoders. Names and keys: the modules and configurations of Transformers 5.23, and those of older files. */
final class EncoderDecoderFamilies {

    private static final String EMBEDDINGS = """
            shared.weight                                    token_embd.weight
            encoder.embed_tokens.weight                      enc.token_embd.weight shared
            decoder.embed_tokens.weight                      dec.token_embd.weight shared
            lm_head.weight                                   output.weight untied
            final_logits_bias                                output.bias squeezed
            """;

    private static final String LAYERS = """
            encoder.layers.#.self_attn.q_proj.*              enc.blk.#.attn_q.*
            encoder.layers.#.self_attn.k_proj.*              enc.blk.#.attn_k.*
            encoder.layers.#.self_attn.v_proj.*              enc.blk.#.attn_v.*
            encoder.layers.#.self_attn.out_proj.*            enc.blk.#.attn_o.*
            encoder.layers.#.fc1.*                           enc.blk.#.ffn_up.*
            encoder.layers.#.fc2.*                           enc.blk.#.ffn_down.*
            decoder.layers.#.self_attn.q_proj.*              dec.blk.#.attn_q.*
            decoder.layers.#.self_attn.k_proj.*              dec.blk.#.attn_k.*
            decoder.layers.#.self_attn.v_proj.*              dec.blk.#.attn_v.*
            decoder.layers.#.self_attn.out_proj.*            dec.blk.#.attn_o.*
            decoder.layers.#.encoder_attn.q_proj.*           dec.blk.#.cross_attn_q.*
            decoder.layers.#.encoder_attn.k_proj.*           dec.blk.#.cross_attn_k.*
            decoder.layers.#.encoder_attn.v_proj.*           dec.blk.#.cross_attn_v.*
            decoder.layers.#.encoder_attn.out_proj.*         dec.blk.#.cross_attn_o.*
            decoder.layers.#.fc1.*                           dec.blk.#.ffn_up.*
            decoder.layers.#.fc2.*                           dec.blk.#.ffn_down.*
            encoder.layernorm_embedding.*                    enc.token_embd_norm.*
            decoder.layernorm_embedding.*                    dec.token_embd_norm.*
            """;

    private static final String POST_NORM = """
            encoder.layers.#.self_attn_layer_norm.*          enc.blk.#.attn_output_norm.*
            encoder.layers.#.final_layer_norm.*              enc.blk.#.layer_output_norm.*
            decoder.layers.#.self_attn_layer_norm.*          dec.blk.#.attn_output_norm.*
            decoder.layers.#.encoder_attn_layer_norm.*       dec.blk.#.cross_attn_output_norm.*
            decoder.layers.#.final_layer_norm.*              dec.blk.#.layer_output_norm.*
            """;

    private static final String PRE_NORM = """
            encoder.layers.#.self_attn_layer_norm.*          enc.blk.#.attn_norm.*
            encoder.layers.#.final_layer_norm.*              enc.blk.#.ffn_norm.*
            encoder.layer_norm.*                             enc.output_norm.*
            decoder.layers.#.self_attn_layer_norm.*          dec.blk.#.attn_norm.*
            decoder.layers.#.encoder_attn_layer_norm.*       dec.blk.#.cross_attn_norm.*
            decoder.layers.#.final_layer_norm.*              dec.blk.#.ffn_norm.*
            decoder.layer_norm.*                             dec.output_norm.*
            """;

    private static final String LEARNED_POSITIONS = """
            encoder.embed_positions.weight                   enc.position_embd.weight cut2
            decoder.embed_positions.weight                   dec.position_embd.weight cut2
            """;

    /** Sinusoids that some files hold are computed again. */
    private static final String COMPUTED_POSITIONS = """
            encoder.embed_positions.weight                   -
            decoder.embed_positions.weight                   -
            encoder.embed_positions.weights                  -
            decoder.embed_positions.weights                  -
            """;

    private static final String T5 = """
            encoder.block.#.layer.0.SelfAttention.q.weight   enc.blk.#.attn_q.weight
            encoder.block.#.layer.0.SelfAttention.k.weight   enc.blk.#.attn_k.weight
            encoder.block.#.layer.0.SelfAttention.v.weight   enc.blk.#.attn_v.weight
            encoder.block.#.layer.0.SelfAttention.o.weight   enc.blk.#.attn_o.weight
            encoder.block.#.layer.0.SelfAttention.relative_attention_bias.weight enc.blk.#.attn_rel_b.weight
            encoder.block.#.layer.0.layer_norm.weight        enc.blk.#.attn_norm.weight
            encoder.block.#.layer.1.DenseReluDense.wi.weight enc.blk.#.ffn_up.weight
            encoder.block.#.layer.1.DenseReluDense.wi_0.weight enc.blk.#.ffn_gate.weight
            encoder.block.#.layer.1.DenseReluDense.wi_1.weight enc.blk.#.ffn_up.weight
            encoder.block.#.layer.1.DenseReluDense.wo.weight enc.blk.#.ffn_down.weight
            encoder.block.#.layer.1.layer_norm.weight        enc.blk.#.ffn_norm.weight
            encoder.final_layer_norm.weight                  enc.output_norm.weight
            decoder.block.#.layer.0.SelfAttention.q.weight   dec.blk.#.attn_q.weight
            decoder.block.#.layer.0.SelfAttention.k.weight   dec.blk.#.attn_k.weight
            decoder.block.#.layer.0.SelfAttention.v.weight   dec.blk.#.attn_v.weight
            decoder.block.#.layer.0.SelfAttention.o.weight   dec.blk.#.attn_o.weight
            decoder.block.#.layer.0.SelfAttention.relative_attention_bias.weight dec.blk.#.attn_rel_b.weight
            decoder.block.#.layer.0.layer_norm.weight        dec.blk.#.attn_norm.weight
            decoder.block.#.layer.1.EncDecAttention.q.weight dec.blk.#.cross_attn_q.weight
            decoder.block.#.layer.1.EncDecAttention.k.weight dec.blk.#.cross_attn_k.weight
            decoder.block.#.layer.1.EncDecAttention.v.weight dec.blk.#.cross_attn_v.weight
            decoder.block.#.layer.1.EncDecAttention.o.weight dec.blk.#.cross_attn_o.weight
            decoder.block.#.layer.1.EncDecAttention.relative_attention_bias.weight -
            decoder.block.#.layer.1.layer_norm.weight        dec.blk.#.cross_attn_norm.weight
            decoder.block.#.layer.2.DenseReluDense.wi.weight dec.blk.#.ffn_up.weight
            decoder.block.#.layer.2.DenseReluDense.wi_0.weight dec.blk.#.ffn_gate.weight
            decoder.block.#.layer.2.DenseReluDense.wi_1.weight dec.blk.#.ffn_up.weight
            decoder.block.#.layer.2.DenseReluDense.wo.weight dec.blk.#.ffn_down.weight
            decoder.block.#.layer.2.layer_norm.weight        dec.blk.#.ffn_norm.weight
            decoder.final_layer_norm.weight                  dec.output_norm.weight
            """;

    private static final List<String> PREFIX = List.of("model.");

    static final List<FolderFamily> ROWS = List.of(
            new FolderFamily("marian", Set.of("marian"), PREFIX, Output.TIED,
            new NameTable(EMBEDDINGS, LAYERS, POST_NORM, COMPUTED_POSITIONS), EncoderDecoderFamilies::marian),
            new FolderFamily("bart", Set.of("bart"), PREFIX, Output.TIED, new NameTable(EMBEDDINGS, LAYERS, POST_NORM, LEARNED_POSITIONS),
            EncoderDecoderFamilies::bart), new FolderFamily("bart", Set.of("mbart"), PREFIX, Output.TIED,
            new NameTable(EMBEDDINGS, LAYERS, PRE_NORM, LEARNED_POSITIONS), EncoderDecoderFamilies::mbart),
            new FolderFamily("m2m100", Set.of("m2m_100"), PREFIX, Output.TIED,
            new NameTable(EMBEDDINGS, LAYERS, PRE_NORM, COMPUTED_POSITIONS), EncoderDecoderFamilies::m2m100),
            new FolderFamily("pegasus", Set.of("pegasus"), PREFIX, Output.TIED,
            new NameTable(EMBEDDINGS, LAYERS, PRE_NORM, COMPUTED_POSITIONS), EncoderDecoderFamilies::pegasus),
            new FolderFamily("t5", Set.of("t5", "mt5"), List.of(), Output.AS_STORED, new NameTable(EMBEDDINGS, T5),
            EncoderDecoderFamilies::t5));

    private EncoderDecoderFamilies() {
    }

    private static void common(Config config, Keys keys) {
        keys.sizes(config);
        keys.put(".decoder_block_count", (long) config.integer("decoder_layers", "num_decoder_layers")
                .orElse((int) keys.integer(".block_count")));
        same(config, "decoder_attention_heads", keys.integer(".attention.head_count"));
        same(config, "decoder_ffn_dim", keys.integer(".feed_forward_length"));
        keys.put(".attention.layer_norm_epsilon", 1e-5); // torch.nn.LayerNorm's default: these families have no option
        keys.activation(config, ".activation", "gelu", "activation_function");
        if (config.flagOr("scale_embedding", false)) {
            keys.put(".embedding_scale", Math.sqrt(keys.integer(".embedding_length")));
        }
    }

    private static void same(Config config, String key, long value) {
        if (config.integer(key).orElse((int) value) != value) {
            throw new UnsupportedModelException(config.file() + ": " + key + " is " + config.requiredInteger(key) + ", but the encoder has "
                    + value + "; sides of different sizes are not built");
        }
    }

    private static void marian(Config config, Keys keys) {
        common(config, keys);
        config.require("normalize_before", false);
        config.require("normalize_embedding", false);
        config.require("tie_word_embeddings", true);
        keys.size(config, ".context_length", "max_position_embeddings");
        keys.put(".positions", "sinusoidal");
        keys.put(".sinusoid.interleaved", false);
        keys.put(".sinusoid.inclusive", false);
    }

    private static void bart(Config config, Keys keys) {
        common(config, keys);
        config.require("normalize_before", false);
        keys.size(config, ".context_length", "max_position_embeddings");
    }

    private static void mbart(Config config, Keys keys) {
        common(config, keys);
        config.require("normalize_before", true);
        keys.size(config, ".context_length", "max_position_embeddings");
    }

    private static void m2m100(Config config, Keys keys) {
        common(config, keys);
        keys.size(config, ".context_length", "max_position_embeddings");
        keys.put(".positions", "sinusoidal");
        keys.put(".sinusoid.interleaved", false);
        keys.put(".sinusoid.inclusive", true);
        keys.put(".sinusoid.offset", (long) EncoderFamilies.unusedPositions(config));
    }

    private static void pegasus(Config config, Keys keys) {
        common(config, keys);
        keys.size(config, ".context_length", "max_position_embeddings");
        keys.put(".positions", "sinusoidal");
        keys.put(".sinusoid.interleaved", false);
        keys.put(".sinusoid.inclusive", false);
    }

    private static void t5(Config config, Keys keys) {
        keys.sizes(config);
        keys.put(".decoder_block_count", (long) config.integer("num_decoder_layers").orElse((int) keys.integer(".block_count")));
        keys.put(".attention.layer_norm_rms_epsilon", config.number("layer_norm_epsilon").orElse(1e-6));
        // relative positions have no end; the length is that of the training
        keys.put(".context_length", (long) config.integer("n_positions").orElse(512));
        String projection = config.text("feed_forward_proj").orElse("relu");
        String activation = projection.startsWith("gated-") ? projection.substring("gated-".length()) : projection;
        // T5Config reads "gated-gelu" as gelu_new, for the sake of T5 v1.1
        keys.activation(config, ".activation", projection.equals("gated-gelu") ? "gelu_new" : activation, "dense_act_fn");
        keys.put(".positions", "none");
        keys.put(".attention.scale", 1.0);
        keys.put(".attention.relative_buckets_count", (long) config.integer("relative_attention_num_buckets").orElse(32));
        keys.put(".attention.relative_max_distance", (long) config.integer("relative_attention_max_distance").orElse(128));
        Optional<Boolean> scaled = config.flag("scale_decoder_outputs");
        boolean divided = config.text("model_type").orElse("").equals("t5") && scaled.orElse(config.flagOr("tie_word_embeddings", true));
        keys.put(".logit_scale", divided ? 1 / Math.sqrt(keys.integer(".embedding_length")) : 1.0);
    }
}
