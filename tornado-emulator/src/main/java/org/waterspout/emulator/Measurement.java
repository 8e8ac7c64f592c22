package org.waterspout.emulator;

/** What one execution took: nanoseconds in all, writing to the device, running kernels, reading back; bytes moved and held. */
public record Measurement(long totalNanos, long writeNanos, long kernelNanos, long readNanos, long bytesIn, long bytesOut,
        long deviceBytes) {
    /** What is told when nobody asked for a profile. */
    static final Measurement NOTHING = new Measurement(0, 0, 0, 0, 0, 0, 0);
}
