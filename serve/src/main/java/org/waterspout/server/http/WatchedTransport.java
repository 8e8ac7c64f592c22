package org.waterspout.server.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.impl.transports.NioTransport;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.util.concurrent.atomic.AtomicInteger;

/** The JDK's sockets, where each connection that is accepted gets a {@link ConnectionClock}. */
final class WatchedTransport extends NioTransport implements Transport {

    private final HttpLimits limits;
    private final AtomicInteger connections = new AtomicInteger();

    WatchedTransport(HttpLimits limits) {
        this.limits = limits;
    }

    @Override
    public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        super.configure(options, domainSocket, bootstrap);
        bootstrap.handler(new Accepted());
    }

    @Override
    public String name() {
        return "nio";
    }

    @Override
    public boolean available() {
        return isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
        return super.unavailabilityCause();
    }

    @Override
    public io.vertx.core.spi.transport.Transport implementation() {
        return this;
    }

    int connections() {
        return connections.get();
    }

    /** Of the channel that listens; what it reads are new connections. */
    @Sharable
    private final class Accepted extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            if (ConnectionClock.watch((Channel) accepted, limits, connections)) {
                context.fireChannelRead(accepted);
            }
        }
    }
}
