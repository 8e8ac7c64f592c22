package org.waterspout.runtime;

import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.waterspout.generate.GenerationEvent;

/** Tells one subscriber the events of an answer, on a virtual thread, as many as he asks for. */
public final class GenerationPublisher implements Flow.Publisher<GenerationEvent> {

    private final Iterator<GenerationEvent> events;
    private final Runnable cancel;
    private final AtomicBoolean taken = new AtomicBoolean();

    /**
     * @param events of the answer
     * @param cancel ends it
     */
    public GenerationPublisher(Iterator<GenerationEvent> events, Runnable cancel) {
        this.events = events;
        this.cancel = cancel;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super GenerationEvent> subscriber) {
        Reader reader = new Reader(subscriber);
        subscriber.onSubscribe(reader);
        if (!taken.compareAndSet(false, true)) {
            subscriber.onError(new IllegalStateException("an answer has one subscriber: ask again for another"));
            return;
        }
        Thread.ofVirtual().name("waterspout-subscription").start(reader::run);
    }

    private final class Reader implements Flow.Subscription {

        private final Flow.Subscriber<? super GenerationEvent> subscriber;
        private final Semaphore asked = new Semaphore(0);
        private volatile boolean cancelled;
        private volatile boolean wrong;

        Reader(Flow.Subscriber<? super GenerationEvent> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long count) {
            wrong |= count <= 0;
            int room = Integer.MAX_VALUE / 2 - asked.availablePermits(); // more than an answer can have anyway
            asked.release((int) Math.min(Math.max(count, 1), Math.max(room, 1)));
        }

        @Override
        public void cancel() {
            cancelled = true;
            cancel.run();
            asked.release();
        }

        private void run() {
            try {
                while (events.hasNext()) {
                    asked.acquireUninterruptibly();
                    if (cancelled) {
                        return;
                    }
                    if (wrong) {
                        cancel.run();
                        subscriber.onError(new IllegalArgumentException("a subscriber asks for 1 event or more"));
                        return;
                    }
                    subscriber.onNext(events.next());
                }
                if (!cancelled) {
                    subscriber.onComplete();
                }
            } catch (RuntimeException failure) {
                cancel.run();
                subscriber.onError(failure);
            }
        }
    }
}
