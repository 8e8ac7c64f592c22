package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.waterspout.error.CancelledException;
import org.waterspout.server.http.Output;
import org.waterspout.server.json.JsonBody;

/**
 * Server-sent events. While there is none for a time a comment is sent, so that nobody between takes the connection for dead. Safe for use
 * from several threads.
 */
final class EventStream implements AutoCloseable {

    /** Of the response: nothing between may keep events back. */
    static final Map<String, String> HEADERS = Map.of("Content-Type", "text/event-stream; charset=utf-8", "Cache-Control", "no-cache",
            "X-Accel-Buffering", "no");

    private static final byte[] BEFORE = "data: ".getBytes(StandardCharsets.UTF_8);
    private static final byte[] AFTER = "\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COMMENT = ": waiting\n\n".getBytes(StandardCharsets.UTF_8);

    private final Output output;
    private final long quiet;
    private final Thread comments;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock
    private long last = System.nanoTime();
    private boolean ended;

    /** @param quiet time without an event after which a comment is sent */
    EventStream(Output output, Duration quiet) {
        this.output = output;
        this.quiet = quiet.toNanos();
        this.comments = Thread.ofVirtual().name("waterspout-comments").start(this::comment);
    }

    private void comment() {
        try {
            while (true) {
                long left = left();
                if (left > 0) {
                    Thread.sleep(Duration.ofNanos(left));
                } else {
                    write(COMMENT);
                }
            }
        } catch (InterruptedException | CancelledException over) {
            Thread.currentThread().interrupt(); // closed, or the client has gone, which the request's own thread is told
        }
    }

    private long left() {
        lock.lock();
        try {
            return quiet - (System.nanoTime() - last);
        } finally {
            lock.unlock();
        }
    }

    void send(JsonNode event) {
        byte[] json = JsonBody.bytes(event);
        byte[] bytes = new byte[BEFORE.length + json.length + AFTER.length];
        System.arraycopy(BEFORE, 0, bytes, 0, BEFORE.length);
        System.arraycopy(json, 0, bytes, BEFORE.length, json.length);
        System.arraycopy(AFTER, 0, bytes, BEFORE.length + json.length, AFTER.length);
        write(bytes);
    }

    private void write(byte[] bytes) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            output.write(bytes);
            last = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /** The last event, as OpenAI marks it. */
    void done() {
        write(DONE);
        close();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
        comments.interrupt();
    }
}
