package org.waterspout.backend;

import org.waterspout.graph.Graph;

/** A way of running graphs: the reference, the CPU, or a device through TornadoVM. Safe for use from several threads. */
public interface Backend extends AutoCloseable {

    /** "reference", "cpu", "tornado" or "emulator". */
    String name();

    /** Where this backend runs. */
    Device device();

    /**
     * Makes a graph with its weights ready to run. What takes long on a device is left to {@link Plan#warmUp()} or the first step.
     *
     * @throws org.waterspout.error.OutOfMemoryException when there is no room for what it takes from the start; the message says what
     *                                                   would help
     * @throws org.waterspout.error.DeviceException      when the device fails
     */
    Plan prepare(Graph graph, PlanOptions options);

    /** The memory that a plan takes when all its positions are in use, computed without loading anything. */
    MemoryUse estimate(Graph graph, PlanOptions options);

    /** Sequences that a step is best made of where there are enough of them: fewer leave fixed costs unpaid, more gain little. */
    default int sequencesOfStep() {
        return 16;
    }

    /** Gives back threads and device contexts; plans are closed before. */
    @Override
    void close();
}
