package org.waterspout.emulator;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;

/**
 * The device memory of one plan. Each graph has a buffer of its own for each array, found by the host array's identity, as in
 * TornadoVM: two graphs share a buffer only where one persists it and the other consumes it.
 */
final class DeviceMemory {
    private final long capacity;
    private final Map<String, Map<Object, DeviceBuffer>> buffers = new HashMap<>();
    private final Map<Object, SequencedMap<String, DeviceBuffer>> persisted = new IdentityHashMap<>();
    private Arena arena = Arena.ofShared();
    private long used;
    private long planLimit = Long.MAX_VALUE;

    DeviceMemory(long capacity) {
        this.capacity = capacity;
    }

    private Map<Object, DeviceBuffer> buffersOf(String graph) {
        return buffers.computeIfAbsent(graph, _ -> new IdentityHashMap<>());
    }

    /** A graph's buffer of an array, allocated and filled with poison when there is none. */
    DeviceBuffer buffer(String graph, Object host) {
        DeviceBuffer buffer = buffersOf(graph).get(host);
        if (buffer == null) {
            long bytes = DeviceBuffer.bytes(host);
            checkRoomFor(bytes);
            buffer = new DeviceBuffer(host, arena);
            used += bytes;
            buffersOf(graph).put(host, buffer);
        }
        return buffer;
    }

    /** Leaves a graph's buffer to the graphs that will consume it. */
    void persist(String graph, Object host) {
        // Removed first, so that the last one in the order of the map is the latest.
        persistedBy(host).remove(graph);
        persistedBy(host).put(graph, buffer(graph, host));
    }

    private SequencedMap<String, DeviceBuffer> persistedBy(Object host) {
        return persisted.computeIfAbsent(host, _ -> new LinkedHashMap<>());
    }

    /** Gives a graph the buffer that another one persisted; the latest such buffer where fromGraph is empty. */
    void consume(String graph, Object host, String fromGraph) {
        SequencedMap<String, DeviceBuffer> candidates = persistedBy(host);
        boolean anyWillDo = fromGraph.isEmpty() && !candidates.isEmpty();
        DeviceBuffer buffer = anyWillDo ? candidates.lastEntry().getValue() : candidates.get(fromGraph);
        if (buffer == null) {
            throw new KernelFault(KernelFault.Kind.TRANSFER, "Graph " + graph + " consumes " + host
                    + (fromGraph.isEmpty() ? "" : " from graph " + fromGraph) + ", but "
                    + (candidates.isEmpty() ? "no executed graph of the plan persists it"
                            : "graph " + String.join(", ", candidates.keySet()) + " is the one that persisted it")
                    + ": call persistOnDevice there and execute it first");
        }
        buffersOf(graph).put(host, buffer);
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

    /** Whether a graph has a buffer of an array. */
    boolean has(String graph, Object host) {
        return buffersOf(graph).containsKey(host);
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
        persisted.clear();
        arena.close();
        arena = Arena.ofShared();
        used = 0;
    }
}
