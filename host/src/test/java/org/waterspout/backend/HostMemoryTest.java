package org.waterspout.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.backend.cpu.FullHeap;

/** What the system says, from folders that stand in for its root; and a process full of garbage. */
class HostMemoryTest {

    private static final long MB = 1 << 20;

    @TempDir
    private Path root;

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void machine(long megabytes) throws IOException {
        write("proc/meminfo", "MemTotal:       99999999 kB\nMemFree:             100 kB\nMemAvailable:   %d kB\nBuffers: 5 kB\n".formatted(
                megabytes << 10));
    }

    private void group(String folder, String limit, long use, String stat) throws IOException {
        boolean second = !folder.startsWith("sys/fs/cgroup/memory");
        write(folder + (second ? "/memory.max" : "/memory.limit_in_bytes"), limit + "\n");
        write(folder + (second ? "/memory.current" : "/memory.usage_in_bytes"), use * MB + "\n");
        write(folder + "/memory.stat", stat);
    }

    @Test
    void aMachineGivesWhatTheKernelCallsAvailable() throws IOException {
        machine(3000);
        assertEquals(3000 * MB, HostMemory.physical(root));
        group("sys/fs/cgroup", "max", 2000, "");
        assertEquals(3000 * MB, HostMemory.physical(root), "no limit");
        group("sys/fs/cgroup/memory", "9223372036854771712", 2000, "");
        assertEquals(3000 * MB, HostMemory.physical(root), "no limit, as version 1 writes it");
    }

    @Test
    void pagesOfFilesAreNotInUse() throws IOException {
        machine(30_000);
        group("sys/fs/cgroup", Long.toString(4000 * MB), 3900,
                "anon %d\nfile %d\nshmem 0\nactive_anon 7\ninactive_file %d\nactive_file %d\nslab_reclaimable %d\n"
                .formatted(500 * MB, 3390 * MB, 2000 * MB, 1390 * MB, 10 * MB));
        assertEquals((4000 - 500) * MB, HostMemory.physical(root), "3400 MB of 3900 can be dropped");
        machine(1200);
        assertEquals(1200 * MB, HostMemory.physical(root), "the machine has less than the group may take");
    }

    @Test
    void pagesOfFilesAreNotInUseInVersionOne() throws IOException {
        machine(30_000);
        write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/service\n0::/\n");
        group("sys/fs/cgroup/memory", Long.toString(4000 * MB), 3900,
                "inactive_file 5\nactive_file 5\ntotal_inactive_file %d\ntotal_active_file %d\n".formatted(2000 * MB, 1400 * MB));
        assertEquals((4000 - 500) * MB, HostMemory.physical(root), "with those of the groups inside it");
        group("sys/fs/cgroup/memory/service", Long.toString(1000 * MB), 300,
                "total_inactive_file %d\ntotal_active_file 0\n".formatted(100 * MB));
        assertEquals(800 * MB, HostMemory.physical(root), "its own group has less");
    }

    @ValueSource(strings = {"/system.slice/app.service", "/system.slice/app.service/worker", "/../../system.slice/app.service"})
    @ParameterizedTest
    void everyGroupAroundThisProcessCounts(String own) throws IOException {
        machine(30_000);
        write("proc/self/cgroup", "0::" + own + "\n");
        group("sys/fs/cgroup/system.slice", Long.toString(9000 * MB), 1000, "");
        group("sys/fs/cgroup/system.slice/app.service", Long.toString(2000 * MB), 700, "inactive_file %d\n".formatted(200 * MB));
        group("sys/fs/cgroup/other", Long.toString(MB), 1, "");
        assertEquals(1500 * MB, HostMemory.physical(root));
        group("sys/fs/cgroup/system.slice", Long.toString(9000 * MB), 8900, "");
        assertEquals(100 * MB, HostMemory.physical(root), "what others take of the group around it is gone");
        group("sys/fs/cgroup/system.slice", Long.toString(9000 * MB), 9100, "");
        assertEquals(0, HostMemory.physical(root));
    }

    @Test
    void aGroupWhoseFolderIsNotSeenHasItsFilesAtTheTop() throws IOException {
        machine(30_000);
        write("proc/self/cgroup", "0::/docker/0123abcd\n");
        group("sys/fs/cgroup", Long.toString(2000 * MB), 500, "active_file %d\n".formatted(400 * MB));
        assertEquals(1900 * MB, HostMemory.physical(root));
    }

    @Test
    void statisticsThatSayMoreThanIsUsedAreNoMemory() throws IOException {
        machine(30_000);
        group("sys/fs/cgroup", Long.toString(1000 * MB), 100, "active_file %d\n".formatted(500 * MB));
        assertEquals(1000 * MB, HostMemory.physical(root));
    }

    @Test
    void heapThatIsHeldTakesNoMoreOfTheMachine() {
        HostMemory memory = new HostMemory(100, 50, 30);
        assertTrue(memory.holds(80, 50) && memory.holds(100, 30) && !memory.holds(81, 50) && !memory.holds(0, 51));
        HostMemory now = HostMemory.now();
        assertTrue(now.physical() > 0 && now.heap() > 0 && now.held() >= 0 && now.held() <= now.heap(), now.toString());
    }

    @ValueSource(strings = {"-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseG1GC"})
    @ParameterizedTest
    @Tag("slow")
    void garbageIsNoReasonToRefuse(String collector) throws IOException, InterruptedException {
        List<String> command = List.of(System.getProperty("java.home") + "/bin/java", collector, "-Xmx160m", "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                FullHeap.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertTrue(output.contains("garbage: prepared") && output.contains("in use: refused"), output);
    }
}
