package org.waterspout.model.architecture;

import java.util.List;
import java.util.Optional;
import org.waterspout.model.ModelFile;

/**
 * A decoder as data: what a graph is built from. Widths count floats.
 *
 * @param family         the name the file gives its architecture, a row of {@link Families}
 * @param width          of the residual stream
 * @param vocabulary     tokens with an embedding and a logit
 * @param contextLength  positions it was made for
 * @param embeddingScale factor on embeddings
 * @param learnedPositions entries of the table of positions added to embeddings; 0 where positions are rotary
 * @param layers         from the first to the last
 * @param output         from the residual stream to logits
 */
public record Architecture(String family, int width, int vocabulary, int contextLength, float embeddingScale,
        int learnedPositions, List<Layer> layers, Output output) {

    public Architecture {
        layers = List.copyOf(layers);
    }

    /**
     * Reads the file's keys, then which tensors are there, and last the family's row of {@link Families}.
     *
     * @throws org.waterspout.error.UnsupportedModelException for an architecture or an option that is not built
     * @throws org.waterspout.error.ModelFormatException      for a key that is missing or impossible
     */
    public static Architecture of(ModelFile file) {
        return new ArchitectureReader(file).read();
    }

    /**
     * @param residualScale factor on what the mixer and the feed-forward add to the residual stream
     */
    public record Layer(Attention mixer, FeedForward feedForward, Norms norms, float residualScale) {
    }

    /** Where a layer has norms: before a part (pre-norm), after it and before the residual is added, or both (sandwich). */
    public record Norms(Optional<Norm> beforeMixer, Optional<Norm> afterMixer, Optional<Norm> beforeFeedForward,
            Optional<Norm> afterFeedForward) {
    }

    /** @param bias whether it adds a bias */
    public record Norm(NormKind kind, boolean bias, float epsilon) {
    }

    /**
     * @param kvHeads   heads of keys and values, a divisor of {@code heads}
     * @param headWidth of queries, keys and values
     * @param scale     factor on the products of queries and keys
     * @param window    positions a row sees, itself included; 0 for all
     * @param softCap   c of c * tanh(score / c); 0 for none
     * @param rotary    how queries and keys are turned; absent where positions are learned
     * @param headNorm  norm of each head of queries and keys before they are turned
     * @param packed    q, k and v are one tensor, in this order
     * @param inputBias q, k and v have biases
     * @param outputBias the output projection has one
     */
    public record Attention(int heads, int kvHeads, int headWidth, float scale, int window, float softCap,
            Optional<Rotary> rotary, Optional<Norm> headNorm, boolean packed, boolean inputBias, boolean outputBias) {
    }

    /**
     * @param width  between its two halves
     * @param gated  activation(gate(x)) * up(x) instead of activation(up(x))
     * @param packed gate and up are one tensor, in this order
     * @param bias   every projection has one
     */
    public record FeedForward(int width, Activation activation, boolean gated, boolean packed, boolean bias) {
    }

    /**
     * @param tied    logits come from the embedding table
     * @param scale   factor on logits
     * @param softCap c of c * tanh(logit / c); 0 for none
     */
    public record Output(Norm norm, boolean tied, boolean bias, float scale, float softCap) {
    }
}
