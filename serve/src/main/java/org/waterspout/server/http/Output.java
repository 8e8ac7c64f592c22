package org.waterspout.server.http;

/** Where a streamed response goes: the connection of one client. Safe for use from several threads. */
public interface Output {

    /**
     * Sends bytes at once. Waits while the connection holds as much as it may that the client has not taken.
     *
     * @throws org.waterspout.error.CancelledException when the client has gone or is too slow, or the thread is interrupted, which it stays
     */
    void write(byte[] bytes);

    /** Whether the client is still there, as far as is known. */
    boolean isOpen();
}
