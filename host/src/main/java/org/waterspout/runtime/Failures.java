package org.waterspout.runtime;

import org.waterspout.error.DeviceException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.OutOfMemoryException;

/** What a caller is told when a step fails. */
final class Failures {

    private Failures() {
    }

    /** Faults of ours stay what they are. */
    static RuntimeException of(Throwable failure) {
        return switch (failure) {
            case OutOfMemoryError full -> new OutOfMemoryException("the Java heap is full: give it more (-Xmx), or ask for less at a time",
                    full);
            case InternalError lost -> new ModelFormatException(
                    "the model's file can no longer be read: it was cut short, or its disk failed, "
                    + "while the model was in use; load it again", lost);
            case RuntimeException known -> known;
            case Error other -> new DeviceException("the backend failed: " + other, other);
            default -> new IllegalStateException(failure);
        };
    }
}
