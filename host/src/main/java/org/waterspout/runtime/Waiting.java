package org.waterspout.runtime;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Tasks that have not begun, or were put back, in the order of their turns. The engine thread's own, but for the number of calls. */
final class Waiting {

    /** A request is overtaken by at most so many later ones for each step of priority that they have more. */
    static final int OVERTAKING = 64;

    static final Comparator<Task> ORDER = Comparator.<Task>comparingLong(task -> task.call().turn())
            .thenComparingLong(task -> task.call().arrival()).thenComparingInt(Task::number);

    private final NavigableSet<Task> tasks = new TreeSet<>(ORDER);
    private final AtomicInteger calls = new AtomicInteger();
    private long arrivals;

    /** Calls of which no task has begun; safe from any thread. */
    int calls() {
        return calls.get();
    }

    /** Takes in a call that was {@link #announce announced}. */
    void add(Call<?> call) {
        call.arrived(arrivals, arrivals - (long) OVERTAKING * call.priority());
        arrivals++;
        tasks.addAll(call.tasks());
    }

    /** Counts a call that will be added; safe from any thread. */
    void announce(Call<?> call) {
        call.enterQueue(calls);
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    Task first() {
        return tasks.first();
    }

    /** Takes the first task out where {@code chosen} lets it begin, then the next, until one may not: none behind it overtakes it. */
    void begin(Predicate<Task> chosen) {
        while (!tasks.isEmpty() && chosen.test(tasks.first())) {
            tasks.pollFirst().call().leaveQueue();
        }
    }

    /** A task that has begun waits again. */
    void putBack(Task task) {
        tasks.add(task);
    }

    /** Forgets tasks that are done, or whose call is. */
    void removeEnded() {
        tasks.removeIf(task -> task.done() || task.call().ended());
    }
}
