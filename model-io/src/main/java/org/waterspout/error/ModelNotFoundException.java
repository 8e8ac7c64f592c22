package org.waterspout.error;

/** No model file where one was named. Exit code 3. */
public final class ModelNotFoundException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public ModelNotFoundException(String message) {
        this(message, null);
    }

    public ModelNotFoundException(String message, Throwable cause) {
        super(3, message, cause);
    }
}
