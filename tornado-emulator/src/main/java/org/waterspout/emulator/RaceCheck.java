package org.waterspout.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Runs a kernel twice from the same device memory, under opposite orders, and compares what it wrote bit by bit. */
final class RaceCheck {
    private RaceCheck() {
    }

    /** Runs the kernel; afterwards device memory holds the result of the settings' own order. */
    static void run(KernelTask task, Grid grid, Settings settings, DeviceMemory memory) {
        EmulatedLaunch other = new EmulatedLaunch(task, grid, settings.order().opposite(), settings, memory);
        List<EmulatedBuffer> written = other.writtenBuffers();
        List<byte[]> before = written.stream().map(RaceCheck::copy).toList();
        other.run();
        List<byte[]> results = written.stream().map(RaceCheck::copy).toList();
        for (int index = 0; index < written.size(); index++) {
            written.get(index).data().copyFrom(MemorySegment.ofArray(before.get(index)));
        }
        new EmulatedLaunch(task, grid, settings.order(), settings, memory).run();
        for (int index = 0; index < written.size(); index++) {
            long mismatch = written.get(index).data().mismatch(MemorySegment.ofArray(results.get(index)));
            if (mismatch >= 0) {
                throw new KernelFault(KernelFault.Kind.RACE, task.describe() + ": the result depends on the order of work-items; "
                        + written.get(index).describe() + " differs first at byte " + mismatch
                        + ": look for a missing barrier or two work-items that write the same element");
            }
        }
    }

    private static byte[] copy(EmulatedBuffer buffer) {
        return buffer.data().toArray(ValueLayout.JAVA_BYTE);
    }
}
