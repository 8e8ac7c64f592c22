package org.waterspout.tests;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Processor time, which other programs on the machine do not lengthen. */
final class CpuTime {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private CpuTime() {
    }

    /** What this thread took until now, in nanoseconds. */
    static long ofThread() {
        return THREADS.getCurrentThreadCpuTime();
    }
}
