package org.waterspout.error;

/** The caller gave up: he cancelled the request, or his thread was interrupted, which it stays. Exit code 12. */
public final class CancelledException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public CancelledException(String message) {
        this(message, null);
    }

    public CancelledException(String message, Throwable cause) {
        super(12, message, cause);
    }
}
