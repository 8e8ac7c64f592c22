package org.waterspout.model.marian;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Marian's names of weights (its src/models/transformer.h) and those that every model here has. */
final class MarianNames {

    private static final Map<String, String> WHOLE = Map.of(
            "Wemb", "token_embd.weight",
            "encoder_Wemb", "enc.token_embd.weight",
            "decoder_Wemb", "dec.token_embd.weight",
            "decoder_ff_logit_out_b", "output.bias");

    private static final Pattern LAYER = Pattern.compile("(encoder|decoder)_l([1-9][0-9]{0,3})_(.+)");

    private static final Map<String, String> IN_LAYER = Map.ofEntries(
            Map.entry("self_Wq", "attn_q.weight"), Map.entry("self_bq", "attn_q.bias"),
            Map.entry("self_Wk", "attn_k.weight"), Map.entry("self_bk", "attn_k.bias"),
            Map.entry("self_Wv", "attn_v.weight"), Map.entry("self_bv", "attn_v.bias"),
            Map.entry("self_Wo", "attn_o.weight"), Map.entry("self_bo", "attn_o.bias"),
            Map.entry("self_Wo_ln_scale", "attn_output_norm.weight"), Map.entry("self_Wo_ln_bias", "attn_output_norm.bias"),
            Map.entry("rnn_W", "rnn_candidate.weight"),
            Map.entry("rnn_Wf", "rnn_forget.weight"), Map.entry("rnn_bf", "rnn_forget.bias"),
            Map.entry("rnn_ffn_ln_scale", "attn_output_norm.weight"), Map.entry("rnn_ffn_ln_bias", "attn_output_norm.bias"),
            Map.entry("context_Wq", "cross_attn_q.weight"), Map.entry("context_bq", "cross_attn_q.bias"),
            Map.entry("context_Wk", "cross_attn_k.weight"), Map.entry("context_bk", "cross_attn_k.bias"),
            Map.entry("context_Wv", "cross_attn_v.weight"), Map.entry("context_bv", "cross_attn_v.bias"),
            Map.entry("context_Wo", "cross_attn_o.weight"), Map.entry("context_bo", "cross_attn_o.bias"),
            Map.entry("context_Wo_ln_scale", "cross_attn_output_norm.weight"),
            Map.entry("context_Wo_ln_bias", "cross_attn_output_norm.bias"),
            Map.entry("ffn_W1", "ffn_up.weight"), Map.entry("ffn_b1", "ffn_up.bias"),
            Map.entry("ffn_W2", "ffn_down.weight"), Map.entry("ffn_b2", "ffn_down.bias"),
            Map.entry("ffn_ffn_ln_scale", "layer_output_norm.weight"), Map.entry("ffn_ffn_ln_bias", "layer_output_norm.bias"));

    /** Names of which no weight is made: the options, and factors of activations that only 8-bit sums need. */
    private static final List<String> LEFT_OUT = List.of("special:", "_QuantMultA");

    private MarianNames() {
    }

    static boolean isLeftOut(String marian) {
        return marian.startsWith(LEFT_OUT.getFirst()) || marian.endsWith(LEFT_OUT.getLast());
    }

    /** Tables of tokens are [vocabulary, width]; all other matrices are [in, out]. */
    static boolean isTable(String marian) {
        return marian.endsWith("Wemb");
    }

    static Optional<String> canonical(String marian) {
        if (WHOLE.containsKey(marian)) {
            return Optional.of(WHOLE.get(marian));
        }
        Matcher layer = LAYER.matcher(marian);
        return layer.matches() && IN_LAYER.containsKey(layer.group(3))
                ? Optional.of((layer.group(1).equals("encoder") ? "enc.blk." : "dec.blk.") + (Integer.parseInt(layer.group(2)) - 1) + "."
                        + IN_LAYER.get(layer.group(3)))
                : Optional.empty();
    }
}
