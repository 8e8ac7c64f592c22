package org.waterspout.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.Optional;

/**
 * Standard output kept for answers alone: a copy of descriptor 1, while descriptor 1 itself becomes standard error. TornadoVM's native code
 * writes its error lines on descriptor 1, where they would stand before an answer, and no Java stream holds them back. The copy shares its
 * place in a file with the original, which the file opened again by a name would not.
 */
final class SavedOutput extends OutputStream {

    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;
    /** A signal came before anything was written; the same number on Linux and macOS. */
    private static final int EINTR = 4;
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private final int descriptor;
    private final MethodHandle write = function("write", FunctionDescriptor.of(
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG), Linker.Option.captureCallState("errno"));

    private SavedOutput(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Takes standard output: whatever else writes there, {@link System#out} too, writes on standard error from now on. Where standard
     * output is a terminal, on which a person reads both, or one of the two is closed, nothing is changed and the result is empty.
     */
    static Optional<SavedOutput> take() {
        if (ofDescriptor("isatty", STANDARD_OUTPUT) == 1) {
            return Optional.empty();
        }
        int copy = ofDescriptor("dup", STANDARD_OUTPUT);
        MethodHandle dup2 = function("dup2", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            boolean taken = copy >= 0 && (int) dup2.invokeExact(STANDARD_ERROR, STANDARD_OUTPUT) >= 0;
            return taken ? Optional.of(new SavedOutput(copy)) : Optional.empty();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static int ofDescriptor(String name, int descriptor) {
        try {
            return (int) function(name, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)).invokeExact(descriptor);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    @SuppressWarnings("restricted") // calling native code is what this does
    private static MethodHandle function(String name, FunctionDescriptor form, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), form, options);
    }

    private static RuntimeException unchecked(Throwable failure) {
        return switch (failure) {
            case Error error -> throw error;
            case RuntimeException known -> known;
            default -> new IllegalStateException("the system's library cannot be called", failure);
        };
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, bytes.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment content = arena.allocate(Math.max(1, length));
            MemorySegment.copy(bytes, from, content, ValueLayout.JAVA_BYTE, 0, length);
            long written = 0;
            while (written < length) {
                long count = write(state, content.asSlice(written), length - written);
                int error = state.get(ValueLayout.JAVA_INT, ERRNO);
                if (count < 0 && error != EINTR) {
                    throw new IOException(text(error));
                }
                written += Math.max(0, count);
            }
        }
    }

    private long write(MemorySegment state, MemorySegment content, long length) {
        try {
            return (long) write.invokeExact(state, descriptor, content, length);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** What the system calls an error: "No space left on device". */
    @SuppressWarnings("restricted") // a text of unknown length in the system's memory
    private static String text(int error) {
        try {
            MemorySegment text = (MemorySegment) function("strerror", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                    .invokeExact(error);
            return text.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }
}
