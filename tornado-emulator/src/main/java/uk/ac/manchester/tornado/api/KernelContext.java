package uk.ac.manchester.tornado.api;

import org.waterspout.emulator.KernelFault;

import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/**
 * What a kernel knows of the work-item it runs as. An object made with the public constructor is only the mark that a task
 * is such a kernel; the emulator hands each work-item one of its own.
 */
public class KernelContext {
    public final Integer globalIdx;
    public final Integer globalIdy;
    public final Integer globalIdz;
    public final Integer groupIdx;
    public final Integer groupIdy;
    public final Integer groupIdz;
    public final Integer localIdx;
    public final Integer localIdy;
    public final Integer localIdz;
    public final Integer globalGroupSizeX;
    public final Integer globalGroupSizeY;
    public final Integer globalGroupSizeZ;
    public final Integer localGroupSizeX;
    public final Integer localGroupSizeY;
    public final Integer localGroupSizeZ;

    public KernelContext() {
        this(new Integer[] { 0, 0, 0 }, new Integer[] { 0, 0, 0 }, new Integer[] { 0, 0, 0 },
                new Integer[] { 0, 0, 0 }, new Integer[] { 0, 0, 0 });
    }

    /** The context of one work-item: each argument holds the values for x, y and z. */
    protected KernelContext(Integer[] globalId, Integer[] localId, Integer[] groupId, Integer[] globalSize,
            Integer[] groupSize) {
        globalIdx = globalId[0];
        globalIdy = globalId[1];
        globalIdz = globalId[2];
        localIdx = localId[0];
        localIdy = localId[1];
        localIdz = localId[2];
        groupIdx = groupId[0];
        groupIdy = groupId[1];
        groupIdz = groupId[2];
        globalGroupSizeX = globalSize[0];
        globalGroupSizeY = globalSize[1];
        globalGroupSizeZ = globalSize[2];
        localGroupSizeX = groupSize[0];
        localGroupSizeY = groupSize[1];
        localGroupSizeZ = groupSize[2];
    }

    /** Waits for all work-items of the group; what they wrote to local arrays is then seen by all. */
    public void localBarrier() {
        throw outsideKernel("localBarrier");
    }

    /** As localBarrier, for global memory too. It does not wait for other groups. */
    public void globalBarrier() {
        throw outsideKernel("globalBarrier");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public int[] allocateIntLocalArray(int size) {
        throw outsideKernel("allocateIntLocalArray");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public byte[] allocateByteLocalArray(int size) {
        throw outsideKernel("allocateByteLocalArray");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public HalfFloat[] allocateHalfFloatLocalArray(int size) {
        throw outsideKernel("allocateHalfFloatLocalArray");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public long[] allocateLongLocalArray(int size) {
        throw outsideKernel("allocateLongLocalArray");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public float[] allocateFloatLocalArray(int size) {
        throw outsideKernel("allocateFloatLocalArray");
    }

    /** An array of size elements that the work-items of a group share; not initialised. */
    public double[] allocateDoubleLocalArray(int size) {
        throw outsideKernel("allocateDoubleLocalArray");
    }

    /** array[index] += val, not divisible by other work-items. */
    public void atomicAdd(IntArray array, int index, int val) {
        throw outsideKernel("atomicAdd");
    }

    /** array[index] += val in a local array, not divisible by other work-items. */
    public void atomicAdd(int[] array, int index, int val) {
        throw outsideKernel("atomicAdd");
    }

    /** array[index] += val, not divisible by other work-items. */
    public void atomicAdd(LongArray array, int index, long val) {
        throw outsideKernel("atomicAdd");
    }

    /** Refused: OpenCL has no such operation on floats. */
    public void atomicAdd(FloatArray array, int index, float val) {
        throw outsideKernel("atomicAdd");
    }

    private static KernelFault outsideKernel(String operation) {
        return KernelFault.argument("KernelContext." + operation
                + " outside a kernel: run the method as a task of a plan, the context then comes from the emulator");
    }
}
