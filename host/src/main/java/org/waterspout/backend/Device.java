package org.waterspout.backend;

/**
 * @param backend       the backend that reaches it
 * @param id            how the command line names it: "cpu", "tornado:0:1" (TornadoVM's backend and device number)
 * @param name          the driver's or processor's own name
 * @param kind          "CPU", "GPU" or "accelerator"
 * @param memory        bytes of memory that models can use
 * @param maxAllocation most bytes in one buffer
 */
public record Device(String backend, String id, String name, String kind, long memory, long maxAllocation) {
}
