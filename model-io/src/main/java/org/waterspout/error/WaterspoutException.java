package org.waterspout.error;

/**
 * Everything Waterspout refuses or fails at. The message is one line that names what is wrong and what to do about it;
 * {@link #exitCode()} is what the command line ends with.
 */
public abstract sealed class WaterspoutException extends RuntimeException
        permits InvalidRequestException, ModelFormatException, ModelNotFoundException, UnsupportedModelException,
                DeviceException, OutOfMemoryException, DownloadException, ValidationException, BusyException, ClosedException,
                CancelledException, DeadlineException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    WaterspoutException(int exitCode, String message, Throwable cause) {
        super(Quoted.oneLine(message), cause); // whatever a message quotes, it stays one line
        this.exitCode = exitCode;
    }

    /** The process exit code of this kind of failure, between 2 and 13. */
    public int exitCode() {
        return exitCode;
    }
}
