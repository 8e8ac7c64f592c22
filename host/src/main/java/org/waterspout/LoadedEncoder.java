package org.waterspout;

import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.waterspout.encode.EncoderEngine;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Engine;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Encoding;
import org.waterspout.model.text.Tokenizer;

/** An encoder that is loaded: texts to sequences, sequences to numbers. Safe for use from several threads. */
final class LoadedEncoder implements AutoCloseable {

    /**
     * A text as the model takes it.
     *
     * @param truncated tokens were cut off its end to make it fit
     */
    record Fitted(Encoding encoding, boolean truncated) {

        Sequence sequence() {
            return Sequence.of(encoding.tokens(), encoding.types());
        }
    }

    private final LoadedModel loaded;
    private final EncoderEngine engine;
    private final int longest;
    /** Encoding reads memory outside the heap, which {@link #close()} gives back. */
    private final ReadWriteLock tokenizerUse = new ReentrantReadWriteLock();
    private boolean closed;

    private LoadedEncoder(LoadedModel loaded, Target target, LoadOptions options) {
        this.loaded = loaded;
        this.engine = new EncoderEngine(loaded.plan(), loaded.architecture(), target);
        int own = loaded.file().metadata().integerOr(loaded.architecture().family() + ".text_length", Integer.MAX_VALUE);
        // a length that was asked for goes before the one that the model was made with
        this.longest = options.contextLength() > 0 || own <= 0 ? engine.longest() : Math.min(engine.longest(), own);
    }

    /** Takes over {@code file}. Errors as {@link LanguageModel#load(java.nio.file.Path, LoadOptions)}. */
    static LoadedEncoder load(ModelFile file, LoadOptions options, Function<Architecture, Target> target) {
        LoadedModel loaded = LoadedModel.load(file, options, (opened, architecture, context) ->
                GraphBuilder.encoder(opened, architecture, context, target.apply(architecture)));
        return new LoadedEncoder(loaded, target.apply(loaded.architecture()), options);
    }

    LoadedModel model() {
        return loaded;
    }

    EncoderEngine engine() {
        return engine;
    }

    /** Tokens a text may have, special ones included. */
    int longest() {
        return longest;
    }

    /** The head that the model is judged by; {@link GraphBuilder#encoder} made sure of it. */
    Architecture.Head head() {
        return loaded.architecture().head().orElseThrow();
    }

    /**
     * @param truncate cut off what is too much
     * @throws InvalidRequestException for a text that is empty, or longer than the model takes
     */
    Fitted fit(String text, boolean truncate) {
        requireText(text, "text");
        return withTokenizer(tokenizer -> {
            Encoding pieces = tokenizer.pieces(text, false);
            int room = room(tokenizer.template().added());
            require(pieces.length() <= room || truncate, pieces.length() + tokenizer.template().added());
            return new Fitted(tokenizer.template().around(pieces.slice(0, room)), pieces.length() > room);
        });
    }

    /**
     * @param truncate cut off what is too much of {@code second}
     * @throws InvalidRequestException as {@link #fit(String, boolean)}, or when the model takes no pairs
     */
    Fitted fit(String first, String second, boolean truncate) {
        requireText(first, "query");
        requireText(second, "document");
        return withTokenizer(tokenizer -> {
            Encoding query = tokenizer.pieces(first, false);
            Encoding document = tokenizer.pieces(second, false);
            int room = room(tokenizer.template().addedToPair() + query.length());
            require(document.length() <= room || truncate && room > 0, query.length() + document.length() + tokenizer.template().addedToPair());
            return new Fitted(tokenizer.template().around(query, document.slice(0, room)), document.length() > room);
        });
    }

    private int room(int taken) {
        return Math.max(0, longest - taken);
    }

    private void require(boolean fits, int tokens) {
        if (!fits) {
            throw new InvalidRequestException("the text has " + tokens + " tokens, the model takes at most " + longest
                    + ": shorten it, or ask for truncation (--truncate)");
        }
    }

    static void requireText(String text, String what) {
        if (text.isBlank()) {
            throw new InvalidRequestException("the " + what + " is empty: give it some words");
        }
    }

    /** Uses the tokenizer while it is sure to be there. */
    <T> T withTokenizer(Function<Tokenizer, T> use) {
        tokenizerUse.readLock().lock();
        try {
            if (closed) {
                throw new InvalidRequestException(Engine.CLOSED);
            }
            return use.apply(loaded.tokenizer());
        } finally {
            tokenizerUse.readLock().unlock();
        }
    }

    /** As {@link EncoderEngine#run}. */
    List<float[]> run(List<Fitted> texts) {
        return engine.run(texts.stream().map(Fitted::sequence).toList());
    }

    /** Waits for the step under way, then gives back the memory. */
    @Override
    public void close() {
        tokenizerUse.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                engine.close();
                loaded.close();
            }
        } finally {
            tokenizerUse.writeLock().unlock();
        }
    }
}
