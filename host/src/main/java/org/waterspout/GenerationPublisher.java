package org.waterspout;

import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.waterspout.generate.GenerationEvent;

/** Tells one subscriber the events of an answer, on a virtual thread, as many as he asks for. */
final class GenerationPublisher implements Flow.Publisher<GenerationEvent> {

    private final Generation generation;
    private final AtomicBoolean taken = new AtomicBoolean();

    GenerationPublisher(Generation generation) {
        this.generation = generation;
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
            generation.cancel();
            asked.release();
        }

        private void run() {
            try {
                while (generation.hasNext()) {
                    asked.acquireUninterruptibly();
                    if (cancelled) {
                        return;
                    }
                    if (wrong) {
                        generation.cancel();
                        subscriber.onError(new IllegalArgumentException("a subscriber asks for 1 event or more"));
                        return;
                    }
                    subscriber.onNext(generation.next());
                }
                if (!cancelled) {
                    subscriber.onComplete();
                }
            } catch (RuntimeException failure) {
                generation.cancel();
                subscriber.onError(failure);
            }
        }
    }
}
