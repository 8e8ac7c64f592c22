package org.waterspout.emulator;

import java.util.Arrays;

import uk.ac.manchester.tornado.api.WorkerGrid;

/** The checked shape of a launch: work-items in all and in a group, each as x, y, z. */
record Grid(int[] global, int[] local) {
    /** One work-item: how a kernel without a context runs. */
    static Grid single() {
        return new Grid(new int[] { 1, 1, 1 }, new int[] { 1, 1, 1 });
    }

    /** Checks a task's grid as TornadoVM does not: there a bad one is a line on the console and a kernel that did not run. */
    static Grid of(KernelTask task, WorkerGrid workers, int maximumGroupSize) {
        if (workers == null) {
            throw fault(task, "has no grid: TornadoVM would run a single work-item; add a WorkerGrid under the name \""
                    + task.qualifiedName() + "\" to the GridScheduler");
        }
        int[] global = ints(task, "global", workers.getGlobalWork());
        if (workers.getLocalWork() == null) {
            return new Grid(global, new int[] { largestDivisor(global[0], maximumGroupSize), 1, 1 });
        }
        int[] local = ints(task, "local", workers.getLocalWork());
        long groupSize = (long) local[0] * local[1] * local[2];
        if (groupSize > maximumGroupSize) {
            throw fault(task, "has groups of " + groupSize + " work-items " + Arrays.toString(local)
                    + ": the device allows " + maximumGroupSize);
        }
        for (int axis = 0; axis < 3; axis++) {
            if (global[axis] % local[axis] != 0) {
                throw fault(task, "has the grid " + Arrays.toString(global) + " in groups of " + Arrays.toString(local)
                        + ": make the global size a multiple of the local size");
            }
        }
        return new Grid(global, local);
    }

    private static int[] ints(KernelTask task, String what, long[] sizes) {
        int[] result = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            if (sizes[axis] < 1 || sizes[axis] > Integer.MAX_VALUE) {
                throw fault(task, "has the " + what + " size " + Arrays.toString(sizes) + ": each must be at least 1");
            }
            result[axis] = (int) sizes[axis];
        }
        if ((long) result[0] * result[1] > Integer.MAX_VALUE || (long) result[0] * result[1] * result[2] > Integer.MAX_VALUE) {
            throw fault(task, "has the " + what + " size " + Arrays.toString(sizes) + ": more than 2147483647 work-items");
        }
        return result;
    }

    private static int largestDivisor(int number, int maximum) {
        for (int divisor = Math.min(number, maximum); divisor > 1; divisor--) {
            if (number % divisor == 0) {
                return divisor;
            }
        }
        return 1;
    }

    private static KernelFault fault(KernelTask task, String problem) {
        return new KernelFault(KernelFault.Kind.GRID, task.describe() + " " + problem);
    }

    /** Groups along an axis. */
    int groups(int axis) {
        return global[axis] / local[axis];
    }

    /** Groups in all. */
    int groupCount() {
        return groups(0) * groups(1) * groups(2);
    }

    /** Work-items of a group. */
    int groupSize() {
        return local[0] * local[1] * local[2];
    }
}
