package org.waterspout.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.server.http.Address;
import org.waterspout.server.http.HttpLimits;
import org.waterspout.server.http.RawClient;
import org.waterspout.server.model.ModelSource;

/** Clients that leave or read slowly, a queue that is full, and the end of a server, with the demonstration model. */
@Tag("slow")
class ServerLifeTest {

    private static final ServerOptions OPTIONS = ServerOptions.DEFAULT.withAddress(new Address("127.0.0.1", 0, Optional.empty()));
    private static final String COMPLETIONS = "/v1/completions";
    /** An answer of as many tokens as the context holds. The bias keeps the end away. */
    private static final String LONG = "{\"model\": \"austen\", \"prompt\": \"It is a truth\", \"max_tokens\": 100000, "
            + "\"logit_bias\": {\"0\": -100}";

    private static Server server(ServerOptions options) {
        return server(options, "reference"); // whose steps are short, and its answers long, however fast the machine is
    }

    private static Server server(ServerOptions options, String backend) {
        LoadOptions one = LoadOptions.DEFAULT.withBackend(backend).withSequences(1);
        return Server.start(options, List.of(ModelSource.demonstration(one).getFirst()));
    }

    private static int port(Server server) {
        return Integer.parseInt(server.url().replaceFirst(".*:", ""));
    }

    private static void await(BooleanSupplier condition, String otherwise) throws InterruptedException {
        await(condition, Duration.ofSeconds(20), otherwise);
    }

    private static void await(BooleanSupplier condition, Duration most, String otherwise) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, otherwise);
            Thread.sleep(5);
        }
    }

    /** How long until {@code server} has so few answers, which must be less than a second. */
    private static void awaitSoon(Server server, int answers) throws InterruptedException {
        long begin = System.nanoTime();
        await(() -> server.answers() == answers, "the answer goes on though nobody waits for it");
        long took = System.nanoTime() - begin;
        assertTrue(took < Duration.ofSeconds(2).toNanos(), "noticed after " + took / 1e9 + " s");
    }

    @Test
    void aClientThatLeavesEndsItsAnswerWhereverItIs() throws IOException, InterruptedException {
        try (Server server = server(OPTIONS); RawClient running = new RawClient(port(server))) {
            running.post(COMPLETIONS, LONG + ", \"stream\": true}");
            running.until("data: {");
            for (String more : List.of("}", ", \"stream\": true}", ", \"n\": 3}", ", \"n\": 2, \"stream\": true}")) {
                int answers = more.contains("n") && more.contains("3") ? 3 : more.contains("2") ? 2 : 1;
                try (RawClient queued = new RawClient(port(server))) {
                    queued.post(COMPLETIONS, LONG + more);
                    await(() -> server.answers() == 1 + answers, "it does not wait");
                }
                awaitSoon(server, 1);
            }
            running.until("data: {"); // goes on
            running.leave();
            awaitSoon(server, 0);
            try (RawClient whole = new RawClient(port(server))) {
                whole.post(COMPLETIONS, LONG + "}");
                await(() -> server.answers() == 1, "it does not begin");
                Thread.sleep(100);
                assertEquals(1, server.answers());
            }
            awaitSoon(server, 0);
        }
    }

    @Test
    void aClientThatLeavesInItsPromptEndsIt() throws IOException, InterruptedException {
        LoadOptions slow = LoadOptions.DEFAULT.withBackend("reference").withSequences(1).withBatchRows(4);
        try (Server server = Server.start(OPTIONS, List.of(ModelSource.demonstration(slow).getFirst()))) {
            String text = "it was the best of all worlds and ".repeat(25); // seconds, of which a step takes few milliseconds
            for (String more : List.of("}", ", \"stream\": true}")) {
                try (RawClient client = new RawClient(port(server))) {
                    client.post(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"" + text + "\", \"max_tokens\": 100000" + more);
                    await(() -> server.answers() == 1, "it does not begin");
                }
                awaitSoon(server, 0);
            }
        }
    }

    @Test
    void aResetStreamOfHttp2EndsItsAnswer() throws Exception {
        try (Server server = server(OPTIONS); HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            Asking ask = new Asking(client, server.url());
            assertEquals(HttpClient.Version.HTTP_2, ask.get("/health/live").response().version());
            for (String more : List.of("}", ", \"stream\": true}")) {
                CompletableFuture<?> answer = client.sendAsync(ask.to(COMPLETIONS).POST(HttpRequest.BodyPublishers.ofString(LONG + more))
                        .build(), BodyHandlers.ofString());
                await(() -> server.answers() == 1, "it does not begin");
                answer.cancel(true);
                awaitSoon(server, 0);
            }
            assertEquals(1, server.connections());
        }
    }

    @Test
    void aReaderThatTakesNothingIsCutOffAndItsAnswerEnds() throws IOException, InterruptedException {
        HttpLimits limits = HttpLimits.DEFAULT.withBufferBytes(1).withWriteTimeout(Duration.ofMillis(200));
        try (Server server = server(OPTIONS.withLimits(limits), "cpu"); RawClient client = new RawClient(port(server), 2048)) {
            client.post(COMPLETIONS, LONG + ", \"stream\": true, \"logprobs\": 5, \"n\": 100}");
            client.until("data: {");
            assertEquals(100, server.answers());
            // until the system's buffers are full: megabytes
            await(() -> server.answers() == 0, Duration.ofSeconds(60), "its answers go on though it takes nothing");
            assertFalse(client.rest().contains("[DONE]")); // ends, since the connection is closed
        }
    }

    @Test
    void aWaitingStreamGetsComments() throws IOException {
        try (Server server = server(OPTIONS.withQuiet(Duration.ofMillis(50))); RawClient running = new RawClient(port(server));
                RawClient waiting = new RawClient(port(server))) {
            running.post(COMPLETIONS, LONG + ", \"stream\": true}");
            running.until("data: {");
            waiting.post(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"a\", \"max_tokens\": 1, \"stream\": true}");
            String begin = waiting.until(": waiting\n\n");
            assertTrue(begin.startsWith("HTTP/1.1 200 OK\r\n"), begin);
            assertTrue(begin.endsWith(": waiting\n\n"), begin);
            assertFalse(waiting.until(": waiting\n\n").contains("data:"));
            running.leave();
            assertTrue(waiting.until("[DONE]\n\n").endsWith("data: [DONE]\n\n"));
        }
    }

    @Test
    void aFullQueueIsToldWhenToComeAgain() throws IOException, InterruptedException {
        try (Server server = server(OPTIONS.withPlaces(3)); HttpClient client = HttpClient.newHttpClient();
                RawClient first = new RawClient(port(server)); RawClient second = new RawClient(port(server))) {
            first.post(COMPLETIONS, LONG + ", \"stream\": true}");
            second.post(COMPLETIONS, LONG + ", \"n\": 2}");
            await(() -> server.answers() == 3, "they do not begin");
            Asking ask = new Asking(client, server.url());
            Asking.Answer full = ask.post(COMPLETIONS, LONG + "}");
            assertEquals(429, full.status(), full.response().body());
            assertTrue(Integer.parseInt(full.header("retry-after")) >= 1);
            assertEquals("queue_full", full.error().get("code").asText());
            assertTrue(ask.refused(COMPLETIONS, LONG + ", \"n\": 4}").get("message").asText().contains("at most 3"));
            assertEquals(200, ask.get("/v1/models").status());
            second.leave();
            awaitSoon(server, 1);
            first.leave();
            awaitSoon(server, 0);
            assertEquals(200, ask.post(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"a\"}").status());
        }
    }

    @Test
    void manyConnectionsAtAFullQueueAreAllAnswered() throws Exception {
        try (Server server = server(OPTIONS.withPlaces(1)); RawClient first = new RawClient(port(server));
                HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            first.post(COMPLETIONS, LONG + "}");
            await(() -> server.answers() == 1, "it does not begin");
            Asking ask = new Asking(client, server.url());
            List<CompletableFuture<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                all.add(client.sendAsync(ask.to(COMPLETIONS).POST(HttpRequest.BodyPublishers.ofString(LONG + "}")).build(),
                        BodyHandlers.ofString()).thenApply(answer -> answer.statusCode()));
            }
            for (CompletableFuture<Integer> one : all) {
                assertEquals(429, one.get(60, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void clientsThatLeaveAtAnyTimeLeaveNothingBehind() throws Exception {
        long seed = 20_261;
        Random random = new Random(seed);
        try (Server server = Server.start(OPTIONS.withPlaces(20), List.of(ModelSource.demonstration(LoadOptions.DEFAULT).getFirst()));
                HttpClient client = HttpClient.newHttpClient()) {
            Asking ask = new Asking(client, server.url());
            String asked = "{\"model\": \"austen\", \"prompt\": \"It was\", \"temperature\": 0, \"max_tokens\": 30}";
            String expected = ask.good(COMPLETIONS, asked).at("/choices/0/text").asText();
            List<Thread> leaving = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String body = LONG + List.of("}", ", \"stream\": true}", ", \"n\": 3}", ", \"n\": 3, \"stream\": true}")
                        .get(random.nextInt(4));
                int part = random.nextInt(4) == 0 ? random.nextInt(body.length()) : body.length();
                int stay = random.nextInt(60);
                leaving.add(Thread.ofVirtual().start(() -> leaveAfter(port(server), body, part, stay)));
                Thread.sleep(random.nextInt(8));
            }
            for (Thread one : leaving) {
                one.join();
            }
            await(() -> server.answers() == 0, "answers are left, seed " + seed);
            await(() -> server.connections() <= 1, server.connections() + " connections are left, seed " + seed);
            assertEquals(expected, ask.good(COMPLETIONS, asked).at("/choices/0/text").asText());
        }
    }

    /** Sends a part of a request and stays for so many milliseconds. */
    private static void leaveAfter(int port, String body, int part, int stay) {
        try (RawClient client = new RawClient(port)) {
            client.send("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body.substring(0, part));
            Thread.sleep(stay);
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void aServerThatEndsFinishesWhatIsUnderWay() throws Exception {
        Server server = server(OPTIONS.withDrain(Duration.ofMillis(500), Duration.ofSeconds(30)));
        try (server; HttpClient client = HttpClient.newHttpClient()) {
            Asking ask = new Asking(client, server.url());
            CompletableFuture<String> underWay = client.sendAsync(ask.to(COMPLETIONS).POST(HttpRequest.BodyPublishers.ofString(
                    "{\"model\": \"austen\", \"prompt\": \"It is\", \"max_tokens\": 60, \"stream\": true}")).build(),
                    BodyHandlers.ofString()).thenApply(answer -> answer.body());
            await(() -> server.answers() == 1, "it does not begin");
            Thread ending = Thread.ofVirtual().start(server::close);
            await(() -> status(ask, "/health/ready") == 503, "it stays ready");
            assertEquals(200, status(ask, "/health/live"));
            // the drain delay
            assertEquals(200, ask.post(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"a\", \"max_tokens\": 1}").status());
            assertTrue(underWay.get(60, TimeUnit.SECONDS).endsWith("data: [DONE]\n\n"));
            ending.join(Duration.ofSeconds(30));
            assertFalse(ending.isAlive());
        }
    }

    private static int status(Asking ask, String path) {
        try {
            return ask.get(path).status();
        } catch (IOException | InterruptedException gone) {
            throw new IllegalStateException(gone);
        }
    }

    @Test
    void whatIsUnfinishedWhenTheTimeIsOverEndsWithAnError() throws Exception {
        Server server = server(OPTIONS.withDrain(Duration.ZERO, Duration.ofMillis(700)));
        try (server; RawClient stream = new RawClient(port(server)); RawClient whole = new RawClient(port(server));
                RawClient late = new RawClient(port(server))) {
            stream.post(COMPLETIONS, LONG + ", \"stream\": true}");
            stream.until("data: {");
            whole.post(COMPLETIONS, LONG + "}");
            await(() -> server.answers() == 2, "they do not begin");
            Thread ending = Thread.ofVirtual().start(server::close);
            Thread.sleep(200);
            String refused = late.post(COMPLETIONS, LONG + "}").rest();
            assertTrue(refused.startsWith("HTTP/1.1 503 "), refused);
            assertTrue(refused.contains("Connection: close\r\n") && refused.contains("Retry-After: 1\r\n"), refused);
            String events = stream.rest();
            assertTrue(events.contains("\"code\":\"shutting_down\""), events.substring(Math.max(0, events.length() - 500)));
            assertFalse(events.contains("[DONE]"));
            String answer = whole.rest();
            assertTrue(answer.startsWith("HTTP/1.1 503 ") && answer.contains("\"code\":\"shutting_down\""), answer);
            ending.join(Duration.ofSeconds(30));
            assertFalse(ending.isAlive());
        }
    }

    @Test
    void anEndThatIsHurriedWaitsForNothing() throws Exception {
        Server server = server(OPTIONS.withDrain(Duration.ofMinutes(1), Duration.ofMinutes(1)));
        try (RawClient stream = new RawClient(port(server))) {
            stream.post(COMPLETIONS, LONG + ", \"stream\": true}");
            stream.until("data: {");
            Thread ending = Thread.ofVirtual().start(server::close);
            Thread.sleep(100);
            assertTrue(ending.isAlive());
            server.hurry();
            ending.join(Duration.ofSeconds(10));
            assertFalse(ending.isAlive());
        }
    }

    @Test
    void aServerThatCannotLoadAModelLeavesNothingOpen() throws IOException {
        int port;
        try (Server server = server(OPTIONS)) {
            port = port(server);
        }
        ServerOptions same = OPTIONS.withAddress(new Address("127.0.0.1", port, Optional.empty()));
        ModelSource wrong = ModelSource.demonstration(LoadOptions.DEFAULT.withContextLength(1 << 30)).getFirst();
        try {
            Server.start(same, List.of(wrong)).close();
            throw new AssertionError("a context of that length was taken");
        } catch (InvalidRequestException expected) {
            assertTrue(expected.getMessage().contains("positions is asked for"), expected.getMessage());
        }
        try (Server server = server(same)) {
            assertEquals(port, port(server));
        }
    }

    @Test
    void theAnswersOfAStreamAreJson() throws IOException, InterruptedException {
        try (Server server = server(OPTIONS); HttpClient client = HttpClient.newHttpClient()) {
            Asking ask = new Asking(client, server.url());
            List<JsonNode> events = ask.events(COMPLETIONS, LONG.replace("100000", "5") + ", \"stream\": true}");
            assertEquals("length", events.getLast().at("/choices/0/finish_reason").asText());
        }
    }
}
