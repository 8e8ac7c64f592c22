package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.JsonFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.safetensors.Safetensors;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * A Dense module of sentence-transformers: a vector through a matrix, perhaps a bias, and an activation.
 *
 * @param activation identity, tanh, relu, gelu, sigmoid or silu
 */
record SentenceDense(Path folder, Config config, String activation) {

    private static final Set<String> ACTIVATIONS = Set.of("identity", "tanh", "relu", "gelu", "sigmoid", "silu");
    private static final String VECTOR = "sentence_embedding";

    /** @throws UnsupportedModelException if it does anything else */
    static SentenceDense of(Path folder) {
        Path file = folder.resolve("config.json");
        Config config = new Config(file, JsonFile.read(file));
        config.require("use_residual", false);
        String from = config.text("module_input_name").orElse(VECTOR);
        String to = config.text("module_output_name").orElse(from);
        if (!from.equals(VECTOR) || !to.equals(VECTOR)) {
            throw new UnsupportedModelException(file + ": a Dense module from " + Quoted.of(from) + " to " + Quoted.of(to)
                    + " is not built; built are those of the pooled vector");
        }
        String named = config.text("activation_function").orElse("torch.nn.modules.activation.Tanh");
        String activation = named.substring(named.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        if (!ACTIVATIONS.contains(activation) || !named.startsWith("torch.nn.")) {
            throw config.wrong("activation_function", "none of " + String.join(", ", ACTIVATIONS.stream().sorted().toList()));
        }
        return new SentenceDense(folder, config, activation);
    }

    /** As llama.cpp counts them: the first module behind Transformer and Pooling is number 2. */
    static String name(int before) {
        return "dense_" + (2 + before);
    }

    /** Adds the matrix [out, in] and the bias [out]. */
    void load(String name, Map<String, Tensor> tensors, Arena arena) {
        Path file = folder.resolve("model.safetensors");
        if (!Files.exists(file)) {
            throw new ModelNotFoundException(
                    folder + " has no model.safetensors; save the model again with sentence-transformers' save_pretrained");
        }
        int in = config.requiredInteger("in_features");
        int out = config.requiredInteger("out_features");
        boolean biased = config.flagOr("bias", true);
        Map<String, StoredTensor> stored = Safetensors.open(file, arena);
        if (!stored.keySet().equals(biased ? Set.of("linear.weight", "linear.bias") : Set.of("linear.weight"))) {
            throw new ModelFormatException(file + " holds " + stored.keySet() + ", not the weights" + (biased ? " and bias" : "")
                    + " of a Dense module; get the file again");
        }
        stored.forEach((key, tensor) -> {
            List<Integer> expected = key.endsWith("bias") ? List.of(out) : List.of(out, in);
            if (!tensor.shape().equals(expected)) {
                throw new ModelFormatException(file + ": tensor " + Quoted.of(key) + " has shape " + tensor.shape() + ", not " + expected
                        + " as its configuration says; get the file again");
            }
            Tensor read = tensor.tensor(arena);
            String target = name + key.substring(key.lastIndexOf('.'));
            tensors.put(target, new Tensor(target, read.type(), read.shape(), read.data()));
        });
    }
}
