package org.waterspout.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.waterspout.backend.Plan;
import org.waterspout.error.BusyException;
import org.waterspout.error.CancelledException;
import org.waterspout.error.ClosedException;
import org.waterspout.generate.RequestOptions;

/**
 * Runs the requests of many callers on one plan, or on two where a draft model proposes tokens. A thread of its own has the plans: it
 * lets requests begin, makes a step, hands out what came of it, and begins again. Callers hand in {@link Call}s from any thread and take
 * events out of them; no code of theirs runs here.
 *
 * <p>Requests begin in the order of their priority, then of their arrival. A request waits for at most {@value Waiting#OVERTAKING} later
 * ones for each step of priority that they have more, so none waits for ever. The thread starts with the first request and ends with
 * {@link #close()}.
 */
public final class Engine implements AutoCloseable {

    /** Requests that may wait before the next is refused. */
    public static final int QUEUE = 1024;

    private static final String CLOSED = "the model is closed: load it again";

    private final List<Plan> plans;
    private final Scheduler scheduler;
    private final Waiting waiting = new Waiting();
    /** Calls that have not ended; the engine thread's own. */
    private final List<Call<?>> open = new ArrayList<>();
    private boolean warm;

    private final Object monitor = new Object();
    // guarded by the monitor
    private final Deque<Call<?>> arrived = new ArrayDeque<>();
    private final Deque<Call<Void>> warmUps = new ArrayDeque<>();
    private boolean closed;
    private Thread thread;

    /** Takes over {@code plan} and closes it with itself. */
    Engine(Plan plan, Scheduler scheduler) {
        this(List.of(plan), scheduler);
    }

    /**
     * Takes over {@code plans} and closes them with itself.
     *
     * @param plans the model's, then a draft model's
     */
    Engine(List<Plan> plans, Scheduler scheduler) {
        this.plans = List.copyOf(plans);
        this.scheduler = scheduler;
    }

    /** The plan that it runs: for looking at, and for validation while no request is under way. */
    public Plan plan() {
        return plans.getFirst();
    }

    /** Why a closed model does nothing. */
    public static ClosedException closedModel() {
        return new ClosedException(CLOSED);
    }

    /** Hands a call over. Errors as {@link #submit(List)}. */
    void submit(Call<?> call) {
        submit(List.of(call));
    }

    /**
     * Hands calls over, all or none.
     *
     * @throws BusyException   when so many wait that there is no room for all of them
     * @throws ClosedException when closed
     */
    void submit(List<? extends Call<?>> calls) {
        synchronized (monitor) {
            if (closed) {
                throw closedModel();
            }
            if (waiting.calls() + calls.size() > QUEUE) {
                throw new BusyException(waiting.calls() + " requests wait for this model already, of at most " + QUEUE
                        + ": try again later");
            }
            calls.forEach(waiting::announce);
            arrived.addAll(calls);
            wake();
        }
    }

    private void wake() {
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("waterspout-engine").unstarted(this::run);
            thread.setContextClassLoader(Engine.class.getClassLoader());
            thread.start();
        }
        monitor.notifyAll();
    }

    /**
     * Hands a call over and waits for its end; a call without tasks has ended already. Errors as {@link #submit}, and
     *
     * @throws CancelledException                       when the thread is interrupted, which it stays
     * @throws org.waterspout.error.DeadlineException   when its time is over
     * @throws org.waterspout.error.OutOfMemoryException when there is no room for it even when it is alone
     */
    void complete(Call<?> call) {
        if (!call.tasks().isEmpty()) {
            submit(call);
            while (call.next().isPresent()) {
                // only the end is of interest
            }
        } else if (isClosed()) {
            throw closedModel();
        }
    }

    /** As {@link Plan#warmUp()}, between two steps. */
    public void warmUp() {
        Call<Void> call = new Call<>(RequestOptions.DEFAULT);
        synchronized (monitor) {
            if (closed) {
                throw closedModel();
            }
            warmUps.add(call);
            wake();
        }
        call.next();
    }

    /** Before the first request begins, so that its times hold no compiler's; where it fails, so do those who wait for it. */
    private void warmUp(List<Call<Void>> asked) {
        if (warm || asked.isEmpty() && waiting.isEmpty()) {
            asked.forEach(Call::succeed);
            return;
        }
        try {
            plans.forEach(Plan::warmUp);
            warm = true;
            asked.forEach(Call::succeed);
        } catch (RuntimeException | Error failure) {
            asked.forEach(call -> call.fail(Failures.of(failure)));
            open.forEach(call -> call.fail(Failures.of(failure)));
        }
    }

    private void run() {
        RuntimeException why = closedModel();
        try {
            while (takeArrivals()) {
                endThoseThatShould();
                scheduler.admit(waiting);
                scheduler.step(waiting);
            }
        } catch (RuntimeException | Error fault) {
            why = Failures.of(fault);
            throw fault;
        } finally {
            end(why);
        }
    }

    /** Waits until there is something to do; false when there never will be. */
    private boolean takeArrivals() {
        List<Call<Void>> asked;
        synchronized (monitor) {
            while (!closed && arrived.isEmpty() && warmUps.isEmpty() && waiting.isEmpty() && scheduler.isIdle()) {
                try {
                    monitor.wait();
                } catch (InterruptedException ignored) {
                    // nobody outside has this thread, so this is no wish of a caller
                    continue;
                }
            }
            if (closed) {
                return false;
            }
            while (!arrived.isEmpty()) {
                open.add(arrived.peek());
                waiting.add(arrived.remove());
            }
            asked = new ArrayList<>(warmUps);
            warmUps.clear();
        }
        warmUp(asked);
        return true;
    }

    private void endThoseThatShould() {
        long now = System.nanoTime();
        for (Call<?> call : open) {
            if (!call.ended() && (call.isCancelled() || call.isLate(now))) {
                Task.Stop why = call.isCancelled() ? Task.Stop.CANCELLED : Task.Stop.LATE;
                call.tasks().stream().filter(task -> !task.done()).forEach(task -> task.stop(why));
            }
        }
        if (open.removeIf(Call::ended)) {
            waiting.removeEnded();
            scheduler.removeEnded();
        }
    }

    /** Whatever the thread ends for, nobody waits for it any more. */
    private void end(RuntimeException why) {
        synchronized (monitor) {
            closed = true;
            open.addAll(arrived);
            arrived.clear();
            warmUps.forEach(call -> call.fail(why));
            warmUps.clear();
        }
        open.forEach(call -> call.fail(why));
        plans.forEach(Plan::close);
    }

    private boolean isClosed() {
        synchronized (monitor) {
            return closed;
        }
    }

    /** Ends what is under way after its step, then closes its plans and waits for that. */
    @Override
    public void close() {
        Thread running;
        synchronized (monitor) {
            boolean first = !closed;
            closed = true;
            running = thread;
            if (running == null && first) {
                plans.forEach(Plan::close);
            }
            monitor.notifyAll();
        }
        if (running != null && running != Thread.currentThread()) {
            join(running);
        }
    }

    /** Memory may be given back only when nobody computes any more, so an interrupt is kept for later. */
    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
