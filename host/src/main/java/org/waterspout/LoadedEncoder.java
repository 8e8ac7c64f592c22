package org.waterspout;

import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.RequestOptions;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.graph.Target;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Encoding;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.runtime.Encoder;
import org.waterspout.runtime.Engine;

/** An encoder that is loaded: texts to sequences, sequences to numbers. Safe for use from several threads. */
final class LoadedEncoder implements AutoCloseable {

    /**
     * A text as the model takes it.
     *
     * @param truncated tokens were cut off to make it fit
     */
    record Fitted(Encoding encoding, boolean truncated) {

        Sequence sequence() {
            return Sequence.of(encoding.tokens(), encoding.types());
        }
    }

    private final LoadedModel loaded;
    private final Encoder encoder;
    private final int longest;
    private final boolean cutsBeginning;
    /** Encoding reads memory outside the heap, which {@link #close()} gives back. */
    private final ReadWriteLock tokenizerUse = new ReentrantReadWriteLock();
    private boolean closed;

    private LoadedEncoder(LoadedModel loaded, Target target, LoadOptions options) {
        this.loaded = loaded;
        this.encoder = new Encoder(loaded.plan(), loaded.architecture(), target);
        String family = loaded.architecture().family();
        int own = loaded.file().metadata().integerOr(family + ".text_length", Integer.MAX_VALUE);
        this.cutsBeginning = loaded.file().metadata().optionalString(family + ".truncation_side").orElse("right").equals("left");
        // a length that was asked for goes before the one that the model was made with
        this.longest = options.contextLength() > 0 || own <= 0 ? encoder.longest() : Math.min(encoder.longest(), own);
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

    Encoder encoder() {
        return encoder;
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
     * A text may be empty: its vector or label is that of the special tokens alone.
     *
     * @param truncate cut off what is too much, at the end that the tokenizer's files name
     * @throws InvalidRequestException for a text longer than the model takes
     */
    Fitted fit(String text, boolean truncate) {
        return withTokenizer(tokenizer -> {
            Encoding pieces = tokenizer.pieces(text, false);
            int added = tokenizer.template().added();
            int room = longest - added;
            if (pieces.length() > room && !(truncate && room >= 0)) {
                throw new TooLongException("the text has " + (pieces.length() + added) + " tokens, the model takes at most "
                        + longest + (room < 0 ? ", fewer than it adds itself" : truncate ? "" : ": shorten it, or have it truncated"));
            }
            return new Fitted(tokenizer.template().around(cut(pieces, room)), pieces.length() > room);
        });
    }

    /**
     * Two texts, either of which may be empty. Where they are too long together the longer one is cut, and when that is no longer than the
     * other, both: the strategy "longest first" of Hugging Face's tokenizers.
     *
     * @param truncate as for {@link #fit(String, boolean)}
     * @throws InvalidRequestException for a pair longer than the model takes, or when the model takes no pairs
     */
    Fitted fit(String first, String second, boolean truncate) {
        return withTokenizer(tokenizer -> {
            Encoding query = tokenizer.pieces(first, false);
            Encoding document = tokenizer.pieces(second, false);
            int added = tokenizer.template().addedToPair();
            int room = longest - added;
            int both = query.length() + document.length();
            if (both > room && !(truncate && room >= 0)) {
                throw new TooLongException("the query has " + query.length() + " tokens and the document " + document.length()
                        + "; with " + added + " special ones the model takes at most " + longest
                        + (truncate ? "" : ": shorten them, or have them truncated"));
            }
            int shorter = Math.min(query.length(), document.length());
            int longer = Math.max(shorter, room - shorter);
            if (both > room && shorter + longer > room) {
                shorter = room / 2;
                longer = room - shorter;
            }
            boolean swapped = query.length() > document.length();
            return new Fitted(tokenizer.template().around(cut(query, swapped ? longer : shorter),
                    cut(document, swapped ? shorter : longer)), both > room);
        });
    }

    /** Leading tokens of a text that are those of the prompt before it: the prompt alone, without a special token behind it. */
    int promptLength(String prompt) {
        return withTokenizer(tokenizer -> {
            Encoding alone = tokenizer.template().around(tokenizer.pieces(prompt, false));
            int last = alone.length() - 1;
            return last >= 0 && alone.sequence()[last] < 0 ? last : alone.length();
        });
    }

    private Encoding cut(Encoding pieces, int room) {
        return cutsBeginning ? pieces.slice(Math.max(0, pieces.length() - room), pieces.length()) : pieces.slice(0, room);
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
                throw Engine.closedModel();
            }
            return use.apply(loaded.tokenizer());
        } finally {
            tokenizerUse.readLock().unlock();
        }
    }

    /** As {@link Encoder#run}. */
    List<float[]> run(List<Fitted> texts, RequestOptions options) {
        return encoder.run(texts.stream().map(Fitted::sequence).toList(), options);
    }

    /** Waits for the step under way, then gives back the memory. */
    @Override
    public void close() {
        encoder.close();
        tokenizerUse.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                    loaded.close();
            }
        } finally {
            tokenizerUse.writeLock().unlock();
        }
    }
}
