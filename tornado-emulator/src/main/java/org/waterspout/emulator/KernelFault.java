package org.waterspout.emulator;

import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;

/** A mistake in a kernel, or in how it is launched, that the emulator found; the message names the kernel. */
public final class KernelFault extends TornadoRuntimeException {
    private static final long serialVersionUID = 1L;

    /** The checks. */
    public enum Kind {
        /** An index outside an array. */
        OUT_OF_BOUNDS,
        /** A read of an element that was neither transferred nor written. */
        UNWRITTEN_READ,
        /** An output that reaches the host without having been written. */
        UNWRITTEN_OUTPUT,
        /** A barrier that not all work-items of a group reach. */
        DIVERGENT_BARRIER,
        /** A result that depends on the order of work-items. */
        RACE,
        /** A grid that is missing or does not fit. */
        GRID,
        /** More local memory than the device has, or items that ask for different local arrays. */
        LOCAL_MEMORY,
        /** An argument that no kernel takes. */
        ARGUMENT,
        /** A transfer that is not declared as it is used. */
        TRANSFER,
        /** A plan used by two threads at once. */
        THREADS,
        /** Any exception the kernel itself threw. */
        FAILED
    }

    private final Kind kind;

    KernelFault(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    KernelFault(Kind kind, String message, Throwable cause) {
        this(kind, message);
        initCause(cause);
    }

    /** A fault of the kind ARGUMENT. */
    public static KernelFault argument(String message) {
        return new KernelFault(Kind.ARGUMENT, message);
    }

    /** Which check failed. */
    public Kind kind() {
        return kind;
    }
}
