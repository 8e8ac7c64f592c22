package org.waterspout.emulator;

import java.util.ArrayList;
import java.util.List;

import uk.ac.manchester.tornado.api.enums.DataTransferMode;

/** Collects the tasks and transfers of a graph and refuses what TornadoVM would not run. */
public final class GraphRecorder {
    private final String name;
    private final List<KernelTask> tasks = new ArrayList<>();
    private final List<Transfer> transfers = new ArrayList<>();

    public GraphRecorder(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Adds a task; code is one of TornadoFunctions' interfaces. */
    public void task(String id, Object code, Object[] arguments) {
        KernelTask task = new KernelTask(name, id, new KernelCode(code), arguments);
        for (KernelTask earlier : tasks) {
            if (earlier.qualifiedName().equals(task.qualifiedName())) {
                throw KernelFault.argument("Task " + task.qualifiedName() + " is in the graph already: give it another name");
            }
        }
        tasks.add(task);
    }

    /** Records arrays that go to the device. */
    public void transferToDevice(int mode, Object[] arrays) {
        switch (mode) {
            case DataTransferMode.FIRST_EXECUTION, DataTransferMode.EVERY_EXECUTION -> {
                for (Object array : arrays) {
                    transfers.add(new Transfer.ToDevice(checked(array), mode == DataTransferMode.EVERY_EXECUTION));
                }
            }
            default -> throw new KernelFault(KernelFault.Kind.TRANSFER, "Graph " + name + ": transferToDevice with mode "
                    + mode + ": use FIRST_EXECUTION or EVERY_EXECUTION");
        }
    }

    /** Records arrays that come back from the device. */
    public void transferToHost(int mode, Object[] arrays) {
        Transfer.When when = switch (mode) {
            case DataTransferMode.FIRST_EXECUTION -> Transfer.When.FIRST;
            case DataTransferMode.EVERY_EXECUTION -> Transfer.When.EVERY;
            case DataTransferMode.UNDER_DEMAND -> Transfer.When.ON_DEMAND;
            default -> throw new KernelFault(KernelFault.Kind.TRANSFER, "Graph " + name + ": transferToHost with mode " + mode
                    + ": use one of DataTransferMode's");
        };
        for (Object array : arrays) {
            transfers.add(new Transfer.ToHost(checked(array), when));
        }
    }

    /** Records arrays that stay on the device; for TornadoVM this is a transfer to the host under demand. */
    public void persistOnDevice(Object[] arrays) {
        transferToHost(DataTransferMode.UNDER_DEMAND, arrays);
    }

    /** Records arrays that a certain graph leaves on the device. */
    public void consumeFromDevice(String fromGraph, Object[] arrays) {
        for (Object array : arrays) {
            transfers.add(new Transfer.Consume(checked(array), fromGraph));
        }
    }

    /** Records arrays that whatever graph runs before leaves on the device. */
    public void consumeFromDevice(Object[] arrays) {
        // TornadoVM enters the consuming graph itself as the source, and so must this for the rules to be the same.
        consumeFromDevice(name, arrays);
    }

    private Object checked(Object array) {
        if (!EmulatedBuffer.holds(array)) {
            throw new KernelFault(KernelFault.Kind.TRANSFER, "Graph " + name + " transfers "
                    + (array == null ? "null" : "a " + array.getClass().getSimpleName())
                    + ": only TornadoVM's arrays and float vectors have a copy on the emulated device");
        }
        return array;
    }

    /** What was recorded so far. */
    public GraphDescription snapshot() {
        return new GraphDescription(name, tasks, transfers);
    }
}
