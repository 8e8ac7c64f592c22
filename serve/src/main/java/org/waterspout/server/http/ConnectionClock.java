package org.waterspout.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes a connection that has no request under way for too long: one that sends nothing, or the head of a request byte by byte. Vert.x
 * knows of a connection only when the first head is there, and its own timers begin anew with each byte. All of it runs on the
 * connection's event loop.
 */
final class ConnectionClock extends ChannelInboundHandlerAdapter {

    private static final AttributeKey<ConnectionClock> KEY = AttributeKey.valueOf(ConnectionClock.class, "clock");

    private final Duration limit;
    private final AtomicInteger connections;
    private ChannelHandlerContext context;
    private int requests;
    private Future<?> timer;

    /** @param connections counts those that are open */
    private ConnectionClock(Duration limit, AtomicInteger connections) {
        this.limit = limit;
        this.connections = connections;
    }

    /** Watches a connection that was just accepted; closes it, and returns false, where there are too many. */
    static boolean watch(Channel channel, HttpLimits limits, AtomicInteger connections) {
        if (connections.incrementAndGet() > limits.connections()) {
            connections.decrementAndGet();
            channel.unsafe().closeForcibly();
            return false;
        }
        ConnectionClock clock = new ConnectionClock(limits.readTimeout(), connections);
        channel.attr(KEY).set(clock);
        channel.closeFuture().addListener(_ -> clock.closed());
        channel.pipeline().addFirst(clock);
        return true;
    }

    static ConnectionClock of(Channel channel) {
        return channel.attr(KEY).get();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        start();
        active.fireChannelActive();
    }

    /** The head of a request is there. */
    void requestBegins() {
        requests++;
        stop();
    }

    /** Its answer was sent, or its client has gone. From any thread. */
    void requestEnds() {
        context.executor().execute(() -> {
            if (--requests == 0 && context.channel().isActive()) {
                start();
            }
        });
    }

    private void start() {
        timer = context.executor().schedule(() -> context.channel().close(), limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void closed() {
        stop();
        connections.decrementAndGet();
    }
}
