package org.waterspout.emulator;

/** Adds up what an execution spends where. */
final class Stopwatch {
    private final long start = System.nanoTime();
    private long writeNanos;
    private long kernelNanos;
    private long readNanos;
    private long bytesIn;
    private long bytesOut;

    void wrote(long nanos, long bytes) {
        writeNanos += nanos;
        bytesIn += bytes;
    }

    void ranKernel(long nanos) {
        kernelNanos += nanos;
    }

    void read(long nanos, long bytes) {
        readNanos += nanos;
        bytesOut += bytes;
    }

    Measurement measurement(long deviceBytes) {
        return new Measurement(System.nanoTime() - start, writeNanos, kernelNanos, readNanos, bytesIn, bytesOut, deviceBytes);
    }
}
