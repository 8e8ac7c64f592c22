package org.waterspout.error;

/** The model was closed before or while this was asked of it. Exit code 11. */
public final class ClosedException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public ClosedException(String message) {
        this(message, null);
    }

    public ClosedException(String message, Throwable cause) {
        super(11, message, cause);
    }
}
