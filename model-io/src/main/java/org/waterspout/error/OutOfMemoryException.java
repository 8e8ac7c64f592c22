package org.waterspout.error;

/** A model that does not fit the memory of the host or the device; the message says what would fit. Exit code 7. */
public final class OutOfMemoryException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public OutOfMemoryException(String message) {
        this(message, null);
    }

    public OutOfMemoryException(String message, Throwable cause) {
        super(7, message, cause);
    }
}
