package org.waterspout.backend;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process may still take.
 *
 * @param physical bytes of memory that the machine, or the container, can give; what it keeps of files can be given too
 * @param heap     bytes of the Java heap that hold nothing, whether the process has them already or not
 * @param held     those of them that the process has already, as far as is known
 */
public record HostMemory(long physical, long heap, long held) {

    private static final Logger LOG = LoggerFactory.getLogger(HostMemory.class);

    /**
     * How a version of Linux's control groups says what it allows: the kernel's documents cgroup-v1/memory.rst and cgroup-v2.rst.
     *
     * @param mount       folder of the hierarchy
     * @param controller  its name in /proc/self/cgroup
     * @param reclaimable keys of memory.stat that count pages the kernel can drop: files', such as a mapped model's, and its own caches
     */
    private record ControlGroups(String mount, String controller, String limit, String use, List<String> reclaimable) {
    }

    private static final List<String> OF_FILES = List.of("inactive_file", "active_file", "slab_reclaimable");
    private static final List<ControlGroups> VERSIONS = List.of(
            new ControlGroups("sys/fs/cgroup", "", "memory.max", "memory.current", OF_FILES),
            new ControlGroups("sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                    List.of("total_inactive_file", "total_active_file")));

    /** As things stand: garbage that has not been collected counts as used. */
    public static HostMemory now() {
        Runtime runtime = Runtime.getRuntime();
        long committed = runtime.totalMemory();
        long used = committed - runtime.freeMemory();
        long touched = Math.max(used, ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage).mapToLong(peak -> peak == null ? 0 : peak.getUsed()).max().orElse(0));
        return new HostMemory(physical(Path.of("/")), runtime.maxMemory() - used, Math.min(committed, touched) - used);
    }

    /** After a collection, so that garbage counts no more. It may take a second of a large heap: for what is refused otherwise. */
    public static HostMemory withoutGarbage() {
        long before = collections();
        System.gc();
        if (collections() == before) {
            LOG.warn("garbage counts as used memory: this Java was started with -XX:+DisableExplicitGC");
        }
        return now();
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    }

    /** Whether {@code heapBytes} can be allocated, after a collection if need be. */
    public static boolean gives(long heapBytes) {
        return now().holds(0, heapBytes) || withoutGarbage().holds(0, heapBytes);
    }

    /** Whether there is room for {@code outside} bytes outside the heap, {@code onHeap} on it, and both together. */
    public boolean holds(long outside, long onHeap) {
        return onHeap <= heap && outside + taken(onHeap) <= physical;
    }

    /** Bytes that {@code onHeap} bytes more on the heap take of the machine. */
    public long taken(long onHeap) {
        return Math.max(0, onHeap - held);
    }

    /** @param root folder that stands for "/" */
    static long physical(Path root) {
        long available = availableBySystem(root);
        for (ControlGroups version : VERSIONS) {
            for (Path group : groups(root, version)) {
                OptionalLong limit = number(group.resolve(version.limit));
                OptionalLong use = number(group.resolve(version.use));
                if (limit.isPresent() && use.isPresent()) {
                    long bound = use.getAsLong() - Math.min(use.getAsLong(), reclaimable(group, version));
                    available = Math.min(available, Math.max(0, limit.getAsLong() - bound));
                }
            }
        }
        return available;
    }

    /** The group of this process, as far as its folder can be seen, and those around it: each may have a limit. */
    private static List<Path> groups(Path root, ControlGroups version) {
        Path mount = root.resolve(version.mount);
        List<Path> groups = new ArrayList<>(List.of(mount));
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3); // number:controllers:path
            if (parts.length == 3 && List.of(parts[1].split(",")).contains(version.controller)) {
                Path group = mount;
                for (String name : parts[2].split("/")) {
                    group = name.isEmpty() || name.equals("..") ? group : group.resolve(name);
                    groups.add(group);
                }
            }
        }
        return groups;
    }

    private static long reclaimable(Path group, ControlGroups version) {
        return lines(group.resolve("memory.stat")).stream().map(line -> line.split(" ")).filter(pair -> pair.length == 2)
                .filter(pair -> version.reclaimable.contains(pair[0]) && pair[1].matches("\\d{1,18}"))
                .mapToLong(pair -> Long.parseLong(pair[1])).sum();
    }

    /** Linux counts what it can reclaim as available; elsewhere all memory stands in for it. */
    private static long availableBySystem(Path root) {
        for (String line : lines(root.resolve("proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system ? system.getTotalMemorySize()
                : Long.MAX_VALUE;
    }

    /** The number in a file; nothing when there is no such file, or it says "max" or, as version 1 does, nearly 2^63. */
    private static OptionalLong number(Path file) {
        return lines(file).stream().filter(line -> line.matches("\\d{1,18}")).mapToLong(Long::parseLong).findFirst();
    }

    /** Those of a file; none where it is not there or may not be read. */
    private static List<String> lines(Path file) {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            LOG.debug("{} says nothing of memory", file, unreadable);
            return List.of();
        }
    }
}
