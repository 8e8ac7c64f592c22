package org.waterspout.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.CancelledException;

/**
 * One request and its answer. Its body is read on the event loop; the handler runs, and the answer is written, on a virtual thread. When
 * the client goes away, that thread is interrupted.
 */
final class Exchange implements Output {

    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    /** HTTP/2's code for a stream that is no longer wanted. */
    private static final long CANCEL = 8;
    private static final long NO_ERROR = 0;
    /** Bytes of an answer that are handed over at one time. */
    private static final int PIECE = 16 << 10;
    /** How long a client may go on sending what is not read any more, so that it sees the answer and not a broken connection. */
    private static final long LINGER_MILLISECONDS = 1000;

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final HttpLimits limits;
    private final ConnectionClock clock;
    private final Handler handler;
    private final Runnable ended;

    // the event loop's own
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean answering;
    private long bodyTimer = -1;

    /** Held while something is written, so that what two threads write does not mix. */
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by the lock
    private Thread thread;
    private boolean gone;
    private boolean finished;
    private boolean ending;
    private long pending;

    /** The request thread's own: whether the connection is not used again. */
    private boolean last;

    /** @param ended is told when all is over */
    Exchange(Vertx vertx, HttpServerRequest request, HttpLimits limits, ConnectionClock clock, Handler handler, Runnable ended) {
        this.vertx = vertx;
        this.request = request;
        this.response = request.response();
        this.limits = limits;
        this.clock = clock;
        this.handler = handler;
        this.ended = ended;
    }

    // ---- on the event loop

    void begin() {
        clock.requestBegins();
        response.exceptionHandler(_ -> leave());
        response.closeHandler(_ -> leave());
        request.exceptionHandler(_ -> leave());
        Request head = head();
        Optional<Response> refused = handler.refuse(head);
        request.handler(this::received);
        if (refused.isPresent() && head.header("transfer-encoding").isEmpty() && head.header("content-length").orElse("0").equals("0")) {
            answering = true;
            answer(refused::get);
        } else if (refused.isPresent()) {
            answerWithoutBody(refused.get());
        } else if (head.header("content-length").filter(this::isTooLong).isPresent()) {
            answerWithoutBody(handler.tooLong(limits.bodyBytes()));
        } else {
            bodyTimer = vertx.setTimer(Math.max(1, limits.readTimeout().toMillis()), _ -> answerWithoutBody(handler.tooSlow()));
            request.endHandler(_ -> {
                if (!answering) {
                    answering = true;
                    vertx.cancelTimer(bodyTimer);
                    answer(() -> handler.handle(head.withBody(body.toByteArray())));
                }
            });
        }
    }

    private Request head() {
        Map<String, String> headers = new LinkedHashMap<>();
        request.headers().forEach(header -> headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        if (request.authority() != null) {
            headers.putIfAbsent("host", request.authority().toString()); // HTTP/2's :authority
        }
        return new Request(request.method().name(), request.path() == null ? "" : request.path(),
                request.query() == null ? "" : request.query(), headers, new byte[0]);
    }

    private boolean isTooLong(String contentLength) {
        // whoever writes no number is told so by Netty
        return contentLength.length() > 18 || contentLength.chars().allMatch(Character::isDigit) && !contentLength.isEmpty()
                && Long.parseLong(contentLength) > limits.bodyBytes();
    }

    private void received(Buffer piece) {
        if (answering) {
            return; // refused already: what still comes is let go
        }
        if (body.size() + (long) piece.length() > limits.bodyBytes()) {
            answerWithoutBody(handler.tooLong(limits.bodyBytes()));
        } else {
            body.writeBytes(piece.getBytes());
        }
    }

    /** The rest of the request is of no use, so the connection is not used again. */
    private void answerWithoutBody(Response answer) {
        if (answering) {
            return;
        }
        answering = true;
        vertx.cancelTimer(bodyTimer);
        body.reset();
        answer(() -> answer.withHeader("Connection", "close"));
    }

    private void leave() {
        lock.lock();
        try {
            if (finished || ending) {
                return; // what was still to be sent fails by itself
            }
            gone = true;
            changed.signalAll();
            if (thread != null) {
                thread.interrupt();
                return;
            }
            finished = true; // nobody answers
        } finally {
            lock.unlock();
        }
        answering = true;
        vertx.cancelTimer(bodyTimer);
        over();
    }

    /** Interrupts what answers, so that it comes to an end; its client is still told. */
    void stop() {
        lock.lock();
        try {
            if (thread != null && !finished) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    private void over() {
        clock.requestEnds();
        ended.run();
    }

    // ---- on the request's thread

    private void answer(Supplier<Response> answer) {
        lock.lock();
        try {
            if (gone) {
                return;
            }
            thread = Thread.ofVirtual().name("waterspout-request").unstarted(() -> run(answer));
        } finally {
            lock.unlock();
        }
        thread.start();
    }

    private void run(Supplier<Response> answer) {
        boolean whole = false;
        try {
            Response made = answer.get();
            try {
                if (isOpen()) {
                    clearInterrupt(); // of a server that ends: its client is told all the same
                }
                send(made);
            } finally {
                if (made instanceof Response.Streamed streamed) {
                    streamed.writer().close();
                }
            }
            whole = true;
        } catch (CancelledException goneOrEnding) {
            LOG.info("{} {} was not answered to its end: {}", request.method(), request.path(), goneOrEnding.getMessage());
        } catch (RuntimeException | Error fault) {
            LOG.error("{} {} failed; please report it", request.method(), request.path(), fault);
        } finally {
            finish(whole);
        }
    }

    private void clearInterrupt() {
        if (Thread.interrupted()) {
            LOG.debug("{} {} was interrupted", request.method(), request.path());
        }
    }

    private void send(Response made) {
        response.setStatusCode(made.status());
        last = made.headers().getOrDefault("Connection", "").equals("close");
        made.headers().forEach((name, value) -> {
            if (request.version() != HttpVersion.HTTP_2 || !name.equals("Connection")) {
                response.putHeader(name, value);
            }
        });
        switch (made) {
            case Response.Whole one -> {
                response.putHeader("Content-Length", Integer.toString(one.body().length));
                for (int at = 0; at < one.body().length; at += PIECE) {
                    byte[] piece = new byte[Math.min(PIECE, one.body().length - at)];
                    System.arraycopy(one.body(), at, piece, 0, piece.length);
                    write(piece);
                }
            }
            case Response.Streamed streamed -> {
                response.setChunked(true);
                streamed.writer().write(this);
            }
        }
        end();
    }

    private void end() {
        writing.lock();
        try {
            lock.lock();
            ending = !gone;
            lock.unlock();
            write(0, () -> response.end());
        } finally {
            writing.unlock();
        }
        awaitRoom(0);
    }

    @Override
    public void write(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        writing.lock();
        try {
            awaitRoom(Math.max(0, limits.bufferBytes() - bytes.length));
            write(bytes.length, () -> response.write(Buffer.buffer(bytes)));
        } finally {
            writing.unlock();
        }
    }

    private void write(int length, Supplier<io.vertx.core.Future<Void>> write) {
        count(Math.max(1, length));
        write.get().onComplete(written -> {
            count(-Math.max(1, length));
            if (written.failed()) {
                leave();
            }
        });
    }

    private void count(long bytes) {
        lock.lock();
        try {
            pending += bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until at most {@code most} bytes are on their way to the client, who may not take nothing for longer than allowed. */
    private void awaitRoom(long most) {
        lock.lock();
        try {
            long before = pending;
            long left = limits.writeTimeout().toNanos();
            while (!gone && pending > most) {
                left = changed.awaitNanos(left);
                if (pending < before) {
                    before = pending;
                    left = limits.writeTimeout().toNanos();
                } else if (left <= 0) {
                    gone = true;
                    throw new CancelledException("the client took nothing of its answer for " + limits.writeTimeout().toSeconds()
                            + " seconds");
                }
            }
            if (gone) {
                throw new CancelledException("the client has gone");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancelledException("the answer was interrupted", interrupted);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isOpen() {
        lock.lock();
        try {
            return !gone;
        } finally {
            lock.unlock();
        }
    }

    /** @param whole whether the answer was sent to its end */
    private void finish(boolean whole) {
        lock.lock();
        try {
            finished = true;
        } finally {
            lock.unlock();
        }
        vertx.runOnContext(_ -> {
            if (!whole) {
                cutOff();
            } else if (request.version() == HttpVersion.HTTP_1_0) {
                request.connection().close(); // the end of a stream is told by nothing else
            } else if (request.version() == HttpVersion.HTTP_2) {
                if (!request.isEnded()) {
                    response.reset(NO_ERROR);
                }
            } else if (!request.isEnded()) {
                vertx.setTimer(LINGER_MILLISECONDS, _ -> request.connection().close());
            } else if (last) {
                request.connection().close();
            }
        });
        over();
    }

    private void cutOff() {
        if (request.version() == HttpVersion.HTTP_2) {
            response.reset(CANCEL);
        } else {
            request.connection().close();
        }
    }
}
