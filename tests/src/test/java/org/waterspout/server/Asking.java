package org.waterspout.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks a server, as a client of OpenAI's interface does. */
public record Asking(HttpClient client, String url) implements AutoCloseable {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** An answer, whose body is JSON. */
    public record Answer(int status, HttpResponse<String> response) {

        public JsonNode json() throws IOException {
            return MAPPER.readTree(response.body());
        }

        /** The error object; the answer must have one with all its four members. */
        public JsonNode error() throws IOException {
            JsonNode error = json().get("error");
            assertEquals(4, error.size(), response.body());
            return error;
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    /** With a client of its own, which closing ends. */
    public static Asking of(Server server) {
        return new Asking(HttpClient.newHttpClient(), server.url());
    }

    @Override
    public void close() {
        client.close();
    }

    public HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60));
    }

    public Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
        return new Answer(response.statusCode(), response);
    }

    public Answer get(String path) throws IOException, InterruptedException {
        return send(to(path));
    }

    public Answer post(String path, String json) throws IOException, InterruptedException {
        return send(to(path).POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    /** The answer, which must be good. */
    public JsonNode good(String path, String json) throws IOException, InterruptedException {
        Answer answer = post(path, json);
        assertEquals(200, answer.status, answer.response.body());
        return answer.json();
    }

    /** The error that says why a request is refused, which must be with 400. */
    public JsonNode refused(String path, String json) throws IOException, InterruptedException {
        Answer answer = post(path, json);
        assertEquals(400, answer.status, answer.response.body());
        return answer.error();
    }

    /** The events of a stream, without the last, which must say that it is done. */
    public List<JsonNode> events(String path, String json) throws IOException, InterruptedException {
        Answer answer = post(path, json);
        assertEquals(200, answer.status, answer.response.body());
        assertEquals("text/event-stream; charset=utf-8", answer.header("content-type"));
        assertEquals("no", answer.header("x-accel-buffering"));
        List<JsonNode> events = events(answer.response.body());
        assertEquals("[DONE]", last(answer.response.body()));
        return events;
    }

    private static String last(String body) {
        String[] parts = body.split("\n\n");
        return parts[parts.length - 1].replace("data: ", "");
    }

    /** The events that are JSON; comments are left out. */
    public static List<JsonNode> events(String body) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String part : body.split("\n\n")) {
            if (part.startsWith("data: {")) {
                events.add(MAPPER.readTree(part.substring("data: ".length())));
            } else if (!part.startsWith(":")) {
                assertEquals("data: [DONE]", part);
            }
        }
        return events;
    }
}
