package org.waterspout.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;

/** Requests over real sockets, answered by functions of the test. */
@Tag("slow")
class VertxServerTest {

    private static final long LIMIT_SECONDS = 30;

    private static VertxServer server(HttpLimits limits, Function<Request, Response> function) {
        return new VertxServer(new Address("127.0.0.1", 0, Optional.empty()), limits, new Calling(function));
    }

    private static VertxServer server(Function<Request, Response> function) {
        return server(HttpLimits.DEFAULT, function);
    }

    private static Response echo(Request request) {
        return Response.text(200, request.method() + " " + request.path() + " " + request.query() + " " + request.body().length + " "
                + request.header("X-Test").orElse("-"));
    }

    private static HttpRequest.Builder to(VertxServer server, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).timeout(Duration.ofSeconds(LIMIT_SECONDS));
    }

    /** A streamed response that a test's function writes. */
    private static Response streamed(Consumer<Output> write) {
        return new Response.Streamed(200, Map.of("Content-Type", "text/plain"), new Response.Writer() {
            @Override
            public void write(Output output) {
                write.accept(output);
            }

            @Override
            public void close() {
                // nothing is held
            }
        });
    }

    private static void sleepForLong(CountDownLatch begun, CountDownLatch interrupted) {
        begun.countDown();
        try {
            Thread.sleep(Duration.ofSeconds(LIMIT_SECONDS));
        } catch (InterruptedException expected) {
            interrupted.countDown();
            throw new CancelledException("interrupted", expected);
        }
    }

    private static void awaitNothing(VertxServer server) throws InterruptedException {
        for (int i = 0; i < 500 && server.requests() > 0; i++) {
            Thread.sleep(10);
        }
        assertEquals(0, server.requests());
    }

    @ParameterizedTest
    @EnumSource
    void aRequestArrivesWholeAndIsAnswered(HttpClient.Version version) throws IOException, InterruptedException {
        try (VertxServer server = server(VertxServerTest::echo); HttpClient client = HttpClient.newBuilder().version(version).build()) {
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = client.send(to(server, "/a/b?c=d").header("x-TEST", "e")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[200_000])).build(), BodyHandlers.ofString());
                assertEquals(version, answer.version());
                assertEquals(200, answer.statusCode());
                assertEquals("POST /a/b c=d 200000 e", answer.body());
            }
            awaitNothing(server);
        }
    }

    @Test
    void http2InClearTextWithPriorKnowledge() throws IOException {
        try (VertxServer server = server(VertxServerTest::echo); RawClient client = new RawClient(server.port())) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
            assertEquals(4, client.until("\u0004").charAt(3)); // the server's settings
        }
    }

    @ParameterizedTest
    @EnumSource
    void piecesAreSentOneByOne(HttpClient.Version version) throws IOException, InterruptedException {
        LinkedBlockingQueue<String> pieces = new LinkedBlockingQueue<>();
        try (VertxServer server = server(_ -> streamed(output -> {
            try {
                for (String piece = pieces.take(); !piece.isEmpty(); piece = pieces.take()) {
                    output.write(piece.getBytes(StandardCharsets.UTF_8));
                }
            } catch (InterruptedException e) {
                throw new CancelledException("interrupted", e);
            }
        })); HttpClient client = HttpClient.newBuilder().version(version).build()) {
            pieces.add("one");
            InputStream in = client.send(to(server, "/").build(), BodyHandlers.ofInputStream()).body();
            assertEquals("one", new String(in.readNBytes(3), StandardCharsets.UTF_8));
            pieces.add("two!");
            assertEquals("two!", new String(in.readNBytes(4), StandardCharsets.UTF_8));
            pieces.add("");
            assertEquals(-1, in.read());
            awaitNothing(server);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLongAnswerArrivesWhole(HttpClient.Version version) throws IOException, InterruptedException {
        byte[] body = new byte[3_000_001];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) (i * 31 >> 3);
        }
        try (VertxServer server = server(_ -> Response.json(201, body)); HttpClient client = HttpClient.newBuilder().version(version)
                .build()) {
            HttpResponse<byte[]> answer = client.send(to(server, "/").build(), BodyHandlers.ofByteArray());
            assertEquals(201, answer.statusCode());
            assertTrue(Arrays.equals(body, answer.body()));
        }
    }

    @Test
    void aClientThatLeavesInterruptsItsRequest() throws IOException, InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (VertxServer server = server(_ -> {
            sleepForLong(begun, interrupted);
            return Response.text(200, "");
        })) {
            try (RawClient client = new RawClient(server.port())) {
                client.post("/", "{}");
                assertTrue(begun.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            }
            assertTrue(interrupted.await(2, TimeUnit.SECONDS), "it goes on though nobody waits");
            awaitNothing(server);
        }
    }

    @Test
    void aClientThatLeavesAStreamInWhichNothingIsWrittenInterruptsIt() throws IOException, InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (VertxServer server = server(_ -> streamed(output -> {
            output.write("begun".getBytes(StandardCharsets.UTF_8));
            sleepForLong(begun, interrupted);
        }))) {
            try (RawClient client = new RawClient(server.port())) {
                client.get("/");
                assertTrue(client.until("begun").startsWith("HTTP/1.1 200 OK\r\n"));
                assertTrue(begun.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            }
            assertTrue(interrupted.await(2, TimeUnit.SECONDS), "it goes on though nobody reads");
            awaitNothing(server);
        }
    }

    @Test
    void aResetStreamOfHttp2InterruptsItsRequestAndNoOther() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (VertxServer server = server(request -> {
            if (request.path().equals("/long")) {
                sleepForLong(begun, interrupted);
            }
            return echo(request);
        }); HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            assertEquals(HttpClient.Version.HTTP_2, client.send(to(server, "/first").build(), BodyHandlers.ofString()).version());
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(to(server, "/long").build(), BodyHandlers.ofString());
            assertTrue(begun.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            answer.cancel(true);
            assertTrue(interrupted.await(2, TimeUnit.SECONDS), "it goes on though its stream was reset");
            assertEquals(200, client.send(to(server, "/second").build(), BodyHandlers.ofString()).statusCode());
            assertEquals(1, server.connections());
            awaitNothing(server);
        }
    }

    @Test
    void aSlowReaderIsCutOffAndNotBuffered() throws IOException, InterruptedException {
        AtomicLong written = new AtomicLong();
        LinkedBlockingQueue<String> end = new LinkedBlockingQueue<>();
        HttpLimits limits = HttpLimits.DEFAULT.withBufferBytes(100_000).withWriteTimeout(Duration.ofMillis(300));
        try (VertxServer server = server(limits, _ -> streamed(output -> {
            byte[] piece = new byte[10_000];
            try {
                while (written.get() < 1L << 30) {
                    output.write(piece);
                    written.addAndGet(piece.length);
                }
            } catch (CancelledException cut) {
                end.add(cut.getMessage());
                throw cut;
            }
        })); RawClient client = new RawClient(server.port())) {
            client.get("/");
            String why = end.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertTrue(why.contains("took nothing of its answer"), why);
            assertTrue(written.get() < 64L << 20, "buffered " + written.get()); // the system's own buffers take some of it
            awaitNothing(server);
            client.rest(); // ends, since the connection is closed
        }
    }

    @Test
    void aReaderThatTakesItsTimeGetsAll() throws IOException, InterruptedException {
        HttpLimits limits = HttpLimits.DEFAULT.withBufferBytes(1000).withWriteTimeout(Duration.ofSeconds(5));
        try (VertxServer server = server(limits, _ -> Response.json(200, new byte[20_000_000])); HttpClient client =
                HttpClient.newHttpClient()) {
            InputStream in = client.send(to(server, "/").build(), BodyHandlers.ofInputStream()).body();
            long read = 0;
            for (int part = 0; part < 20; part++) {
                read += in.readNBytes(1_000_000).length;
                Thread.sleep(20);
            }
            assertEquals(20_000_000, read);
            assertEquals(-1, in.read());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyMayBeAsLongAsTheLimitAndNoLonger(HttpClient.Version version) throws IOException, InterruptedException {
        HttpLimits limits = HttpLimits.DEFAULT.withBodyBytes(50_000);
        try (VertxServer server = server(limits, VertxServerTest::echo); HttpClient client = HttpClient.newBuilder().version(version)
                .build()) {
            for (boolean lengthSaid : new boolean[] {true, false}) {
                for (int length : new int[] {50_000, 50_001}) {
                    byte[] body = new byte[length];
                    HttpRequest request = to(server, "/").POST(lengthSaid ? HttpRequest.BodyPublishers.ofByteArray(body)
                            : HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))).build();
                    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
                    assertEquals(length == 50_000 ? 200 : 413, answer.statusCode());
                    assertEquals(length == 50_000 ? "POST /  50000 -" : "at most 50000", answer.body());
                }
            }
            awaitNothing(server);
        }
    }

    @Test
    void aConnectionWhoseBodyIsTooLongIsClosed() throws IOException {
        try (VertxServer server = server(HttpLimits.DEFAULT.withBodyBytes(10), VertxServerTest::echo); RawClient client =
                new RawClient(server.port())) {
            client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n");
            String answer = client.rest();
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
            assertTrue(answer.contains("Connection: close\r\n"), answer);
            assertTrue(answer.endsWith("at most 10"), answer);
        }
    }

    @Test
    void headersMayBeAsLongAsTheLimit() throws IOException {
        try (VertxServer server = server(HttpLimits.DEFAULT.withHeaderBytes(1000), VertxServerTest::echo)) {
            for (int length : new int[] {1000, 1001}) {
                try (RawClient client = new RawClient(server.port())) {
                    String host = "Host: localhost";
                    String test = "X-Test: ";
                    String value = "a".repeat(length - host.length() - test.length()); // what counts is the lines, without their ends
                    String answer = client.send("GET / HTTP/1.1\r\n" + host + "\r\n" + test + value + "\r\n\r\n").until("\r\n\r\n");
                    assertTrue(answer.startsWith(length == 1000 ? "HTTP/1.1 200 " : "HTTP/1.1 431 "), answer);
                }
                try (RawClient client = new RawClient(server.port())) {
                    String path = "/" + "a".repeat(length - "GET / HTTP/1.1".length());
                    String answer = client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").until("\r\n\r\n");
                    assertTrue(answer.matches("(?s)HTTP/1[.][01] " + (length == 1000 ? 200 : 414) + " .*"), answer);
                }
            }
        }
    }

    @Test
    void whoSendsNothingOrByteByByteIsClosed() throws IOException, InterruptedException {
        HttpLimits limits = HttpLimits.DEFAULT.withReadTimeout(Duration.ofMillis(1500));
        try (VertxServer server = server(limits, VertxServerTest::echo); RawClient silent = new RawClient(server.port());
                RawClient drip = new RawClient(server.port()); RawClient kept = new RawClient(server.port())) {
            kept.get("/");
            assertTrue(kept.until(" -").startsWith("HTTP/1.1 200 "));
            long begin = System.nanoTime();
            assertThrows(IOException.class, () -> {
                for (char one : ("GET / HTTP/1.1\r\nX-Test: " + "a".repeat(60)).toCharArray()) {
                    drip.send(String.valueOf(one));
                    Thread.sleep(50);
                }
            });
            assertEquals("", silent.rest());
            assertEquals("", kept.rest());
            assertTrue(System.nanoTime() - begin < 10e9);
            for (int i = 0; i < 200 && server.connections() > 0; i++) {
                Thread.sleep(10);
            }
            assertEquals(0, server.connections());
        }
    }

    @Test
    void aBodyThatDoesNotComeIsNotWaitedFor() throws IOException {
        HttpLimits limits = HttpLimits.DEFAULT.withReadTimeout(Duration.ofMillis(1000));
        try (VertxServer server = server(limits, VertxServerTest::echo); RawClient client = new RawClient(server.port())) {
            String answer = client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345").rest();
            assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
            assertTrue(answer.endsWith("too slow"), answer);
        }
    }

    @Test
    void anAnswerMayTakeLongerThanTheTimeToRead() throws IOException {
        HttpLimits limits = HttpLimits.DEFAULT.withReadTimeout(Duration.ofMillis(1000));
        try (VertxServer server = server(limits, request -> {
            try {
                Thread.sleep(1500);
            } catch (InterruptedException e) {
                throw new CancelledException("interrupted", e);
            }
            return echo(request);
        }); RawClient client = new RawClient(server.port())) {
            assertTrue(client.post("/", "{}").rest().endsWith("POST /  2 -"));
        }
    }

    @Test
    void thereMayBeSoManyConnections() throws IOException {
        try (VertxServer server = server(HttpLimits.DEFAULT.withConnections(2), VertxServerTest::echo);
                RawClient first = new RawClient(server.port()); RawClient second = new RawClient(server.port())) {
            first.get("/");
            assertTrue(first.until(" -").startsWith("HTTP/1.1 200 "));
            second.get("/");
            assertTrue(second.until(" -").startsWith("HTTP/1.1 200 "));
            try (RawClient third = new RawClient(server.port())) {
                assertEquals("", answered(third));
            }
            first.get("/");
            assertTrue(first.until(" -").startsWith("HTTP/1.1 200 "));
        }
    }

    /** Nothing, whether the connection is closed before or after the request is sent. */
    private static String answered(RawClient client) {
        try {
            return client.get("/").rest();
        } catch (IOException reset) {
            return "";
        }
    }

    @Test
    void aRefusedRequestIsAnsweredBeforeItsBodyIsThere() throws IOException {
        try (VertxServer server = server(VertxServerTest::echo); RawClient client = new RawClient(server.port())) {
            for (int i = 0; i < 2; i++) { // without a body its connection is used again
                assertTrue(client.get("/refused").until("\r\n\r\nno").startsWith("HTTP/1.1 403 "));
            }
            String answer = client.send("POST /refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n").rest();
            assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
        }
    }

    @Test
    void whoAsksForItHasHisConnectionClosed() throws IOException {
        try (VertxServer server = server(VertxServerTest::echo); RawClient client = new RawClient(server.port());
                RawClient old = new RawClient(server.port())) {
            assertTrue(client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").rest().endsWith("GET /  0 -"));
            assertTrue(old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").rest().endsWith("GET /  0 -"));
        }
    }

    @Test
    void twoRequestsInARowOnOneConnectionAreAnsweredInOrder() throws IOException {
        try (VertxServer server = server(VertxServerTest::echo); RawClient client = new RawClient(server.port())) {
            client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String answers = client.rest();
            assertTrue(answers.indexOf("GET /1 ") < answers.indexOf("GET /2 ") && answers.contains("GET /1 "), answers);
        }
    }

    @Test
    void whatIsUnderWayIsInterruptedAndStillAnswered() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (VertxServer server = server(_ -> {
            try {
                sleepForLong(begun, interrupted);
            } catch (CancelledException ending) {
                Thread.currentThread().interrupt();
            }
            return Response.text(503, "ending");
        }); RawClient client = new RawClient(server.port())) {
            client.post("/", "{}");
            assertTrue(begun.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            server.interrupt();
            assertTrue(client.until("ending").startsWith("HTTP/1.1 503 "));
            assertTrue(interrupted.await(LIMIT_SECONDS, TimeUnit.SECONDS));
        }
    }

    @Test
    void anAddressInUseIsRefused() {
        try (VertxServer server = server(VertxServerTest::echo)) {
            Address same = new Address("127.0.0.1", server.port(), Optional.empty());
            InvalidRequestException refused = assertThrows(InvalidRequestException.class,
                    () -> new VertxServer(same, HttpLimits.DEFAULT, new Calling(VertxServerTest::echo)));
            assertTrue(refused.getMessage().contains("cannot listen on 127.0.0.1:" + server.port()), refused.getMessage());
            assertFalse(refused.getMessage().contains("Exception"), refused.getMessage());
        }
    }
}
