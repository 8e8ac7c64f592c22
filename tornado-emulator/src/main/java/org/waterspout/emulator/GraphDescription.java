package org.waterspout.emulator;

import java.util.List;
import java.util.Map;

/** A recorded graph: its tasks in order and its transfers, none of which changes any more. */
public final class GraphDescription {
    private final String name;
    private final List<KernelTask> tasks;
    private final List<Transfer> transfers;

    GraphDescription(String name, List<KernelTask> tasks, List<Transfer> transfers) {
        this.name = name;
        this.tasks = List.copyOf(tasks);
        this.transfers = List.copyOf(transfers);
    }

    String name() {
        return name;
    }

    List<KernelTask> tasks() {
        return tasks;
    }

    List<Transfer> transfers() {
        return transfers;
    }

    /** The arrays that another graph must have left on the device. */
    List<Transfer.Consume> consumed() {
        return transfers.stream().filter(Transfer.Consume.class::isInstance).map(Transfer.Consume.class::cast).toList();
    }

    /** What the first task that uses an array does with it: this alone decides whether the array is copied in. */
    Access firstAccess(Object array) {
        for (KernelTask task : tasks) {
            Access access = task.accessTo(array);
            if (access != Access.NONE) {
                return access;
            }
        }
        return Access.NONE;
    }

    /** Puts the task that each "graph.task" names into a map. */
    void nameTasks(Map<String, KernelTask> named) {
        tasks.forEach(task -> named.put(task.qualifiedName(), task));
    }
}
