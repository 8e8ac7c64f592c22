package org.waterspout.emulator;

import java.lang.foreign.Arena;
import java.util.IdentityHashMap;
import java.util.Map;

import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;

/** The device memory of one plan: a buffer for each array, found by the host array's identity. */
final class DeviceMemory {
    private final long capacity;
    private final Map<Object, DeviceBuffer> buffers = new IdentityHashMap<>();
    private Arena arena = Arena.ofShared();
    private long used;
    private long planLimit = Long.MAX_VALUE;

    DeviceMemory(long capacity) {
        this.capacity = capacity;
    }

    /** The buffer of an array, allocated and filled with poison when there is none. */
    DeviceBuffer buffer(Object host) {
        DeviceBuffer buffer = buffers.get(host);
        if (buffer == null) {
            long bytes = DeviceBuffer.bytes(host);
            checkRoomFor(bytes);
            buffer = new DeviceBuffer(host, arena);
            used += bytes;
            buffers.put(host, buffer);
        }
        return buffer;
    }

    private void checkRoomFor(long bytes) {
        if (used + bytes > planLimit) {
            throw new TornadoMemoryException("The plan's memory limit of " + planLimit + " bytes is exceeded: " + (used + bytes)
                    + " bytes are needed; raise withMemoryLimit");
        }
        if (used + bytes > capacity) {
            throw new TornadoOutOfMemoryException("Unable to allocate " + bytes + " bytes beside " + used + " of " + capacity
                    + ": raise -Dtornado.device.memory");
        }
    }

    /** Whether an array has a buffer. */
    boolean has(Object host) {
        return buffers.containsKey(host);
    }

    long used() {
        return used;
    }

    void limit(long bytes) {
        planLimit = bytes;
    }

    /** Gives all memory back; what was on the device is lost. */
    void free() {
        buffers.clear();
        arena.close();
        arena = Arena.ofShared();
        used = 0;
    }
}
