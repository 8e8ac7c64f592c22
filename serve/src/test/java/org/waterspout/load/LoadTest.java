package org.waterspout.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.waterspout.load.StandIn.piece;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.waterspout.error.InvalidRequestException;
import org.xml.sax.InputSource;

class LoadTest {

    private static final String ROLE = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}";
    private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}}";
    private static final String DONE = "data: [DONE]";

    private static Load load(URI server, int requests, int streams, Duration timeout) {
        return new Load(server, Optional.empty(), Optional.empty(), Mix.ofChats(5), requests, streams, timeout, 3);
    }

    private static LoadReport run(StandIn.Answer answer) throws IOException {
        return run(answer, 2);
    }

    private static LoadReport run(StandIn.Answer answer, int seconds) throws IOException {
        try (StandIn server = new StandIn(answer)) {
            return load(server.address(), 3, 3, Duration.ofSeconds(seconds)).run(0);
        }
    }

    @Test
    void aStreamsTimesAreThoseOfItsText() throws IOException {
        LoadReport report = run(exchange -> StandIn.stream(exchange, 60, ROLE, ": a comment", piece("a"), piece("b"), piece("c"), USAGE,
                DONE));
        assertEquals(Map.of("ok", 3), report.outcomes());
        assertEquals(0, report.failures());
        assertTrue(report.firstToken().p50() >= 0.18, "the role is no token: " + report);
        assertTrue(report.gap().max() >= 0.05 && report.gap().p50() < report.firstToken().p50(), report.toString());
        assertTrue(report.whole().max() >= 0.42, report.toString());
        // from the first token to the end, for the four after it
        assertTrue(report.perToken().max() >= 0.04 && report.perToken().max() < report.whole().max() / 4, report.toString());
        assertEquals(21, report.promptTokens());
        assertEquals(15, report.tokensPerSecond() * report.seconds(), 1e-6);
    }

    @Test
    void withoutACountPiecesAreCounted() throws IOException {
        LoadReport report = run(exchange -> StandIn.stream(exchange, 1, piece("a"), piece("b"), "data: {\"choices\":[{\"text\":\"c\"}]}",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}", DONE));
        assertEquals(12, report.tokensPerSecond() * report.seconds(), 1e-6);
    }

    @Test
    void everyWayToEndHasAName() throws IOException {
        assertEquals(Map.of("status 429", 3), run(exchange -> StandIn.send(exchange, 429, "{\"error\":{}}")).outcomes());
        assertEquals(Map.of("status 500", 3), run(exchange -> StandIn.send(exchange, 500, "no")).outcomes());
        assertEquals(Map.of("error event", 3), run(exchange -> StandIn.stream(exchange, 1, piece("a"),
                "data: {\"error\":{\"message\":\"no\"}}", DONE)).outcomes());
        assertEquals(Map.of("cut off", 3), run(exchange -> StandIn.stream(exchange, 1, piece("a"), piece("b"))).outcomes());
        assertEquals(Map.of("no JSON", 3), run(exchange -> StandIn.stream(exchange, 1, "data: {")).outcomes());
        assertEquals(Map.of("out of time", 3), run(exchange -> Thread.sleep(20_000), 1).outcomes());
        LoadReport slow = run(exchange -> {
            Thread.sleep(1500);
            StandIn.stream(exchange, 400, piece("a"), piece("b"), piece("c"), piece("d"), DONE);
        });
        assertEquals(Map.of("out of time", 3), slow.outcomes());
        assertEquals(3, slow.failures());
        assertTrue(slow.seconds() < 3, "from when it was sent, not from its first byte: " + slow);
        assertEquals(new Percentiles(0, 0, 0, 0), slow.whole());
        assertEquals(Map.of("connection lost", 3), run(exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(new byte[10]);
            exchange.getResponseBody().flush();
            throw new IOException("gone");
        }).outcomes());
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Load load = new Load(URI.create("http://127.0.0.1:" + free), Optional.empty(), Optional.of("one"), Mix.ofChats(1), 2, 2,
                Duration.ofSeconds(2), 1);
        assertEquals(Map.of("no connection", 2), load.run(0).outcomes());
    }

    @Test
    void someFailAndTheOthersAreMeasured() throws IOException {
        AtomicInteger number = new AtomicInteger();
        LoadReport report = run(exchange -> {
            if (number.incrementAndGet() == 2) {
                StandIn.send(exchange, 503, "");
            } else {
                StandIn.stream(exchange, 5, piece("a"), USAGE, DONE);
            }
        });
        assertEquals(Map.of("ok", 2, "status 503", 1), report.outcomes());
        assertEquals(1, report.failures());
        assertEquals(10, report.tokensPerSecond() * report.seconds(), 1e-6);
    }

    /** One at a time, 50 ms each, all due at nearly the same moment: the last one's time holds that of all before it. */
    @Test
    void whoWaitsForAStreamWaitsOnTheServer() throws IOException {
        try (StandIn server = new StandIn(exchange -> StandIn.stream(exchange, 50, piece("a") + "\n\n" + DONE))) {
            Load load = load(server.address(), 8, 1, Duration.ofSeconds(10));
            LoadReport open = load.run(1000);
            assertEquals(1, server.mostAtOnce());
            assertTrue(open.whole().max() >= 0.35, open.toString());
            assertTrue(open.whole().p50() >= 0.15, open.toString());
            LoadReport busy = load.run(0);
            assertTrue(busy.whole().p50() < open.whole().p50() && busy.seconds() >= 0.4, busy.toString());
        }
    }

    @Test
    void arrivalsKeepTheirRateWhateverTheServerDoes() throws IOException {
        long[] times = new Arrivals(20, 5).times(4000);
        assertEquals(200, times[3999] / 1e9, 10);
        double[] gaps = IntStream.range(1, 4000).mapToDouble(i -> (times[i] - times[i - 1]) / 1e9).toArray();
        double longer = IntStream.range(0, gaps.length).filter(i -> gaps[i] > 0.05).count() / (double) gaps.length;
        assertEquals(Math.exp(-1), longer, 0.03, "the share of gaps longer than the mean");
        assertEquals(List.of(0L, 0L), LongStream.of(new Arrivals(0, 5).times(2)).boxed().toList());
        try (StandIn server = new StandIn(exchange -> StandIn.stream(exchange, 300, piece("a") + "\n\n" + DONE))) {
            LoadReport report = load(server.address(), 20, 64, Duration.ofSeconds(10)).run(100);
            assertTrue(server.mostAtOnce() > 10, "they do not wait for each other: " + server.mostAtOnce());
            assertTrue(report.seconds() < 3, report.toString());
        }
    }

    @Test
    void neverMoreAtOnceThanStreams() throws IOException {
        try (StandIn server = new StandIn(exchange -> StandIn.stream(exchange, 5, piece("a"), DONE))) {
            assertEquals(0, load(server.address(), 40, 5, Duration.ofSeconds(10)).run(0).failures());
            assertTrue(server.mostAtOnce() > 1 && server.mostAtOnce() <= 5, server.mostAtOnce() + " at once");
        }
    }

    @Test
    void aMixIsReadFilledInAndDrawnByWeight(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("mix.jsonl"), """
                {"body": {"messages": [], "stream": true}, "weight": 3}

                {"path": "/v1/embeddings", "body": {"model": "e", "input": "a"}}
                """);
        Mix mix = Mix.read(file).completed("one");
        assertEquals("{\"messages\":[],\"stream\":true,\"model\":\"one\",\"stream_options\":{\"include_usage\":true}}",
                mix.entries().getFirst().body().toString());
        assertEquals("{\"model\":\"e\",\"input\":\"a\"}", mix.entries().getLast().body().toString());
        Map<String, Long> drawn = mix.draw(4000, 1).stream().collect(Collectors.groupingBy(Mix.Entry::path, Collectors.counting()));
        assertEquals(3000, drawn.get("/v1/chat/completions"), 150);
        assertEquals(1000, drawn.get("/v1/embeddings"), 150);
    }

    @Test
    void linesThatAreNoRequestAreRefusedByTheirNumber(@TempDir Path folder) throws IOException {
        String good = "{\"body\": {}}\n";
        for (Map.Entry<String, String> wrong : Map.of("{\"body\": 3}", "must be an object with a body", "{\"body\": {}, \"wait\": 1}",
                "has 'wait'", "{\"body\": {}, \"weight\": 0}", "weight must be", "{\"body\": {}, \"path\": \"v1\"}", "path must be", "{",
                "is no JSON").entrySet()) {
            Path file = Files.writeString(folder.resolve("mix.jsonl"), good + wrong.getKey() + "\n");
            String message = assertThrows(InvalidRequestException.class, () -> Mix.read(file)).getMessage();
            assertTrue(message.contains("line 2") && message.contains(wrong.getValue()), message);
        }
        Path empty = Files.writeString(folder.resolve("empty.jsonl"), "\n");
        assertThrows(InvalidRequestException.class, () -> Mix.read(empty));
        assertThrows(InvalidRequestException.class, () -> Mix.read(folder.resolve("none.jsonl")));
    }

    @Test
    void theKeyAndTheMixAreSent() throws IOException {
        try (StandIn server = new StandIn(exchange -> StandIn.send(exchange, 200, "{\"usage\":{\"prompt_tokens\":4}}"))) {
            Mix mix = new Mix(List.of(new Mix.Entry(1, "/v1/embeddings", new ObjectMapper().createObjectNode().put("input", "a"))));
            LoadReport report = new Load(server.address(), Optional.of("secret"), Optional.empty(), mix, 2, 2, Duration.ofSeconds(5), 1)
                    .run(0);
            assertEquals(Map.of("ok", 2), report.outcomes());
            assertEquals(8, report.promptTokens());
            assertEquals(0, report.tokensPerSecond());
            assertEquals(report.whole(), report.firstToken());
            assertEquals(List.of("{\"input\":\"a\",\"model\":\"one\"}", "{\"input\":\"a\",\"model\":\"one\"}"), List.copyOf(server.bodies));
            assertEquals(List.of("Bearer secret", "Bearer secret"), List.copyOf(server.keys));
        }
    }

    @Test
    void percentilesAreTheNearestRank() {
        assertEquals(new Percentiles(3, 5, 5, 5), Percentiles.of(LongStream.of(5, 1, 4, 2, 3).map(i -> i * 1_000_000_000)));
        assertEquals(new Percentiles(1, 1, 1, 1), Percentiles.of(LongStream.of(1_000_000_000)));
        assertEquals(new Percentiles(50, 90, 99, 100), Percentiles.of(LongStream.rangeClosed(1, 100).map(i -> i * 1_000_000_000)));
        assertEquals("1.5 / 99.9 / 100 / 2000 ms", new Percentiles(0.0015, 0.0999, 0.1, 2).text());
    }

    @Test
    void whatIsNoServerIsRefused() throws IOException {
        for (String address : List.of("localhost:8080", "ftp://localhost", "http:///v1", "x")) {
            assertThrows(InvalidRequestException.class, () -> load(URI.create(address), 1, 1, Duration.ofSeconds(1)), address);
        }
        try (StandIn server = new StandIn(exchange -> StandIn.send(exchange, 200, "{}"))) {
            assertThrows(InvalidRequestException.class, () -> load(URI.create(server.address() + "/other"), 1, 1, Duration.ofSeconds(1))
                    .run(0));
        }
    }

    @Test
    void thePictureHasAPointForEachRateInsideItsFrame() throws Exception {
        List<LoadReport> reports = IntStream.rangeClosed(1, 4).mapToObj(rate -> new LoadReport(rate, 10, 10 * rate, rate, 37.0 * rate, 0,
                new Percentiles(0.1 * rate, 0, 0.3 * rate, 0), new Percentiles(0, 0, 0, 0), new Percentiles(0, 0, 0, 0),
                new Percentiles(0.5 * rate, 0, 0.7 * rate, 0), Map.of())).toList();
        Document svg = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(LoadPicture.svg(reports))));
        assertEquals(4 * reports.size(), svg.getElementsByTagName("circle").getLength());
        for (int i = 0; i < svg.getElementsByTagName("circle").getLength(); i++) {
            double x = Double.parseDouble(svg.getElementsByTagName("circle").item(i).getAttributes().getNamedItem("cx").getNodeValue());
            double y = Double.parseDouble(svg.getElementsByTagName("circle").item(i).getAttributes().getNamedItem("cy").getNodeValue());
            assertTrue(x > 70 && x <= 570 && y >= 40 && y <= 380, x + ", " + y);
        }
        LoadReport nothing = new LoadReport(0, 1, 1, 0, 0, 0, new Percentiles(0, 0, 0, 0), new Percentiles(0, 0, 0, 0),
                new Percentiles(0, 0, 0, 0), new Percentiles(0, 0, 0, 0), Map.of("cut off", 1));
        assertTrue(LoadPicture.svg(List.of(nothing)).contains("cx=\"70.0\""));
    }
}
