package uk.ac.manchester.tornado.api.exceptions;

/** Something TornadoVM's own compiler did not expect. */
public class TornadoInternalError extends Error {
    private static final long serialVersionUID = 1L;

    public TornadoInternalError(String message, Object... arguments) {
        super(String.format(message, arguments));
    }

    public TornadoInternalError(Throwable cause) {
        super(cause);
    }
}
