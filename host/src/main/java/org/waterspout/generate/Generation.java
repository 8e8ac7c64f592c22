package org.waterspout.generate;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.text.StreamDecoder;
import org.waterspout.model.text.Tokenizer;

/**
 * One answer on its way. Iterating computes it, in the iterating thread: text as it becomes sure (with a beam all at the end of the search), and
 * a {@link GenerationEvent.Finished} last. {@link #cancel()} and {@link #close()} may come from any thread. Closing it frees its place in the
 * model.
 */
public final class Generation implements Iterator<GenerationEvent>, AutoCloseable {

    private final Engine engine;
    private final Set<Integer> endTokens;
    private final GenerationRequest request;
    private final int[] prompt;
    private final List<Engine.Slot> slots;
    private final Engine.Slot slot;
    private final Decoding decoding;
    private final int reused;
    private final int maxTokens;
    private final Sampler sampler;
    private final Optional<StreamDecoder> decoder;
    private final StopStrings stops;
    private final StringBuilder text = new StringBuilder();
    private int[] tokens = new int[16];
    private int count;
    private volatile boolean cancelled;
    private boolean closed;
    private FinishReason reason;
    private volatile Completion completion;
    private long started;
    private long prefilled;
    private long ended;

    /**
     * @param tokenizer makes text of the tokens; without one the answer has none
     * @param endTokens tokens after which the answer ends
     * @param decoding  how the model's file wants tokens chosen, changed as the request asks
     * @param prompt    the request's prompt as token ids
     * @throws InvalidRequestException for stop strings where there is no text; a prompt that is empty or too long; or when all places are taken
     */
    public Generation(Engine engine, Optional<Tokenizer> tokenizer, Set<Integer> endTokens, GenerationRequest request, Decoding decoding, int[] prompt) {
        if (tokenizer.isEmpty() && !request.stopStrings().isEmpty()) {
            throw new InvalidRequestException("the model has no tokenizer, so its answers have no text to find a stop string in: leave the stop strings away");
        }
        this.engine = engine;
        this.endTokens = Set.copyOf(endTokens);
        this.request = request;
        this.prompt = prompt.clone();
        this.maxTokens = request.maxTokens().orElse(decoding.maxTokens());
        this.sampler = new Sampler(decoding, prompt, this.endTokens, engine.vocabulary());
        this.decoder = tokenizer.map(present -> StreamDecoder.continuing(present, false));
        this.stops = new StopStrings(request.stopStrings());
        this.decoding = decoding;
        this.slots = engine.acquire(this.prompt, request.reusePrefix(), decoding.beams());
        this.slot = slots.getFirst();
        this.reused = slot.length();
    }

    /** Ends the answer after the step under way, with {@link FinishReason#CANCELLED}. */
    public void cancel() {
        cancelled = true;
    }

    @Override
    public boolean hasNext() {
        return completion == null;
    }

    /** Computes until there is text to tell, or the answer is finished. */
    @Override
    public synchronized GenerationEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer is finished");
        }
        while (reason == null) {
            String more = advance();
            if (!more.isEmpty()) {
                text.append(more);
                return new GenerationEvent.Text(more);
            }
        }
        completion = new Completion(text.toString(), Arrays.copyOf(tokens, count), prompt.length, reused, reason,
                (prefilled - started) / 1e9, (ended - prefilled) / 1e9, sampler.seed());
        close();
        return new GenerationEvent.Finished(completion);
    }

    /** Computes the rest and returns the whole answer. */
    public Completion complete() {
        while (hasNext()) {
            next();
        }
        return completion;
    }

    /** The events that are still to come; closing the stream closes this generation. */
    public Stream<GenerationEvent> stream() {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .onClose(this::close);
    }

    /** One step of the model; returns the text that it made sure, perhaps none. */
    private String advance() {
        if (cancelled) {
            return finish(FinishReason.CANCELLED);
        }
        float[] logits;
        if (started == 0) {
            started = System.nanoTime();
            logits = prefill();
            prefilled = System.nanoTime();
            if (logits == null) {
                return finish(FinishReason.CANCELLED);
            }
        } else {
            logits = engine.step(slot, new int[] {tokens[count - 1]}, false);
        }
        if (count >= maxTokens) {
            return finish(FinishReason.MAX_TOKENS);
        }
        if (decoding.beams() > 1) {
            return search(logits);
        }
        int token = sampler.next(logits);
        if (endTokens.contains(token) && !request.ignoreEnd()) {
            return finish(FinishReason.END);
        }
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
        }
        tokens[count++] = token;
        String sure = stops.accept(text(token));
        if (stops.stopped()) {
            end(FinishReason.STOP_STRING);
            return sure;
        }
        if (count >= maxTokens) {
            return sure + finish(FinishReason.MAX_TOKENS);
        }
        // The token just chosen stands at position slot.length(); a next step would have to store it there.
        if (slot.length() >= engine.contextLength()) {
            return sure + finish(FinishReason.CONTEXT_FULL);
        }
        return sure;
    }

    private String text(int token) {
        return decoder.map(stream -> stream.next(token)).orElse("");
    }

    /** Searches the whole answer at once: no text is sure before the end. */
    private String search(float[] logits) {
        Set<Integer> ends = request.ignoreEnd() ? Set.of() : endTokens;
        Optional<TargetSequence> best = new PromptSearch(engine, slots, decoding, prompt, ends).best(logits, () -> cancelled);
        if (best.isEmpty()) {
            return finish(FinishReason.CANCELLED);
        }
        int[] all = best.get().tokens();
        tokens = new int[all.length];
        StringBuilder sure = new StringBuilder();
        for (int token : all) {
            tokens[count++] = token;
            sure.append(stops.accept(text(token)));
            if (stops.stopped()) {
                end(FinishReason.STOP_STRING);
                return sure.toString();
            }
        }
        boolean whole = !best.get().ended() && count >= maxTokens;
        return sure + finish(best.get().ended() ? FinishReason.END : whole ? FinishReason.MAX_TOKENS : FinishReason.CONTEXT_FULL);
    }

    /** The logits after the prompt, or null when cancelled between two parts of it. */
    private float[] prefill() {
        float[] logits = null;
        for (int[] chunk : engine.chunks(prompt, reused)) {
            if (cancelled) {
                return null;
            }
            logits = engine.step(slot, chunk, false);
        }
        return logits;
    }

    /** Ends the answer and returns the text that was held back until now. */
    private String finish(FinishReason why) {
        String rest = stops.accept(decoder.map(StreamDecoder::end).orElse(""));
        if (stops.stopped()) {
            end(FinishReason.STOP_STRING);
            return rest;
        }
        end(why);
        return rest + stops.rest();
    }

    private void end(FinishReason why) {
        reason = why;
        ended = System.nanoTime();
        started = started == 0 ? ended : started;
        prefilled = prefilled == 0 ? ended : prefilled;
    }

    /** Frees the sequence, after the step under way; an unfinished answer ends here. */
    @Override
    public void close() {
        cancelled = true; // before waiting for another thread's next(), which it ends
        synchronized (this) {
            if (!closed) {
                closed = true;
                engine.release(slots);
            }
        }
    }
}
