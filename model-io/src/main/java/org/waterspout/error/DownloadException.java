package org.waterspout.error;

/** A download that did not arrive whole: the network, the server, a checksum, a full disk. Exit code 8. */
public final class DownloadException extends WaterspoutException {

    private static final long serialVersionUID = 1L;

    public DownloadException(String message) {
        this(message, null);
    }

    public DownloadException(String message, Throwable cause) {
        super(8, message, cause);
    }
}
