package org.waterspout.error;

/** A sound model file that asks for something not built: an architecture, a tensor type, a tokenizer. Exit code 5. */
public final class UnsupportedModelException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public UnsupportedModelException(String message) {
        this(message, null);
    }

    public UnsupportedModelException(String message, Throwable cause) {
        super(5, message, cause);
    }
}
