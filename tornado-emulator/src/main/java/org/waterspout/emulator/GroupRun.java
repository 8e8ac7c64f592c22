package org.waterspout.emulator;

/**
 * Runs the work-items of one group, one at a time. A coroutine runs item after item; an item that meets a barrier keeps the
 * coroutine it is on, and a new one goes on with the rest. So a kernel without barriers costs one coroutine, and one with
 * barriers needs no announcement. When all items wait, a phase is over and they go on one by one, in the order the settings ask
 * for; when some wait and others have ended, the barrier is divergent.
 */
final class GroupRun {
    private final EmulatedLaunch launch;
    private final Integer[] groupId;
    private final long salt;
    private final int size;
    private final int[] fresh;
    private final LocalMemory localMemory;
    /** By place in the group. */
    private final WorkItem[] items;
    private int started;
    private int ended;
    private int phase;
    private Coroutine current;
    private WorkItem running;

    GroupRun(EmulatedLaunch launch, Integer[] groupId, long salt, int[] fresh) {
        this.launch = launch;
        this.groupId = groupId;
        this.salt = salt;
        this.fresh = fresh;
        size = fresh.length;
        items = new WorkItem[size];
        localMemory = new LocalMemory(launch);
    }

    /** Runs all work-items; throws what the first failing one threw. */
    void run() {
        try {
            if (size == 1) {
                runFresh();
            }
            while (started < size) {
                advance(Coroutine.of(this::runFresh));
            }
            while (ended < size) {
                requireOneBarrier();
                phase++;
                for (int place : launch.order().permutation(size, salt + phase)) {
                    running = items[place];
                    advance(running.resting());
                }
            }
        } catch (RuntimeException | Error thrown) {
            RuntimeException fault = launch.named(thrown, running);
            abandonItems();
            throw fault;
        }
    }

    private void advance(Coroutine coroutine) {
        current = coroutine;
        coroutine.advance();
    }

    private void runFresh() {
        while (started < size) {
            int place = fresh[started++];
            WorkItem item = launch.workItem(this, groupId, place);
            items[place] = item;
            running = item;
            launch.invoke(item);
            ended++;
        }
    }

    /** Called by the running item; returns when all items of the group have called it. */
    void barrier(WorkItem item) {
        if (size > 1) {
            if (launch.settings().raceCheck()) {
                item.waitAt(lineOfBarrier());
            }
            item.rest(current);
        }
    }

    private void requireOneBarrier() {
        if (ended > 0) {
            throw divergent("a barrier that " + (size - ended) + " of " + size + " work-items reach; on a device the rest "
                    + "would be waited for in vain");
        }
        String line = items[fresh[0]].barrier();
        for (int place : fresh) {
            if (!items[place].barrier().equals(line)) {
                throw divergent("work-items wait at different barriers, " + line + " and " + items[place].barrier());
            }
        }
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

    private void abandonItems() {
        for (WorkItem item : items) {
            if (item != null && item.resting() != null) {
                item.resting().abandon();
            }
        }
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
