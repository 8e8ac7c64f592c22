package org.waterspout;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.ModelFiles;
import org.waterspout.model.text.Tokenizer;

/**
 * A smaller model with the same vocabulary as the one it is loaded with: it proposes the tokens that the other checks
 * ({@link org.waterspout.generate.Speculation.Draft}).
 *
 * @param path    a model file or folder
 * @param options how it is loaded. Where they say no context length, it is the model's, at most what the draft was trained for; where they
 *                say no sequences, as many as the model's. Behind its context, and where none of its sequences is left, it proposes nothing
 */
public record DraftModel(Path path, LoadOptions options) {

    /** On the CPU, with what suits. */
    public static DraftModel of(Path path) {
        return new DraftModel(path, LoadOptions.DEFAULT);
    }

    /**
     * Loads it for {@code model}, on the same backend where the options name the same.
     *
     * @throws InvalidRequestException when it has another vocabulary, it is no decoder, or one of the two has a recurrent state
     */
    LoadedModel load(LoadedModel model, LoadOptions ofModel) {
        requireGoesBack(model.plan().graph(), model.name());
        LoadOptions own = options.withSequences(options.sequences() > 0 ? options.sequences() : ofModel.sequencesAtOneTime());
        boolean together = own.backend().equals(ofModel.backend()) && own.threads() == ofModel.threads()
                && own.device().equals(ofModel.device());
        LoadedModel draft = LoadedModel.load(ModelFiles.open(path), own, model.plan().options().contextLength(), DraftModel::graph,
                together ? Optional.of(model.backend()) : Optional.empty());
        try {
            requireSameVocabulary(model, draft);
            return draft;
        } catch (RuntimeException | Error failure) {
            LoadedModel.close(draft, failure);
            throw failure;
        }
    }

    private static Graph graph(ModelFile file, Architecture architecture, int contextLength) {
        String name = LoadedModel.name(file);
        if (architecture.decoder().isEmpty() || architecture.encoder().isPresent()) {
            throw new InvalidRequestException("the draft model " + name + (architecture.decoder().isEmpty() ? " is an encoder"
                    : " is an encoder-decoder") + ", which continues no text: name a decoder");
        }
        Graph graph = GraphBuilder.build(file, architecture, contextLength);
        requireGoesBack(graph, name);
        return graph;
    }

    private static void requireGoesBack(Graph graph, String name) {
        if (graph.isRecurrent()) {
            throw new InvalidRequestException("the recurrent state of " + name + " cannot go back, so no tokens can be proposed with it:"
                    + " load the model without a draft model, or name another one");
        }
    }

    private static void requireSameVocabulary(LoadedModel model, LoadedModel draft) {
        String both = "the draft model " + draft.name() + " has another vocabulary than " + model.name() + ": ";
        String otherwise = "; name a draft model of the same family";
        if (model.text().isEmpty() || draft.text().isEmpty()) {
            requireSame(model.architecture().vocabulary(), draft.architecture().vocabulary(), both, otherwise);
            return;
        }
        Tokenizer first = model.text().get();
        Tokenizer second = draft.text().get();
        requireSame(tokens(first), tokens(second), both, otherwise);
        for (int token = 0; token < tokens(first); token++) {
            if (!first.piece(token).equals(second.piece(token))) {
                throw new InvalidRequestException(both + "its token " + token + " is " + Quoted.of(second.piece(token)) + ", not "
                        + Quoted.of(first.piece(token)) + otherwise);
            }
        }
        requireSame(first, second, Tokenizer::bos, "begins", both, otherwise);
        requireSame(first, second, Tokenizer::eos, "ends", both, otherwise);
    }

    private static void requireSame(int ofModel, int ofDraft, String before, String after) {
        if (ofModel != ofDraft) {
            throw new InvalidRequestException(before + "it has " + ofDraft + " tokens, not " + ofModel + after);
        }
    }

    private static void requireSame(Tokenizer model, Tokenizer draft, Function<Tokenizer, OptionalInt> special, String does,
            String before, String after) {
        OptionalInt ofModel = special.apply(model);
        OptionalInt ofDraft = special.apply(draft);
        if (!ofModel.equals(ofDraft)) {
            throw new InvalidRequestException(before + (ofDraft.isPresent() ? "its token " + ofDraft.getAsInt() : "no token") + " " + does
                    + " a text, not " + (ofModel.isPresent() ? "token " + ofModel.getAsInt() : "none") + after);
        }
    }

    /** Tokens without the rows that fill a table up to a round number, which models of one family have in different numbers. */
    private static int tokens(Tokenizer tokenizer) {
        int count = tokenizer.vocabularySize();
        while (count > 0 && tokenizer.piece(count - 1).equals("[PAD" + (count - 1) + "]")) {
            count--;
        }
        return count;
    }
}
