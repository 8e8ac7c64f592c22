package org.waterspout.emulator;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/** The context of one work-item, and its place in its group. Work-items run one at a time, so atomics need no care. */
final class WorkItem extends KernelContext {
    private final GroupRun group;
    private final int place;
    private int allocations;
    private Coroutine resting;
    private String barrier = "";

    WorkItem(GroupRun group, int place, Integer[] globalId, Integer[] localId, Integer[] groupId, Integer[] globalSize,
            Integer[] groupSize) {
        super(globalId, localId, groupId, globalSize, groupSize);
        this.group = group;
        this.place = place;
    }

    /** Where the item stands in its group, x fastest. */
    int place() {
        return place;
    }

    /** For messages. */
    String describe() {
        return "work-item (" + globalIdx + ", " + globalIdy + ", " + globalIdz + ")";
    }

    /** Stops at a barrier; returns when the item is to go on. */
    void rest(Coroutine coroutine) {
        resting = coroutine;
        coroutine.pause();
        resting = null;
    }

    /** What the item's code is stopped on; null where it runs or has ended. */
    Coroutine resting() {
        return resting;
    }

    /** Where the item waits, as a line of code; empty where nobody asked. */
    String barrier() {
        return barrier;
    }

    void waitAt(String line) {
        barrier = line;
    }

    @Override
    public void localBarrier() {
        group.barrier(this);
    }

    @Override
    public void globalBarrier() {
        group.barrier(this);
    }

    @Override
    public int[] allocateIntLocalArray(int size) {
        return group.local(this, allocations++, int[].class, size);
    }

    @Override
    public byte[] allocateByteLocalArray(int size) {
        return group.local(this, allocations++, byte[].class, size);
    }

    @Override
    public HalfFloat[] allocateHalfFloatLocalArray(int size) {
        return group.local(this, allocations++, HalfFloat[].class, size);
    }

    @Override
    public long[] allocateLongLocalArray(int size) {
        return group.local(this, allocations++, long[].class, size);
    }

    @Override
    public float[] allocateFloatLocalArray(int size) {
        return group.local(this, allocations++, float[].class, size);
    }

    @Override
    public double[] allocateDoubleLocalArray(int size) {
        return group.local(this, allocations++, double[].class, size);
    }

    @Override
    public void atomicAdd(IntArray array, int index, int val) {
        array.set(index, array.get(index) + val);
    }

    @Override
    public void atomicAdd(int[] array, int index, int val) {
        array[index] += val;
    }

    @Override
    public void atomicAdd(LongArray array, int index, long val) {
        array.set(index, array.get(index) + val);
    }

    @Override
    public void atomicAdd(FloatArray array, int index, float val) {
        throw KernelFault.argument(group.describeKernel()
                + " calls atomicAdd on a FloatArray: OpenCL has no such operation; reduce in local memory");
    }
}
