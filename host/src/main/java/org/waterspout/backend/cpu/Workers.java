package org.waterspout.backend.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.waterspout.error.DeviceException;

/**
 * Threads that all run the same task, each with its own number, and meet at barriers. The caller is worker 0. A barrier costs
 * 0.1 to 0.2 microseconds where each thread has a core: threads spin for it, and yield after {@link #SPINS} turns, because a
 * longer spin stalls everything once two of them share a core. Idle threads sleep.
 */
final class Workers implements AutoCloseable {

    /** What every worker runs. */
    @FunctionalInterface
    interface Task {
        /** @param worker from 0 to {@link Workers#count()} */
        void run(int worker);
    }

    private static final int SPINS = 500;
    /** How long a worker stays awake after a task: longer than choosing a token takes, shorter than anybody minds. */
    private static final long AWAKE_NANOS = 2_000_000;

    private static final VarHandle ARRIVED;
    private static final VarHandle PHASE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ARRIVED = lookup.findVarHandle(Workers.class, "arrived", int.class);
            PHASE = lookup.findVarHandle(Workers.class, "phase", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Thrown out of a barrier that another worker will never reach. */
    private static final class Stopped extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Stopped() {
            super("another worker failed", null, false, false);
        }
    }

    private final Thread[] threads;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger finished = new AtomicInteger();
    private Task task;
    private volatile int started;
    private volatile boolean closed;
    private int arrived;
    private int phase;

    Workers(int count) {
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name("waterspout-cpu-" + worker).start(() -> serve(worker));
        }
    }

    int count() {
        return threads.length + 1;
    }

    /**
     * Runs {@code work} on every worker and returns when all have finished. What one of them throws is thrown here, after the
     * others have stopped at their next barrier.
     */
    void run(Task work) {
        lock.lock();
        try {
            if (closed) {
                throw new DeviceException("the cpu backend is closed: open a new one");
            }
            failure.set(null);
            finished.set(0);
            arrived = 0;
            task = work;
            started++; // the lock's holder alone writes it; workers read task after it
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
            attempt(0);
            for (int spin = 0; finished.getAcquire() < count(); spin++) {
                pause(spin);
            }
            task = null;
            throwIfFailed();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every worker of the running task is here; what each wrote before is then seen by all. */
    void barrier() {
        int now = (int) PHASE.getAcquire(this);
        if ((int) ARRIVED.getAndAdd(this, 1) == threads.length) {
            ARRIVED.setOpaque(this, 0);
            PHASE.setRelease(this, now + 1);
            return;
        }
        for (int spin = 0; (int) PHASE.getAcquire(this) == now; spin++) {
            if (failure.getAcquire() != null) {
                throw new Stopped();
            }
            pause(spin);
        }
    }

    private static void pause(int spin) {
        if (spin < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    private void serve(int worker) {
        int seen = 0;
        while (true) {
            long parkAt = System.nanoTime() + AWAKE_NANOS;
            for (int spin = 0; started == seen && !closed; spin++) {
                if (spin > SPINS && System.nanoTime() > parkAt) {
                    LockSupport.park(this);
                } else {
                    pause(spin);
                }
            }
            if (closed) {
                return;
            }
            seen = started;
            attempt(worker);
        }
    }

    private void attempt(int worker) {
        try {
            task.run(worker);
        } catch (Stopped stopped) {
            // the worker that failed first has left its reason in failure
        } catch (Throwable thrown) { // an Error as well: the caller must hear of it, and this thread must live on
            failure.compareAndSet(null, thrown);
        } finally {
            finished.getAndIncrement();
        }
    }

    private void throwIfFailed() {
        switch (failure.get()) {
            case null -> { }
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            case Throwable thrown -> throw new DeviceException("a cpu worker failed: " + thrown, thrown);
        }
    }

    /** Ends the threads, after the running task if there is one. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
        } finally {
            lock.unlock();
        }
        for (Thread thread : threads) {
            boolean interrupted = Thread.interrupted();
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
