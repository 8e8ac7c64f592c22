package uk.ac.manchester.tornado.api;

import org.waterspout.emulator.Measurement;

/** Times in nanoseconds and sizes in bytes of one execution; all zero unless the plan has a profiler. */
public class TornadoProfilerResult {
    private final Measurement measurement;

    TornadoProfilerResult(Measurement measurement) {
        this.measurement = measurement;
    }

    public long getTotalTime() {
        return measurement.totalNanos();
    }

    public long getDataTransfersTime() {
        return measurement.writeNanos() + measurement.readNanos();
    }

    public long getDeviceWriteTime() {
        return measurement.writeNanos();
    }

    public long getDeviceReadTime() {
        return measurement.readNanos();
    }

    public long getDeviceKernelTime() {
        return measurement.kernelNanos();
    }

    public long getTotalBytesCopyIn() {
        return measurement.bytesIn();
    }

    public long getTotalBytesCopyOut() {
        return measurement.bytesOut();
    }

    public long getTotalBytesTransferred() {
        return measurement.bytesIn() + measurement.bytesOut();
    }

    public long getTotalDeviceMemoryUsage() {
        return measurement.deviceBytes();
    }
}
