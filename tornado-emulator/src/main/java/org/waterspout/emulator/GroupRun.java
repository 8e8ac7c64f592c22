package org.waterspout.emulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the work-items of one group, one at a time. A single thread runs item after item; an item that meets a barrier keeps
 * the thread it is on, asleep, and a new virtual thread goes on with the rest. So a kernel without barriers costs no thread,
 * and one with barriers needs no announcement. When all items wait, a phase is over and they are woken one by one, in the
 * order the settings ask for; when some wait and others have ended, the barrier is divergent.
 */
final class GroupRun {
    /** Unwinds a work-item of a group that has failed; carries no message because nobody sees it. */
    private static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super(null, null, false, false);
        }
    }

    private final Launch launch;
    private final Integer[] groupId;
    private final long salt;
    private final int size;
    private final int[] fresh;
    private final Thread launcher = Thread.currentThread();
    private final LocalMemory localMemory;
    private final Deque<WorkItem> awake = new ArrayDeque<>();
    private List<WorkItem> waiting = new ArrayList<>();
    private int started;
    private int ended;
    private int phase;
    private WorkItem running;
    private volatile boolean done;
    private volatile RuntimeException failure;

    GroupRun(Launch launch, Integer[] groupId, long salt, int[] fresh) {
        this.launch = launch;
        this.groupId = groupId;
        this.salt = salt;
        this.fresh = fresh;
        size = fresh.length;
        localMemory = new LocalMemory(launch);
    }

    /** Runs all work-items; throws what the first failing one threw. */
    void run() {
        runFresh();
        while (!done) {
            LockSupport.park(this);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void runFresh() {
        try {
            while (started < size) {
                WorkItem item = launch.workItem(this, groupId, fresh[started++]);
                running = item;
                launch.invoke(item);
                ended++;
            }
            passOn();
        } catch (Abandoned _) {
            // The group has failed already and passes nothing on.
            return;
        } catch (RuntimeException | Error thrown) {
            fail(launch.named(thrown, running));
        }
    }

    /** Called by the running item; returns when all items of the group have called it. */
    void barrier(WorkItem item) {
        if (size > 1) {
            item.prepareToPark();
            if (launch.settings().raceCheck()) {
                item.waitAt(lineOfBarrier());
            }
            waiting.add(item);
            if (started < size) {
                Thread.ofVirtual().name("emulator-", started).start(this::runFresh);
            } else {
                passOn();
            }
            item.park();
            if (failure != null) {
                throw new Abandoned();
            }
            running = item;
        }
    }

    /** Hands the group to the next item; called by an item that has ended or gone to sleep. */
    private void passOn() {
        if (awake.isEmpty() && waiting.isEmpty()) {
            finish();
            return;
        }
        if (awake.isEmpty()) {
            if (ended > 0) {
                fail(divergent("a barrier that " + waiting.size() + " of " + size + " work-items reach; on a device the rest "
                        + "would be waited for in vain"));
                return;
            }
            String line = waiting.getFirst().barrier();
            for (WorkItem item : waiting) {
                if (!item.barrier().equals(line)) {
                    fail(divergent("work-items wait at different barriers, " + line + " and " + item.barrier()));
                    return;
                }
            }
            startPhase();
        }
        awake.poll().resume();
    }

    private KernelFault divergent(String problem) {
        return new KernelFault(KernelFault.Kind.DIVERGENT_BARRIER, launch.task().describe() + ", group (" + groupId[0] + ", "
                + groupId[1] + ", " + groupId[2] + "): " + problem);
    }

    /** Costs more than the barrier itself, so it is asked for only where races are looked for. */
    private static String lineOfBarrier() {
        return StackWalker.getInstance().walk(frames -> frames
                .dropWhile(frame -> frame.getClassName().equals(GroupRun.class.getName())
                        || frame.getClassName().equals(WorkItem.class.getName()))
                .findFirst().map(frame -> frame.getFileName() + ":" + frame.getLineNumber()).orElse(""));
    }

    private void startPhase() {
        phase++;
        // Items arrive in the order of the phase before; the order asked for is one of places.
        waiting.sort(Comparator.comparingInt(WorkItem::place));
        for (int place : launch.order().permutation(waiting.size(), salt + phase)) {
            awake.add(waiting.get(place));
        }
        waiting = new ArrayList<>();
    }

    private void fail(RuntimeException fault) {
        failure = fault;
        awake.forEach(WorkItem::resume);
        waiting.forEach(WorkItem::resume);
        finish();
    }

    private void finish() {
        done = true;
        LockSupport.unpark(launcher);
    }

    /** The item that runs now. */
    WorkItem running() {
        return running;
    }

    String describeKernel() {
        return launch.task().describe();
    }

    <T> T local(WorkItem item, int allocation, Class<T> type, int elements) {
        return localMemory.array(item, allocation, type, elements);
    }
}
