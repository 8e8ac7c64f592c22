package org.waterspout.error;

/** The time that the caller gave for a request has passed. Exit code 13. */
public final class DeadlineException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public DeadlineException(String message) {
        this(message, null);
    }

    public DeadlineException(String message, Throwable cause) {
        super(13, message, cause);
    }
}
