package org.waterspout.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A client that sends what a test writes, byte by byte. */
public final class RawClient implements AutoCloseable {

    private final Socket socket;

    public RawClient(int port) throws IOException {
        this(port, 1 << 16);
    }

    /** @param buffer bytes that the system keeps for it while it does not read */
    public RawClient(int port, int buffer) throws IOException {
        socket = new Socket();
        socket.setReceiveBufferSize(buffer);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.toIntExact(Duration.ofSeconds(30).toMillis()));
    }

    public RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /** A request with a body, of which the connection is used again. */
    public RawClient post(String path, String body) throws IOException {
        return send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\n\r\n" + body);
    }

    public RawClient get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    /** What comes until {@code end} has come, or the connection is closed. */
    public String until(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (end.isEmpty() || text.indexOf(end) < 0) {
            int one = in.read();
            if (one < 0) {
                break;
            }
            text.append((char) one);
        }
        return text.toString();
    }

    /** What comes until the connection is closed. */
    public String rest() throws IOException {
        return until("");
    }

    /** Closes the connection before its time, as a client does that has gone. */
    public void leave() throws IOException {
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
