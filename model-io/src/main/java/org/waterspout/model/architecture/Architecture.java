package org.waterspout.model.architecture;

import java.util.List;
import java.util.Optional;
import org.waterspout.model.ModelFile;

/**
 * A transformer as data: what a graph is built from. Widths count floats. A model has an encoder, a decoder, or both.
 *
 * @param family        the name the file gives its architecture, a row of {@link Families}
 * @param hiddenSize    of the residual stream
 * @param vocabulary    tokens with an embedding; 0 where images enter
 * @param contextLength positions it was made for
 * @param encoder       attends in both directions; a whole sequence at a time
 * @param decoder       attends to what stands before; with an encoder, also to what that made of its source
 * @param output        from the decoder's stream to logits; with a decoder only
 * @param pooling       how an encoder's rows become one vector, where the file says so
 * @param head          what an encoder's rows are classified with, where the file has it
 */
public record Architecture(String family, int hiddenSize, int vocabulary, int contextLength, Optional<Stack> encoder,
        Optional<Stack> decoder, Optional<Output> output, Optional<Pooling> pooling, Optional<Head> head) {

    /** GGUF's pooling type of a model that ranks documents for a query, by its head, and makes no vectors. */
    public static final int RANK = 4;

    public Architecture {
        if (encoder.isEmpty() && decoder.isEmpty() || decoder.isPresent() != output.isPresent()) {
            throw new IllegalArgumentException("a model has an encoder, or a decoder and its output, or all three");
        }
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

    /** The decoder, or the encoder where there is no decoder. */
    public Stack main() {
        return decoder.or(() -> encoder).orElseThrow();
    }

    /** Whether the beginning of a text says what to do with it ("translate English to German: "), since languages have no tokens. */
    public boolean toldByPrefix() {
        return Families.row(family).is(Families.Trait.TOLD_BY_PREFIX);
    }

    /**
     * Layers and what stands before and behind them.
     *
     * @param input  what enters
     * @param layers from the first to the last
     * @param norm   behind the last layer
     */
    public record Stack(Input input, List<Layer> layers, Optional<Norm> norm) {
        public Stack {
            layers = List.copyOf(layers);
        }
    }

    /** What enters a stack. */
    public sealed interface Input {

        Positions positions();

        /** Behind the sum of all embeddings. */
        Optional<Norm> norm();
    }

    /**
     * @param scale factor on embeddings
     * @param types entries of the table of token types; 0 for none
     */
    public record Tokens(float scale, Positions positions, int types, Optional<Norm> norm) implements Input {
    }

    /**
     * An image cut into patches, Dosovitskiy et al. 2021; its first row is the class token.
     *
     * @param side      pixels of an image's side
     * @param patch     pixels of a patch's side
     * @param channels  numbers of a pixel
     * @param distilled a second row is the distillation token, Touvron et al. 2021
     */
    public record Patches(int side, int patch, int channels, boolean distilled, Positions positions, Optional<Norm> norm) implements Input {

        /** Rows of one image. */
        public int rows() {
            return side / patch * (side / patch) + (distilled ? 2 : 1);
        }

        /** Numbers of one patch, [channels, patch, patch]. */
        public int patchWidth() {
            return channels * patch * patch;
        }
    }

    /** What is added to embeddings for their position; rotary and relative positions belong to {@link Attention}. */
    public sealed interface Positions {
    }

    /** Nothing. */
    public record Unplaced() implements Positions {
    }

    /** A table of the file with {@code count} rows. */
    public record Learned(int count) implements Positions {
    }

    /**
     * Sines and cosines of position * frequency, Vaswani et al. 2017.
     *
     * @param interleaved sine and cosine of a frequency are neighbours; else all sines stand before all cosines
     * @param inclusive   frequencies are 10000^(-i / (width/2 - 1)), so that the last is 1/10000; else 10000^(-2i / width)
     * @param offset      position of the first token
     */
    public record Sinusoidal(boolean interleaved, boolean inclusive, int offset) implements Positions {
    }

    /**
     * @param cross         attention to the source; in the decoder of an encoder-decoder only
     * @param residualScale factor on what the mixer and the feed-forward add to the residual stream
     */
    public record Layer(Mixer mixer, Optional<Attention> cross, FeedForward feedForward, Norms norms, float residualScale) {
    }

    /** The norms of a layer's parts. */
    public record Norms(Placement mixer, Placement cross, Placement feedForward) {
    }

    /**
     * Where a part of a layer has norms.
     *
     * @param before before the part (pre-norm)
     * @param after  after it and before the residual is added (with {@code before}: sandwich)
     * @param sum    after the residual is added (post-norm)
     */
    public record Placement(Optional<Norm> before, Optional<Norm> after, Optional<Norm> sum) {
    }

    /** @param bias whether it adds a bias */
    public record Norm(NormKind kind, boolean bias, float epsilon) {
    }

    /** What mixes positions. */
    public sealed interface Mixer {
    }

    /**
     * @param kvHeads   heads of keys and values, a divisor of {@code heads}
     * @param headDimension of queries, keys and values
     * @param scale     factor on the products of queries and keys
     * @param window    positions at a distance below this are seen; 0 for all
     * @param softCap   c of c * tanh(score / c); 0 for none
     * @param rotary    how queries and keys are turned
     * @param relative  bias for the distance of query and key
     * @param headNorm  norm of each head of queries and keys before they are turned
     * @param packed    q, k and v are one tensor, in this order
     * @param inputBias q, k and v have biases
     * @param outputBias the output projection has one
     */
    public record Attention(int heads, int kvHeads, int headDimension, float scale, int window, float softCap,
            Optional<Rotary> rotary, Optional<Relative> relative, Optional<Norm> headNorm, boolean packed, boolean inputBias,
            boolean outputBias) implements Mixer {
    }

    /**
     * Distances in buckets, each with a bias for each head, Raffel et al. 2020; the table is layer 0's where a layer has none.
     *
     * @param maxDistance distances from here on share the last bucket
     */
    public record Relative(int buckets, int maxDistance) {
    }

    /**
     * The simpler simple recurrent unit, Kim et al. 2019: f = sigmoid(forget(x)), c = f * c before + (1 - f) * candidate(x), relu(c).
     *
     * @param candidateBias the candidate's projection has one; the forget gate's always has
     */
    public record Recurrent(boolean candidateBias) implements Mixer {
    }

    /**
     * @param intermediateSize between its two halves
     * @param gated  activation(gate(x)) * up(x) instead of activation(up(x))
     * @param packed gate and up are one tensor, in this order
     * @param inputBias  the projections of the first half have one
     * @param outputBias the last projection has one
     */
    public record FeedForward(int intermediateSize, Activation activation, boolean gated, boolean packed, boolean inputBias,
            boolean outputBias) {
    }

    /**
     * @param tied    logits come from the embedding table
     * @param scale   factor on logits
     * @param softCap c of c * tanh(logit / c); 0 for none
     */
    public record Output(boolean tied, boolean bias, float scale, float softCap) {
    }

    /**
     * Rows to labels: pool, dense, activation, norm, product, each where it is there.
     *
     * @param pooling    for the tasks that judge a sequence; the others judge every row
     * @param dense      a projection [width, width] stands before the last
     * @param bias       the last projection has one
     * @param distilled  a last projection of its own judges the second row, and the mean of both counts, Touvron et al. 2021
     * @param labels     name of each output; empty where there is no last projection, but a pooler
     */
    public record Head(Task task, Pooling pooling, boolean dense, boolean denseBias, Optional<Activation> activation, Optional<Norm> norm,
            boolean bias, boolean distilled, List<String> labels) {
        public Head {
            labels = List.copyOf(labels);
        }
    }

    /** What a head's outputs mean. */
    public enum Task {
        /** One label a sequence: softmax. With one label, a score: rerankers. */
        SEQUENCE,
        /** Any number of labels a sequence: a sigmoid each. */
        MULTI_LABEL,
        /** Numbers as they are. */
        REGRESSION,
        /** A label a token. */
        TOKENS,
        /** Where an answer starts and ends: two outputs a token. */
        SPAN
    }

    /** How rows become one vector. */
    public enum Pooling {
        MEAN, FIRST, LAST
    }
}
