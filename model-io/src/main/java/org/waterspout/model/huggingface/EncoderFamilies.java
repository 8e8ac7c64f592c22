package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.huggingface.FolderFamily.Output;

/** The encoders. Names and keys: the modules and configurations of Transformers 5.23, and those of older files. */
final class EncoderFamilies {

    private static final double BERT_EPSILON = 1e-12;

    private static final String BERT_NAMES = """
            embeddings.word_embeddings.weight                token_embd.weight
            embeddings.token_type_embeddings.weight          token_types.weight
            embeddings.LayerNorm.*                           token_embd_norm.*
            embeddings.position_ids                          -
            embeddings.token_type_ids                        -
            encoder.layer.#.attention.self.query.*           blk.#.attn_q.*
            encoder.layer.#.attention.self.key.*             blk.#.attn_k.*
            encoder.layer.#.attention.self.value.*           blk.#.attn_v.*
            encoder.layer.#.attention.output.dense.*         blk.#.attn_output.*
            encoder.layer.#.attention.output.LayerNorm.*     blk.#.attn_output_norm.*
            encoder.layer.#.intermediate.dense.*             blk.#.ffn_up.*
            encoder.layer.#.output.dense.*                   blk.#.ffn_down.*
            encoder.layer.#.output.LayerNorm.*               blk.#.layer_output_norm.*
            pooler.dense.*                                   cls.* pooler
            classifier.*                                     cls.output.*
            qa_outputs.*                                     cls.output.*
            """;

    private static final String BERT_PRETRAINING = """
            embeddings.position_embeddings.weight            position_embd.weight
            cls.predictions.bias                             -
            cls.predictions.decoder.*                        -
            cls.predictions.transform.dense.*                -
            cls.predictions.transform.LayerNorm.*            -
            cls.seq_relationship.*                           -
            """;

    private static final String ROBERTA_HEADS = """
            embeddings.position_embeddings.weight            position_embd.weight cut
            classifier.dense.*                               cls.*
            classifier.out_proj.*                            cls.output.*
            lm_head.bias                                     -
            lm_head.dense.*                                  -
            lm_head.layer_norm.*                             -
            lm_head.decoder.*                                -
            """;

    private static final String DISTILBERT = """
            embeddings.word_embeddings.weight                token_embd.weight
            embeddings.position_embeddings.weight            position_embd.weight
            embeddings.position_ids                          -
            embeddings.LayerNorm.*                           token_embd_norm.*
            transformer.layer.#.attention.q_lin.*            blk.#.attn_q.*
            transformer.layer.#.attention.k_lin.*            blk.#.attn_k.*
            transformer.layer.#.attention.v_lin.*            blk.#.attn_v.*
            transformer.layer.#.attention.out_lin.*          blk.#.attn_output.*
            transformer.layer.#.sa_layer_norm.*              blk.#.attn_output_norm.*
            transformer.layer.#.ffn.lin1.*                   blk.#.ffn_up.*
            transformer.layer.#.ffn.lin2.*                   blk.#.ffn_down.*
            transformer.layer.#.output_layer_norm.*          blk.#.layer_output_norm.*
            pre_classifier.*                                 cls.*
            classifier.*                                     cls.output.*
            qa_outputs.*                                     cls.output.*
            vocab_transform.*                                -
            vocab_layer_norm.*                               -
            vocab_projector.*                                -
            """;

    private static final String MPNET = """
            encoder.layer.#.attention.attn.q.*               blk.#.attn_q.*
            encoder.layer.#.attention.attn.k.*               blk.#.attn_k.*
            encoder.layer.#.attention.attn.v.*               blk.#.attn_v.*
            encoder.layer.#.attention.attn.o.*               blk.#.attn_output.*
            encoder.layer.#.attention.LayerNorm.*            blk.#.attn_output_norm.*
            encoder.relative_attention_bias.weight           blk.0.attn_rel_b.weight
            """;

    private static final String MODERNBERT = """
            embeddings.tok_embeddings.weight                 token_embd.weight
            embeddings.norm.*                                token_embd_norm.*
            layers.#.attn_norm.*                             blk.#.attn_norm.*
            layers.#.attn.Wqkv.*                             blk.#.attn_qkv.*
            layers.#.attn.Wo.*                               blk.#.attn_output.*
            layers.#.mlp_norm.*                              blk.#.ffn_norm.*
            layers.#.mlp.Wi.*                                blk.#.ffn_up.*
            layers.#.mlp.Wo.*                                blk.#.ffn_down.*
            final_norm.*                                     output_norm.*
            head.dense.*                                     cls.* head
            head.norm.*                                      cls.norm.* head
            classifier.*                                     cls.output.*
            decoder.*                                        -
            """;

    private static final String NOMIC = """
            embeddings.word_embeddings.weight                token_embd.weight
            embeddings.token_type_embeddings.weight          token_types.weight
            emb_ln.*                                         token_embd_norm.*
            encoder.layers.#.attn.Wqkv.*                     blk.#.attn_qkv.*
            encoder.layers.#.attn.out_proj.*                 blk.#.attn_output.*
            encoder.layers.#.norm1.*                         blk.#.attn_output_norm.*
            encoder.layers.#.mlp.fc11.*                      blk.#.ffn_up.*
            encoder.layers.#.mlp.fc12.*                      blk.#.ffn_gate.*
            encoder.layers.#.mlp.fc2.*                       blk.#.ffn_down.*
            encoder.layers.#.norm2.*                         blk.#.layer_output_norm.*
            pooler.dense.*                                   cls.* pooler
            classifier.*                                     cls.output.*
            qa_outputs.*                                     cls.output.*
            cls.predictions.decoder.*                        -
            cls.predictions.transform.dense.*                -
            cls.predictions.transform.layer_norm.*           -
            """;

    private static final String PICTURES = """
            embeddings.cls_token                             class_embd.weight squeezed
            embeddings.distillation_token                    distill_embd.weight squeezed
            embeddings.mask_token                            -
            embeddings.position_embeddings                   position_embd.weight squeezed
            embeddings.patch_embeddings.projection.weight    patch_embd.weight flattened
            embeddings.patch_embeddings.projection.bias      patch_embd.bias
            encoder.layer.#.layernorm_before.*               blk.#.attn_norm.*
            encoder.layer.#.attention.attention.query.*      blk.#.attn_q.*
            encoder.layer.#.attention.attention.key.*        blk.#.attn_k.*
            encoder.layer.#.attention.attention.value.*      blk.#.attn_v.*
            encoder.layer.#.attention.output.dense.*         blk.#.attn_output.*
            encoder.layer.#.layernorm_after.*                blk.#.ffn_norm.*
            encoder.layer.#.intermediate.dense.*             blk.#.ffn_up.*
            encoder.layer.#.output.dense.*                   blk.#.ffn_down.*
            layernorm.*                                      output_norm.*
            pooler.dense.*                                   cls.* pooler
            classifier.*                                     cls.output.*
            cls_classifier.*                                 cls.output.*
            distillation_classifier.*                        cls.distilled.*
            """;

    static final List<FolderFamily> ROWS = List.of(
            new FolderFamily("bert", Set.of("bert"), List.of("bert."), Output.TIED, new NameTable(BERT_NAMES, BERT_PRETRAINING),
            EncoderFamilies::bert), new FolderFamily("roberta", Set.of("roberta", "xlm-roberta", "camembert"),
            List.of("roberta.", "xlm_roberta.", "camembert."), Output.TIED,
                    new NameTable(ROBERTA_HEADS, BERT_NAMES), EncoderFamilies::offset),
            new FolderFamily("distilbert", Set.of("distilbert"), List.of("distilbert."), Output.TIED, new NameTable(DISTILBERT),
            EncoderFamilies::distilbert), new FolderFamily("mpnet", Set.of("mpnet"), List.of("mpnet."), Output.TIED,
            new NameTable(MPNET, ROBERTA_HEADS, BERT_NAMES), EncoderFamilies::mpnet),
            new FolderFamily("modern-bert", Set.of("modernbert"), List.of("model."), Output.TIED, new NameTable(MODERNBERT),
            EncoderFamilies::modernBert), new FolderFamily("nomic-bert", Set.of("nomic_bert"), List.of("nomic_bert.", "bert."),
            Output.TIED, new NameTable(NOMIC), EncoderFamilies::nomic),
            new FolderFamily("vit", Set.of("vit", "deit"), List.of("vit.", "deit."), Output.TIED, new NameTable(PICTURES),
            EncoderFamilies::images));

    private EncoderFamilies() {
    }

    private static void common(Config config, Keys keys, double epsilon) {
        keys.sizes(config);
        keys.layerNorms(config, epsilon);
        keys.put(".attention.causal", false);
        keys.activation(config, ".activation", "gelu", "hidden_act", "activation", "hidden_activation", "activation_function");
        config.require("is_decoder", false);
        config.require("add_cross_attention", false);
    }

    private static void bert(Config config, Keys keys) {
        common(config, keys, BERT_EPSILON);
        String positions = config.text("position_embedding_type").orElse("absolute");
        if (!positions.equals("absolute")) {
            throw config.wrong("position_embedding_type", "but only absolute is built");
        }
        keys.size(config, ".context_length", "max_position_embeddings");
    }

    /** Positions are counted from behind the padding token's number (modeling_roberta.py, create_position_ids_from_input_ids). */
    static int unusedPositions(Config config) {
        int padding = config.integer("pad_token_id").orElse(1);
        if (padding < 0 || padding > 1 << 16) {
            throw config.wrong("pad_token_id", "from which positions cannot be counted");
        }
        return padding + 1;
    }

    private static void offset(Config config, Keys keys) {
        bert(config, keys);
        keys.put(".context_length", keys.integer(".context_length") - unusedPositions(config));
    }

    private static void mpnet(Config config, Keys keys) {
        offset(config, keys);
        keys.put(".attention.relative_buckets_count", (long) config.integer("relative_attention_num_buckets").orElse(32));
        keys.put(".attention.relative_max_distance", 128L); // MPNetEncoder.relative_position_bucket's default, no option
    }

    private static void distilbert(Config config, Keys keys) {
        common(config, keys, BERT_EPSILON);
        keys.size(config, ".context_length", "max_position_embeddings");
    }

    private static void modernBert(Config config, Keys keys) {
        common(config, keys, 1e-5);
        keys.size(config, ".context_length", "max_position_embeddings");
        Config rope = config.object("rope_parameters");
        for (Config scaling : List.of(config.object("rope_scaling"), rope.object("full_attention"), rope.object("sliding_attention"))) {
            Rope.requireUnscaled(scaling);
        }
        keys.put(".rope.layout", "halves");
        keys.put(".rope.freq_base", rope.object("full_attention").number("rope_theta")
                .or(() -> config.number("global_rope_theta")).orElse(160_000.0));
        keys.put(".rope.freq_base_swa", rope.object("sliding_attention").number("rope_theta")
                .or(() -> config.number("local_rope_theta")).orElse(10_000.0));
        keys.put(".attention.sliding_window", (long) config.integer("local_attention").orElse(128));
        int period = config.integer("global_attn_every_n_layers").orElse(3);
        keys.put(".attention.sliding_window_pattern", local(config, (int) keys.integer(".block_count"), period));
    }

    /** Which layers have the window: as listed, or all but the first of each period. */
    private static List<Boolean> local(Config config, int layers, int period) {
        List<Boolean> local = new ArrayList<>();
        for (JsonNode type : config.list("layer_types")) {
            local.add(type.asText().equals("sliding_attention"));
        }
        for (int layer = local.size(); layer < layers && !config.has("layer_types"); layer++) {
            local.add(layer % Math.max(1, period) != 0);
        }
        return local;
    }

    private static void nomic(Config config, Keys keys) {
        common(config, keys, BERT_EPSILON);
        config.require("prenorm", false);
        config.require("rotary_emb_interleaved", false);
        Rope.requireUnscaled(config.object("rope_scaling"));
        Rope.requireUnscaled(config.object("rope_parameters"));
        config.number("rotary_scaling_factor").ifPresent(factor -> {
            throw new UnsupportedModelException(config.file() + ": rotary_scaling_factor is " + factor + ", but only null is built");
        });
        keys.size(config, ".context_length", "max_position_embeddings", "n_positions");
        keys.put(".rope.layout", "halves");
        keys.put(".rope.freq_base", config.object("rope_parameters").number("rope_theta").or(() -> config.number("rotary_emb_base"))
                .orElse(10_000.0));
        config.number("rotary_emb_fraction").ifPresent(part -> keys.put(".rope.dimension_count", Math.round(part * keys.headDimension())));
    }

    private static void images(Config config, Keys keys) {
        common(config, keys, BERT_EPSILON);
        keys.size(config, ".image.size", "image_size");
        keys.size(config, ".image.patch_size", "patch_size");
        keys.put(".image.channels", (long) config.integer("num_channels").orElse(3));
        boolean distilled = config.text("model_type").orElse("").equals("deit");
        keys.put(".image.distilled", distilled);
        long side = keys.integer(".image.size") / keys.integer(".image.patch_size");
        keys.put(".context_length", side * side + (distilled ? 2 : 1));
    }
}
