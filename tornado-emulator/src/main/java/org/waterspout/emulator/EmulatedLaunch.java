package org.waterspout.emulator;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** One run of one kernel over its grid. */
final class EmulatedLaunch {
    /** What accesses are attributed to; more than one only where several plans run. */
    private static final List<EmulatedLaunch> RUNNING = new CopyOnWriteArrayList<>();

    private final KernelTask task;
    private final Grid grid;
    private final ItemOrder order;
    private final Settings settings;
    private final EmulatedBuffer[] buffers;
    private final Object[] arguments;
    private final Integer[] globalSize;
    private final Integer[] groupSize;
    private GroupRun current;

    EmulatedLaunch(KernelTask task, Grid grid, ItemOrder order, Settings settings, DeviceMemory memory) {
        this.task = task;
        this.grid = grid;
        this.order = order;
        this.settings = settings;
        buffers = new EmulatedBuffer[task.argumentCount()];
        arguments = new Object[task.argumentCount()];
        for (int position = 0; position < arguments.length; position++) {
            if (task.isArray(position)) {
                buffers[position] = memory.buffer(task.graph(), task.argument(position));
                arguments[position] = buffers[position].twin();
            } else {
                arguments[position] = task.argument(position);
            }
        }
        globalSize = boxed(grid.global()[0], grid.global()[1], grid.global()[2]);
        groupSize = boxed(grid.local()[0], grid.local()[1], grid.local()[2]);
    }

    private static Integer[] boxed(int x, int y, int z) {
        return new Integer[] { x, y, z };
    }

    /** The launch and the position of the argument that is a twin; null where no running kernel has it. */
    static Argument find(Object array) {
        for (EmulatedLaunch launch : RUNNING) {
            for (int position = 0; position < launch.buffers.length; position++) {
                if (launch.buffers[position] != null && launch.buffers[position].isTwin(array)) {
                    return new Argument(launch, position);
                }
            }
        }
        return null;
    }

    /** An argument of a running kernel. */
    record Argument(EmulatedLaunch launch, int position) {
        EmulatedBuffer buffer() {
            return launch.buffers[position];
        }

        /** For messages: kernel, argument and work-item. */
        String describe() {
            WorkItem item = launch.current == null ? null : launch.current.running();
            return launch.task.describe() + ": argument #" + position + " (" + buffer().describe() + ")"
                    + (item == null ? "" : " in " + item.describe());
        }
    }

    KernelTask task() {
        return task;
    }

    ItemOrder order() {
        return order;
    }

    Settings settings() {
        return settings;
    }

    /** Runs every work-item; device memory then holds what the kernel wrote. */
    void run() {
        RUNNING.add(this);
        try {
            if (task.usesContext()) {
                Coroutine.hosting(this::runGroups);
            } else {
                runWhole();
            }
        } finally {
            RUNNING.remove(this);
        }
    }

    private void runWhole() {
        try {
            task.code().invoke(arguments);
        } catch (RuntimeException | Error thrown) {
            throw named(thrown, null);
        }
    }

    private void runGroups() {
        boolean sameForAll = !(order instanceof ItemOrder.Shuffle);
        int[] items = order.permutation(grid.groupSize(), 0);
        for (int group : order.permutation(grid.groupCount(), -1)) {
            int row = group / grid.groups(0);
            Integer[] groupId = boxed(group % grid.groups(0), row % grid.groups(1), row / grid.groups(1));
            long salt = group * 1_000_003L;
            current = new GroupRun(this, groupId, salt, sameForAll ? items : order.permutation(grid.groupSize(), salt));
            current.run();
        }
    }

    /** Makes the work-item at a place of a group; x varies fastest. */
    WorkItem workItem(GroupRun group, Integer[] groupId, int place) {
        int[] local = grid.local();
        int row = place / local[0];
        int x = place % local[0];
        int y = row % local[1];
        int z = row / local[1];
        Integer[] globalId = boxed(groupId[0] * local[0] + x, groupId[1] * local[1] + y, groupId[2] * local[2] + z);
        return new WorkItem(group, place, globalId, boxed(x, y, z), groupId, globalSize, groupSize);
    }

    /** Runs the kernel for one item. The arguments are read before the kernel starts, so the array can be reused. */
    void invoke(WorkItem item) {
        arguments[task.contextPosition()] = item;
        task.code().invoke(arguments);
    }

    /** What a kernel threw, as a fault that names the kernel. */
    RuntimeException named(Throwable thrown, WorkItem item) {
        if (thrown instanceof KernelFault fault) {
            return fault;
        }
        String where = item == null ? "" : " in " + item.describe();
        if (thrown instanceof ArrayIndexOutOfBoundsException outside) {
            return new KernelFault(KernelFault.Kind.OUT_OF_BOUNDS,
                    task.describe() + where + " leaves a local or private array: " + outside.getMessage(), thrown);
        }
        return new KernelFault(KernelFault.Kind.FAILED, task.describe() + where + " failed: " + thrown, thrown);
    }

    /** The device buffers that the kernel writes to. */
    List<EmulatedBuffer> writtenBuffers() {
        Set<EmulatedBuffer> written = new LinkedHashSet<>();
        for (int position = 0; position < buffers.length; position++) {
            if (buffers[position] != null && task.access(position).writes()) {
                written.add(buffers[position]);
            }
        }
        return List.copyOf(written);
    }
}
