package org.waterspout.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that answers as it is told, and remembers what it was asked. */
public final class StandIn implements AutoCloseable {

    /** Answers one request. */
    public interface Answer {
        void to(HttpExchange exchange) throws Exception;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    final Queue<String> bodies = new ConcurrentLinkedQueue<>();
    final Queue<String> keys = new ConcurrentLinkedQueue<>();

    public StandIn(Answer answer) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v1/models", exchange -> send(exchange, 200, "{\"data\":[{\"id\":\"one\"},{\"id\":\"two\"}]}"));
        server.createContext("/", exchange -> {
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            try (exchange) {
                bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
                answer.to(exchange);
            } catch (IOException clientHasGone) {
                throw clientHasGone;
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            } finally {
                atOnce.decrementAndGet();
            }
        });
        server.start();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    int mostAtOnce() {
        return mostAtOnce.get();
    }

    public static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** Sends events, each at once, {@code pause} milliseconds after the one before. */
    public static void stream(HttpExchange exchange, long pause, String... events) throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        for (String event : events) {
            Thread.sleep(pause);
            out.write((event + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
        exchange.close();
    }

    public static String piece(String text) {
        return "data: {\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
