package org.waterspout;

import java.lang.ref.Cleaner;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.runtime.Call;
import org.waterspout.runtime.GenerationPublisher;

/**
 * One answer on its way: text as it becomes sure (with a beam all at the end of the search), and a {@link GenerationEvent.Finished} last.
 * The model computes it whether or not anybody reads, and keeps what was not read yet. {@link #cancel()} and {@link #close()} may come from
 * any thread; an answer that nobody refers to any more is cancelled, too.
 */
public final class Generation implements Iterator<GenerationEvent>, AutoCloseable {

    private static final Cleaner FORGOTTEN = Cleaner.create();

    private final Call<GenerationEvent> call;
    private volatile Completion completion;

    Generation(Call<GenerationEvent> call) {
        this.call = call;
        FORGOTTEN.register(this, call::cancel);
    }

    /** Ends the answer after the step under way, with {@link FinishReason#CANCELLED}. */
    public void cancel() {
        call.cancel();
    }

    @Override
    public boolean hasNext() {
        return completion == null;
    }

    /**
     * Waits until there is text to tell, or the answer is finished.
     *
     * @throws org.waterspout.error.CancelledException when the thread is interrupted, which it stays: the answer is cancelled
     * @throws org.waterspout.error.WaterspoutException when the answer failed
     */
    @Override
    public synchronized GenerationEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer is finished");
        }
        Optional<GenerationEvent> event = call.next();
        if (event.orElseThrow() instanceof GenerationEvent.Finished finished) {
            completion = finished.completion();
        }
        return event.get();
    }

    /** Waits for the whole answer. Errors as {@link #next()}. */
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

    /**
     * The events that are still to come, for one subscriber, who is told on a virtual thread; cancelling his subscription cancels the
     * answer.
     */
    public Flow.Publisher<GenerationEvent> publisher() {
        return new GenerationPublisher(this, this::cancel);
    }

    /**
     * The whole answer, once it is there. What depends on it runs on a virtual thread, not on the engine's. Cancelling the future cancels
     * the answer; it fails as {@link #complete()} does.
     */
    public CompletableFuture<Completion> future() {
        CompletableFuture<Completion> future = new CompletableFuture<>();
        future.whenComplete((_, _) -> {
            if (future.isCancelled()) {
                cancel();
            }
        });
        Thread.ofVirtual().name("waterspout-future").start(() -> {
            try {
                future.complete(complete());
            } catch (RuntimeException failure) {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    /** Ends an unfinished answer after the step under way. */
    @Override
    public void close() {
        call.cancel();
    }
}
