package org.waterspout.error;

/** A request that cannot be carried out as asked: an unknown option value, a parameter the backend cannot honour. Exit code 2. */
public sealed class InvalidRequestException extends WaterspoutException permits TooLongException {

    private static final long serialVersionUID = 1L;

    public InvalidRequestException(String message) {
        this(message, null);
    }

    public InvalidRequestException(String message, Throwable cause) {
        super(2, message, cause);
    }
}
