package uk.ac.manchester.tornado.api.exceptions;

/** More memory is asked for than the plan's own limit allows. */
public class TornadoMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TornadoMemoryException(String message) {
        super(message);
    }
}
