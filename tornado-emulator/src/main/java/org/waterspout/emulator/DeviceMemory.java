package org.waterspout.emulator;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

import uk.ac.manchester.tornado.api.exceptions.TornadoMemoryException;
import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;

/**
 * The device memory of one plan. Each graph has a buffer of its own for each array, found by the host array's identity, as in
 * TornadoVM: two graphs share a buffer only where the second consumes it right after the first.
 */
final class DeviceMemory {
    private final long capacity;
    private final Map<String, Map<Object, EmulatedBuffer>> buffers = new HashMap<>();
    private String lastRun;
    private Arena arena = Arena.ofShared();
    private long used;
    private long planLimit = Long.MAX_VALUE;

    DeviceMemory(long capacity) {
        this.capacity = capacity;
    }

    private Map<Object, EmulatedBuffer> buffersOf(String graph) {
        return buffers.computeIfAbsent(graph, _ -> new IdentityHashMap<>());
    }

    /** A graph's buffer of an array, allocated and filled with poison when there is none. */
    EmulatedBuffer buffer(String graph, Object host) {
        EmulatedBuffer buffer = buffersOf(graph).get(host);
        if (buffer == null) {
            long bytes = EmulatedBuffer.bytes(host);
            checkRoomFor(bytes);
            buffer = new EmulatedBuffer(host, arena);
            used += bytes;
            buffersOf(graph).put(host, buffer);
        }
        return buffer;
    }

    /** Remembers which graph an execution ran last: only its buffers can be consumed by the next execution. */
    void ranLast(String graph) {
        lastRun = graph;
    }

    /**
     * Gives a graph the buffers it consumes, as TornadoVM 5.2.0 does it (TornadoTaskGraph.updatePersistedObjectState, and tried
     * there): the graph that the execution before ran last is the only source, whatever name was given. If the consumer names
     * that graph for some arrays, those alone are taken from it and the others stay as they were; else all are taken. Whether the
     * source persists an array makes no difference as long as it lists it somewhere.
     */
    void consume(GraphDescription graph) {
        List<Transfer.Consume> consumed = graph.consumed();
        if (lastRun != null) {
            boolean named = consumed.stream().anyMatch(one -> one.fromGraph().equals(lastRun));
            consumed.stream().filter(one -> !named || one.fromGraph().equals(lastRun))
                    .forEach(one -> take(graph.name(), one.array()));
        }
        for (Transfer.Consume one : consumed) {
            if (!has(graph.name(), one.array())) {
                throw new KernelFault(KernelFault.Kind.TRANSFER, "Graph " + graph.name() + " consumes " + one.array() + ", but "
                        + (lastRun == null ? "no graph was executed before"
                                : "graph " + lastRun + ", which the execution before ran last, does not have it")
                        + ": list it there with persistOnDevice or consumeFromDevice, name that graph or none here, and call "
                        + "execute for each of them");
            }
        }
    }

    private void take(String graph, Object host) {
        if (has(lastRun, host)) {
            buffersOf(graph).put(host, buffer(lastRun, host));
        } else {
            buffersOf(graph).remove(host);
        }
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
        lastRun = null;
        arena.close();
        arena = Arena.ofShared();
        used = 0;
    }
}
