package org.waterspout.emulator;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import uk.ac.manchester.tornado.api.types.HalfFloat;

/** The local arrays of one group: the nth allocation of every work-item is the same array. */
final class LocalMemory {
    private final EmulatedLaunch launch;
    private final List<Object> arrays = new ArrayList<>();
    private long bytes;

    LocalMemory(EmulatedLaunch launch) {
        this.launch = launch;
    }

    <T> T array(WorkItem item, int allocation, Class<T> type, int size) {
        if (allocation == arrays.size()) {
            arrays.add(allocate(type, size));
        }
        Object shared = arrays.get(allocation);
        if (shared.getClass() != type || Array.getLength(shared) != size) {
            throw fault("allocates local array #" + allocation + " as " + type.getSimpleName() + " of " + size + " in "
                    + item.describe() + ", but another work-item of the group as " + shared.getClass().getSimpleName() + " of "
                    + Array.getLength(shared));
        }
        return type.cast(shared);
    }

    private Object allocate(Class<?> type, int size) {
        if (size < 1) {
            throw fault("allocates a local array of " + size + " elements");
        }
        bytes += (long) size * elementBytes(type);
        if (bytes > launch.settings().localMemoryBytes()) {
            throw fault("needs " + bytes + " bytes of local memory: the device has " + launch.settings().localMemoryBytes());
        }
        return poisoned(Array.newInstance(type.getComponentType(), size));
    }

    private static int elementBytes(Class<?> type) {
        if (type == double[].class || type == long[].class) {
            return Long.BYTES;
        }
        if (type == byte[].class) {
            return Byte.BYTES;
        }
        return type == HalfFloat[].class ? Short.BYTES : Integer.BYTES;
    }

    private static Object poisoned(Object array) {
        switch (array) {
            case float[] floats -> Arrays.fill(floats, Float.intBitsToFloat(Poison.FLOAT_BITS));
            case double[] doubles -> Arrays.fill(doubles, Double.longBitsToDouble(Poison.DOUBLE_BITS));
            case int[] ints -> Arrays.fill(ints, Poison.INT);
            case long[] longs -> Arrays.fill(longs, Poison.LONG);
            case byte[] bytes -> Arrays.fill(bytes, Poison.BYTE);
            case HalfFloat[] halves -> Arrays.fill(halves, new HalfFloat(Poison.HALF_BITS));
            default -> throw new IllegalArgumentException("No local array: " + array.getClass());
        }
        return array;
    }

    private KernelFault fault(String problem) {
        return new KernelFault(KernelFault.Kind.LOCAL_MEMORY, launch.task().describe() + " " + problem);
    }
}
