package org.waterspout.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.waterspout.error.CancelledException;
import org.waterspout.generate.RequestOptions;

/**
 * One caller's request: tasks that end together. The engine puts events in, the caller takes them out, on his own thread; neither waits for
 * the other while the engine holds anything.
 *
 * @param <E> what the caller is told on the way
 */
public final class Call<E> {

    /** What comes out of the queue: an event, the end, or a failure. */
    private sealed interface Message<E> {
    }

    private record Event<E>(E event) implements Message<E> {
    }

    private record End<E>(Optional<RuntimeException> failure) implements Message<E> {
    }

    private final List<Task> tasks = new ArrayList<>();
    private final RequestOptions options;
    private final long submitted = System.nanoTime();
    private final long deadline;
    private final LinkedBlockingQueue<Message<E>> messages = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;
    /** The last message, once the caller has seen it. */
    private End<E> seen;

    // the engine thread's own
    private Optional<AtomicInteger> queue = Optional.empty();
    private boolean ended;
    private long turn;
    private long arrival;
    private int left;

    Call(RequestOptions options) {
        this.options = options;
        this.deadline = options.deadline(submitted);
    }

    /** Before it is submitted. */
    void add(Task task) {
        tasks.add(task);
        left++;
    }

    // ---- the caller's side

    /**
     * Waits for what comes next.
     *
     * @return empty at the end
     * @throws CancelledException when the thread is interrupted, which it stays: the request is cancelled
     * @throws RuntimeException   why the request failed
     */
    public Optional<E> next() {
        if (seen == null) {
            switch (taken()) {
                case Event<E> event -> {
                    return Optional.of(event.event());
                }
                case End<E> end -> seen = end;
            }
        }
        if (seen.failure().isPresent()) {
            throw seen.failure().get();
        }
        return Optional.empty();
    }

    private Message<E> taken() {
        try {
            return messages.take();
        } catch (InterruptedException interrupted) {
            cancel();
            Thread.currentThread().interrupt();
            throw new CancelledException("the request was cancelled: its thread was interrupted", interrupted);
        }
    }

    /** Ends it after the step under way. Any thread may, at any time. */
    public void cancel() {
        cancelled = true;
    }

    // ---- the engine's side

    List<Task> tasks() {
        return tasks;
    }

    boolean isCancelled() {
        return cancelled;
    }

    boolean isLate(long now) {
        return now - deadline >= 0;
    }

    int priority() {
        return options.priority();
    }

    /** When the caller handed it over, as {@link System#nanoTime()} counts. */
    long submitted() {
        return submitted;
    }

    boolean ended() {
        return ended;
    }

    /** Takes a place among the calls that wait, of which {@code waiting} is the number. Before the engine thread has it. */
    void enterQueue(AtomicInteger waiting) {
        waiting.incrementAndGet();
        queue = Optional.of(waiting);
    }

    /** Gives its place among those that wait back, if it has it still. */
    void leaveQueue() {
        queue.ifPresent(AtomicInteger::decrementAndGet);
        queue = Optional.empty();
    }

    /** Its place in the order of waiting: the smaller the earlier. */
    long turn() {
        return turn;
    }

    /** How many came before it. */
    long arrival() {
        return arrival;
    }

    void arrived(long number, long ownTurn) {
        arrival = number;
        turn = ownTurn;
    }

    void tell(E event) {
        put(new Event<>(event));
    }

    /** Its place in the queue is free before the caller knows of its end, so that he may ask again at once. */
    private void put(Message<E> message) {
        leaveQueue();
        messages.add(message);
    }

    /** One task has its result; the call ends with the last. */
    void taskEnded() {
        if (--left == 0) {
            succeed();
        }
    }

    void succeed() {
        end(Optional.empty());
    }

    /** Ends it at once, whatever is left of it. */
    void fail(RuntimeException failure) {
        end(Optional.of(failure));
    }

    private void end(Optional<RuntimeException> failure) {
        if (!ended) {
            ended = true;
            put(new End<>(failure));
        }
    }
}
