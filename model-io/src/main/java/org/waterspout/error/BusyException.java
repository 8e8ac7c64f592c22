package org.waterspout.error;

/** As many requests wait for a model as may: try again later. Exit code 10. */
public final class BusyException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public BusyException(String message) {
        this(message, null);
    }

    public BusyException(String message, Throwable cause) {
        super(10, message, cause);
    }
}
