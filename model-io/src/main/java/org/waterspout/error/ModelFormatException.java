package org.waterspout.error;

/** A model file that is truncated, corrupt or contradicts itself. Exit code 4. */
public final class ModelFormatException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public ModelFormatException(String message) {
        this(message, null);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(4, message, cause);
    }
}
