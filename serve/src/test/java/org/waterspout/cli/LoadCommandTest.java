package org.waterspout.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.waterspout.load.StandIn;

class LoadCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... words) {
        out.reset();
        err.reset();
        return Main.run(new Console(new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8)),
                words);
    }

    @Test
    void eachRateIsRunAndDrawn(@TempDir Path folder) throws IOException {
        try (StandIn server = new StandIn(exchange -> StandIn.stream(exchange, 1, StandIn.piece("a"), StandIn.piece("b"),
                "data: [DONE]"))) {
            Path picture = folder.resolve("load.svg");
            assertEquals(0, run("load", server.address().toString(), "--rate", "50,100", "--requests", "5", "--streams", "3", "--json",
                    "--picture", picture.toString()), err::toString);
            JsonNode runs = new ObjectMapper().readTree(out.toByteArray()).get("runs");
            assertEquals(List.of(50.0, 100.0), List.of(runs.get(0).get("rate").asDouble(), runs.get(1).get("rate").asDouble()));
            for (JsonNode one : runs) {
                assertEquals(5, one.get("outcomes").get("ok").asInt());
                assertEquals(10, one.get("tokens_per_second").asDouble() * one.get("seconds").asDouble(), 1e-6);
                assertTrue(one.get("first_token").get("p99").asDouble() >= one.get("first_token").get("p50").asDouble());
            }
            assertTrue(Files.readString(picture).startsWith("<svg"));
            assertEquals(0, run("load", server.address().toString(), "--requests", "2"), err::toString);
            assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("all streams busy: 2 requests in "), out::toString);
            assertTrue(out.toString(StandardCharsets.UTF_8).strip().endsWith("outcomes     ok 2"), out::toString);
        }
    }

    @Test
    void aLoadOfWhichNothingIsAnsweredFails(@TempDir Path folder) throws IOException {
        try (StandIn server = new StandIn(exchange -> StandIn.send(exchange, 401, ""))) {
            Path key = Files.writeString(folder.resolve("key"), "secret\n");
            assertEquals(1, run("load", server.address().toString(), "--requests", "2", "--api-key-file", key.toString()), err::toString);
            assertTrue(out.toString(StandardCharsets.UTF_8).contains("status 401 2"), out::toString);
            assertEquals(2, run("load", server.address().toString(), "--rate", "0"));
            assertEquals(2, run("load", server.address().toString(), "--requests", "0"));
            assertEquals(2, run("load", "localhost:8080"));
            assertEquals(2, run("load", server.address().toString(), "--api-key-file", folder.resolve("none").toString()));
            assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err::toString);
        }
    }
}
