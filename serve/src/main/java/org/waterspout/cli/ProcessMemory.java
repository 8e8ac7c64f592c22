package org.waterspout.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/** How much memory this process has taken, by the operating system's account. */
final class ProcessMemory {

    /** Size of POSIX's struct rusage on 64-bit Linux and macOS, and where the peak stands in it: after two timevals. */
    private static final long RUSAGE_BYTES = 144;
    private static final long MAXRSS_OFFSET = 32;
    private static final int RUSAGE_SELF = 0;

    private ProcessMemory() {
    }

    /** Most bytes of physical memory this process had at one time (getrusage's ru_maxrss), mapped files included. */
    @SuppressWarnings("restricted") // calling native code is what this does
    static long peakBytes() {
        Linker linker = Linker.nativeLinker();
        MethodHandle getrusage = linker.downcallHandle(linker.defaultLookup().findOrThrow("getrusage"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment usage = arena.allocate(RUSAGE_BYTES, Long.BYTES);
            int status = (int) getrusage.invokeExact(RUSAGE_SELF, usage);
            if (status != 0) {
                throw new IllegalStateException("getrusage failed with " + status);
            }
            boolean bytes = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
            return usage.get(ValueLayout.JAVA_LONG, MAXRSS_OFFSET) * (bytes ? 1 : 1024); // Linux counts kilobytes
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("getrusage cannot be called", e);
        }
    }
}
