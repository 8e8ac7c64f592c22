package org.waterspout.error;

/** A backend whose answers differ from the reference by more than the stated limit. Exit code 9. */
public final class ValidationException extends WaterspoutException {

    /** For a caller that reports the failure itself. */
    public static final int EXIT_CODE = 9;

    private static final long serialVersionUID = 1L;

    public ValidationException(String message) {
        this(message, null);
    }

    public ValidationException(String message, Throwable cause) {
        super(EXIT_CODE, message, cause);
    }
}
