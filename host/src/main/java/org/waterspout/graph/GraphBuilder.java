package org.waterspout.graph;

import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Pooling;
import org.waterspout.model.architecture.Architecture.Stack;
import org.waterspout.model.architecture.Architecture.Task;

/**
 * Turns a described model and its file into operations. Packed tensors become slices of their rows, so that whatever the
 * file's packing, a graph has a product each for q, k, v, gate and up. No fusion: {@link Fusion} does that for a backend.
 */
public final class GraphBuilder {

    private GraphBuilder() {
    }

    /**
     * The plain graph of any model: a decoder's logits; an encoder's head, else its vectors, else its rows.
     *
     * @param contextLength as for the kind of graph; for both sides of an encoder-decoder
     */
    public static Graph of(ModelFile file, Architecture architecture, int contextLength) {
        if (architecture.decoder().isEmpty()) {
            return encoder(file, architecture, contextLength, target(architecture));
        }
        return architecture.encoder().isPresent() ? encoderDecoder(file, architecture, contextLength, contextLength)
                : build(file, architecture, contextLength);
    }

    /**
     * The plain graph of a decoder.
     *
     * @param contextLength positions it will be run with
     * @throws InvalidRequestException when positions are learned and fewer than {@code contextLength}, or the model is no decoder
     * @throws org.waterspout.error.ModelFormatException when a tensor is missing, or its shape disagrees with the metadata
     * @throws org.waterspout.error.UnsupportedModelException when the file has a tensor that no operation reads
     */
    public static Graph build(ModelFile file, Architecture architecture, int contextLength) {
        if (architecture.decoder().isEmpty() || architecture.encoder().isPresent()) {
            throw new InvalidRequestException("a model of the family " + architecture.family() + (architecture.decoder().isEmpty()
                    ? " is an encoder, which continues no text: use embed, classify, rerank or answer"
                    : " is an encoder-decoder, which continues no text: use translate"));
        }
        ModelWeights weights = new ModelWeights(file);
        Stack stack = architecture.decoder().orElseThrow();
        requirePositions(stack, contextLength);
        StackBuilder builder = new StackBuilder(weights, architecture, stack, "", contextLength, Op.Mask.CAUSAL);
        builder.layers();
        Value logits = builder.logits(architecture.output().orElseThrow(), true, false);
        weights.requireAllUsed();
        return builder.graph(architecture.family(), logits, Optional.empty());
    }

    /** What an encoder is for. */
    public static Target target(Architecture architecture) {
        return architecture.head().stream().anyMatch(head -> !head.labels().isEmpty()) ? Target.HEAD
                : architecture.pooling().isPresent() ? Target.VECTOR : Target.HIDDEN;
    }

    /**
     * The plain graph of an encoder.
     *
     * @param contextLength most positions of a sequence
     * @throws InvalidRequestException when the model is no encoder, has not what {@code target} asks for, or learned fewer positions
     */
    public static Graph encoder(ModelFile file, Architecture architecture, int contextLength, Target target) {
        if (architecture.decoder().isPresent()) {
            throw new InvalidRequestException("a model of the family " + architecture.family()
                    + " generates text; vectors and labels come from an encoder, such as BERT");
        }
        ModelWeights weights = new ModelWeights(file);
        Stack stack = architecture.encoder().orElseThrow();
        requirePositions(stack, contextLength);
        StackBuilder builder = new StackBuilder(weights, architecture, stack, "", contextLength, Op.Mask.BIDIRECTIONAL);
        builder.layers();
        Value hidden = builder.finished();
        Value output = switch (target) {
            case HIDDEN -> hidden;
            case VECTOR -> builder.pool(architecture.pooling().orElse(Pooling.MEAN), hidden);
            case POOLED -> builder.headVector(requirePooledHead(architecture), hidden);
            case HEAD -> builder.head(requireHead(architecture), hidden);
        };
        if (target != Target.HEAD) {
            weights.know("cls."); // a graph without the head leaves its weights unread
        }
        if (file.metadata().has(architecture.family() + ".pooling_steps")) {
            weights.know("dense_"); // layers behind the pooling, which are no part of the graph
        }
        weights.requireAllUsed();
        return builder.graph(architecture.family(), output, Optional.empty());
    }

    /**
     * The plain graph of an encoder-decoder.
     *
     * @param contextLength most positions of what is generated
     * @param sourceLength  most positions of a source
     */
    public static Graph encoderDecoder(ModelFile file, Architecture architecture, int contextLength, int sourceLength) {
        if (architecture.encoder().isEmpty() || architecture.decoder().isEmpty()) {
            throw new InvalidRequestException("a model of the family " + architecture.family()
                    + " is no encoder-decoder: translating needs one, such as Marian, T5, BART or M2M-100");
        }
        ModelWeights weights = new ModelWeights(file);
        Stack decoderStack = architecture.decoder().get();
        requirePositions(architecture.encoder().get(), sourceLength);
        requirePositions(decoderStack, contextLength);
        StackBuilder source = new StackBuilder(weights, architecture, architecture.encoder().get(), "enc.", sourceLength,
                Op.Mask.BIDIRECTIONAL);
        source.layers();
        Value hidden = source.finished();
        source.storeCrossCache(decoderStack, hidden);
        Graph encoder = source.graph(architecture.family() + " encoder", hidden, Optional.empty());
        StackBuilder target = new StackBuilder(weights, architecture, decoderStack, "dec.", contextLength, Op.Mask.CAUSAL);
        target.layers();
        Value logits = target.logits(architecture.output().orElseThrow(), true, true);
        // T5's first files hold a bias of cross-attention that nothing reads, and so do their conversions
        for (int layer = 0; layer < decoderStack.layers().size(); layer++) {
            weights.know("dec.blk." + layer + ".cross_attn_rel_b.");
        }
        weights.requireAllUsed();
        return target.graph(architecture.family(), logits, Optional.of(encoder));
    }

    private static Architecture.Head requireHead(Architecture architecture) {
        return architecture.head().filter(head -> !head.labels().isEmpty()).orElseThrow(() -> new InvalidRequestException(
                "this model of the family " + architecture.family() + " has no head: it gives vectors (embed), no labels"));
    }

    /** A head, or the pooler of a model without one. */
    private static Architecture.Head requirePooledHead(Architecture architecture) {
        Architecture.Head head = architecture.head().orElseThrow(() -> new InvalidRequestException("this model of the family "
                + architecture.family() + " has neither a head nor a pooler: it gives vectors (embed)"));
        if (head.task() == Task.TOKENS || head.task() == Task.SPAN) {
            throw new InvalidRequestException("this model judges every token, so it pools none");
        }
        return head;
    }

    private static void requirePositions(Stack stack, int contextLength) {
        if (stack.input().positions() instanceof Architecture.Learned learned && contextLength > learned.count()) {
            throw new InvalidRequestException("the model has learned " + learned.count()
                    + " positions: use a context length of at most that, not " + contextLength);
        }
    }
}
