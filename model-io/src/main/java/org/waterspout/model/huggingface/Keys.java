package org.waterspout.model.huggingface;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/** Collects the metadata of a model; a key that begins with a dot gets the family before it. */
final class Keys {

    private static final int MAX_SIZE = 1 << 24;

    private static final Map<String, String> ACTIVATIONS = Map.ofEntries(Map.entry("gelu", "gelu"), Map.entry("gelu_python", "gelu"),
            Map.entry("gelu_new", "gelu_tanh"), Map.entry("gelu_pytorch_tanh", "gelu_tanh"), Map.entry("gelu_fast", "gelu_tanh"),
            Map.entry("relu", "relu"), Map.entry("silu", "silu"), Map.entry("swish", "silu"), Map.entry("swiglu", "silu"),
            Map.entry("tanh", "tanh"));

    private final String family;
    private final Map<String, Object> values = new LinkedHashMap<>();

    Keys(String family) {
        this.family = family;
        values.put("general.architecture", family);
    }

    void put(String key, Object value) {
        values.put(key.startsWith(".") ? family + key : key, value);
    }

    void integer(String key, OptionalInt value) {
        value.ifPresent(number -> put(key, (long) number));
    }

    void number(String key, Optional<Double> value) {
        value.ifPresent(number -> put(key, number));
    }

    long integer(String key) {
        return values.get(family + key) instanceof Long number ? number : 0;
    }

    Map<String, Object> values() {
        return values;
    }

    /** The sizes that every family has, under the names that any of them gives. */
    void sizes(Config config) {
        size(config, ".embedding_length", "hidden_size", "n_embd", "dim", "d_model");
        size(config, ".block_count", "num_hidden_layers", "n_layer", "n_layers", "encoder_layers", "num_layers");
        size(config, ".attention.head_count", "num_attention_heads", "n_head", "n_heads", "encoder_attention_heads", "num_heads");
        OptionalInt inner = config.integer("intermediate_size", "n_inner", "hidden_dim", "encoder_ffn_dim", "d_ff");
        long width = integer(".embedding_length");
        put(".feed_forward_length", inner.isPresent() ? checked(config, "the feed-forward's width", inner.getAsInt()) : 4 * width);
        integer(".attention.head_count_kv", config.integer("num_key_value_heads"));
        OptionalInt head = config.integer("head_dim", "d_kv");
        if (head.isPresent() && head.getAsInt() * integer(".attention.head_count") != width) {
            integer(".attention.key_length", head);
            integer(".attention.value_length", head);
        }
    }

    void size(Config config, String key, String... names) {
        put(key, checked(config, names[0], config.requiredInteger(names)));
    }

    private static long checked(Config config, String name, int value) {
        if (value <= 0 || value > MAX_SIZE) {
            throw new ModelFormatException(config.file() + ": " + name + " is " + value + ", no size of a model");
        }
        return value;
    }

    int headDimension() {
        long key = integer(".attention.key_length");
        return (int) (key > 0 ? key : integer(".embedding_length") / integer(".attention.head_count"));
    }

    void activation(Config config, String key, String fallback, String... names) {
        String name = config.text(names).orElse(fallback);
        String known = ACTIVATIONS.get(name);
        if (known == null) {
            throw new UnsupportedModelException(config.file() + ": the activation " + Quoted.of(name) + " is not built; built are "
                    + String.join(", ", List.of("gelu", "gelu_new", "relu", "silu", "tanh")));
        }
        put(key, known);
    }

    /** Layer norms with their epsilon; configurations leave out what was the default when they were written. */
    void layerNorms(Config config, double fallback) {
        put(".attention.layer_norm_epsilon", config.number("layer_norm_eps", "layer_norm_epsilon", "norm_eps").orElse(fallback));
    }
}
