package org.waterspout.error;

/** A text, or a prompt, of more tokens than the model or its context takes; the message has both numbers. Exit code 2. */
public final class TooLongException extends InvalidRequestException {

    private static final long serialVersionUID = 1L;

    public TooLongException(String message) {
        super(message);
    }
}
