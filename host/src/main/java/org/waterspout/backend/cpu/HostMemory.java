package org.waterspout.backend.cpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What this process may still take.
 *
 * @param physical bytes of memory that the machine, or the container, can give
 * @param heap     bytes that the Java heap can still grow by
 */
record HostMemory(long physical, long heap) {

    /** cgroup limits, version 2 and 1: limit and use. */
    private static final List<List<String>> CGROUPS = List.of(
            List.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
            List.of("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"));

    static HostMemory now() {
        Runtime runtime = Runtime.getRuntime();
        long used = runtime.totalMemory() - runtime.freeMemory();
        return new HostMemory(physicalNow(), runtime.maxMemory() - used);
    }

    private static long physicalNow() {
        long available = availableBySystem();
        for (List<String> cgroup : CGROUPS) {
            OptionalLong limit = number(Path.of(cgroup.get(0)));
            OptionalLong use = number(Path.of(cgroup.get(1)));
            if (limit.isPresent() && use.isPresent()) {
                available = Math.min(available, Math.max(0, limit.getAsLong() - use.getAsLong()));
            }
        }
        return available;
    }

    /** Linux counts what it can reclaim as available; elsewhere all memory stands in for it. */
    private static long availableBySystem() {
        Path meminfo = Path.of("/proc/meminfo");
        if (Files.isReadable(meminfo)) {
            try {
                for (String line : Files.readAllLines(meminfo)) {
                    if (line.startsWith("MemAvailable:")) {
                        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize() : Long.MAX_VALUE;
    }

    /** The number in a file; nothing when there is no such file, or it says "max". */
    private static OptionalLong number(Path file) {
        if (!Files.isReadable(file)) {
            return OptionalLong.empty();
        }
        try {
            String text = Files.readString(file).strip();
            return text.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
