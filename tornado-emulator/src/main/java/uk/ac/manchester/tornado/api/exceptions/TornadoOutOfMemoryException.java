package uk.ac.manchester.tornado.api.exceptions;

/** The device's memory does not suffice. */
public class TornadoOutOfMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TornadoOutOfMemoryException(String message) {
        super(message);
    }
}
