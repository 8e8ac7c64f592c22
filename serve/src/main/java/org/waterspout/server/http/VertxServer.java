package org.waterspout.server.http;

import io.netty.channel.Channel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;

/** HTTP/1.1 and HTTP/2, in clear text and with TLS, by Vert.x: calls a {@link Handler} for each request. */
public final class VertxServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VertxServer.class);
    private static final int STREAMS_OF_A_CONNECTION = 256;

    private final Vertx vertx;
    private final HttpLimits limits;
    private final Handler handler;
    private final WatchedTransport transport;
    private final HttpServer server;
    private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();

    /**
     * Begins to listen.
     *
     * @throws InvalidRequestException where the address cannot be used, or a certificate's file not be read
     */
    public VertxServer(Address address, HttpLimits limits, Handler handler) {
        this.limits = limits;
        this.handler = handler;
        HttpServerOptions options = options(address, limits);
        transport = new WatchedTransport(limits);
        // nothing is served from files, so nothing is looked for on the class path or kept in a folder
        vertx = Vertx.builder().withTransport(transport).with(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1).setFileSystemOptions(new FileSystemOptions().setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false))).build();
        server = vertx.createHttpServer(options).requestHandler(this::begin)
                .exceptionHandler(failure -> LOG.debug("a connection failed before its first request", failure));
        try {
            server.listen(address.port(), address.host()).toCompletionStage().toCompletableFuture().join();
        } catch (CompletionException failure) {
            close();
            throw new InvalidRequestException("cannot listen on " + address.host() + ":" + address.port() + " ("
                    + Quoted.of(String.valueOf(failure.getCause().getMessage())) + "): choose another host or port, or mend the"
                    + " certificate", failure);
        }
    }

    private static HttpServerOptions options(Address address, HttpLimits limits) {
        HttpServerOptions options = new HttpServerOptions().setMaxHeaderSize(limits.headerBytes())
                .setMaxInitialLineLength(limits.headerBytes()).setHttp2ClearTextEnabled(true).setHandle100ContinueAutomatically(true)
                .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(STREAMS_OF_A_CONNECTION)
                .setMaxHeaderListSize(limits.headerBytes()));
        address.tls().ifPresent(tls -> options.setSsl(true).setUseAlpn(true).setKeyCertOptions(new PemKeyCertOptions()
                .addCertValue(read(tls.chain())).addKeyValue(read(tls.key()))));
        return options;
    }

    private static Buffer read(Path file) {
        try {
            return Buffer.buffer(Files.readAllBytes(file));
        } catch (IOException failure) {
            throw new InvalidRequestException(Quoted.of(file.toString()) + " cannot be read: " + Reason.of(failure), failure);
        }
    }

    private void begin(HttpServerRequest request) {
        Channel channel = ((ConnectionBase) request.connection()).channel();
        Exchange[] made = new Exchange[1];
        made[0] = new Exchange(vertx, request, limits, ConnectionClock.of(channel), handler, () -> exchanges.remove(made[0]));
        exchanges.add(made[0]);
        made[0].begin();
    }

    /** The port that it listens on. */
    public int port() {
        return server.actualPort();
    }

    /** Requests under way. */
    public int requests() {
        return exchanges.size();
    }

    /** Connections that are open. */
    public int connections() {
        return transport.connections();
    }

    /** Interrupts the threads of all requests under way; what they still say is sent. */
    public void interrupt() {
        exchanges.forEach(Exchange::stop);
    }

    /** Ends all connections. */
    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
