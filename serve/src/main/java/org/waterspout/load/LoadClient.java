package org.waterspout.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Reason;

/** Sends requests as clients do, and takes the time of what comes back. Any number of threads may use it. */
final class LoadClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data:";

    private final URI server;
    private final Optional<String> key;
    private final Duration timeout;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon()
            .name("waterspout-load-clock").factory());

    /**
     * @param server  its address, with or without a path
     * @param key     sent as a bearer token
     * @param timeout for a whole answer
     */
    LoadClient(URI server, Optional<String> key, Duration timeout) {
        this.server = server;
        this.key = key;
        this.timeout = timeout;
    }

    /**
     * The first model that the server lists.
     *
     * @throws InvalidRequestException where it cannot be reached, or lists none
     */
    String firstModel() {
        String refusal = "; name the model yourself, or look at the address";
        try {
            HttpResponse<String> answer = client.send(request("/v1/models").GET().timeout(timeout).build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode first = answer.statusCode() == 200 ? JSON.readTree(answer.body()).path("data").path(0).path("id")
                    : JSON.missingNode();
            if (!first.isTextual()) {
                throw new InvalidRequestException(server + " lists no models (status " + answer.statusCode() + ")" + refusal);
            }
            return first.asText();
        } catch (IOException failure) {
            throw new InvalidRequestException("the models of " + server + " cannot be listed: " + Reason.of(failure) + refusal, failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted", interrupted);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server.toString().replaceAll("/+$", "") + path));
        key.ifPresent(secret -> builder.header("Authorization", "Bearer " + secret));
        return builder;
    }

    /** @param due when the request should have been sent, on the clock of {@link System#nanoTime} */
    Sample send(Mix.Entry entry, long due) {
        long sent = System.nanoTime();
        HttpRequest request = request(entry.path()).header("Content-Type", "application/json").timeout(timeout)
                .POST(HttpRequest.BodyPublishers.ofString(entry.body().toString())).build();
        try {
            HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            boolean[] late = new boolean[1];
            ScheduledFuture<?> alarm = clock.schedule(() -> {
                late[0] = true;
                close(answer.body());
            }, timeout.toNanos() - (System.nanoTime() - sent), TimeUnit.NANOSECONDS);
            try (InputStream body = answer.body()) {
                if (answer.statusCode() != 200) {
                    body.readAllBytes();
                    return Sample.failed("status " + answer.statusCode(), System.nanoTime() - due);
                }
                return entry.isStreamed() ? stream(body, due) : whole(body, due);
            } catch (IOException failure) {
                return Sample.failed(late[0] ? "out of time" : "connection lost", System.nanoTime() - due);
            } finally {
                alarm.cancel(false);
            }
        } catch (HttpTimeoutException failure) {
            return Sample.failed("out of time", System.nanoTime() - due);
        } catch (ConnectException failure) {
            return Sample.failed("no connection", System.nanoTime() - due);
        } catch (IOException failure) {
            return Sample.failed("connection lost", System.nanoTime() - due);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted", interrupted);
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure); // ends the alarm only
        }
    }

    private static Sample whole(InputStream body, long due) throws IOException {
        byte[] bytes = body.readAllBytes();
        long end = System.nanoTime() - due;
        try {
            JsonNode usage = JSON.readTree(bytes).path("usage");
            return new Sample(Sample.OK, end, end, List.of(), usage.path("prompt_tokens").asLong(),
                    usage.path("completion_tokens").asLong());
        } catch (JsonProcessingException failure) {
            return Sample.failed("no JSON", end);
        }
    }

    /** A stream is whole when it says so itself. */
    private static Sample stream(InputStream body, long due) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        List<Long> gaps = new ArrayList<>();
        long first = 0;
        long last = 0;
        long pieces = 0;
        JsonNode usage = JSON.missingNode();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.startsWith(DATA)) {
                continue; // the ends of events, and comments, which keep a connection open
            }
            long now = System.nanoTime() - due;
            String data = line.substring(DATA.length()).strip();
            if (data.equals("[DONE]")) {
                return new Sample(Sample.OK, first == 0 ? now : first, now, gaps, usage.path("prompt_tokens").asLong(),
                        usage.path("completion_tokens").asLong(pieces));
            }
            JsonNode event;
            try {
                event = JSON.readTree(data);
            } catch (JsonProcessingException failure) {
                return Sample.failed("no JSON", now);
            }
            if (event.has("error")) {
                return Sample.failed("error event", now);
            }
            if (event.path("usage").isObject()) {
                usage = event.path("usage");
            }
            if (hasText(event)) {
                if (first == 0) {
                    first = now;
                } else {
                    gaps.add(now - last);
                }
                last = now;
                pieces++;
            }
        }
        return Sample.failed("cut off", System.nanoTime() - due);
    }

    /** Whether an event brings some of the answer: text, reasoning or a call, and not a role or an end only. */
    private static boolean hasText(JsonNode event) {
        for (JsonNode choice : event.path("choices")) {
            JsonNode delta = choice.path("delta");
            if (!choice.path("text").asText().isEmpty() || !delta.path("content").asText("").isEmpty()
                    || !delta.path("reasoning_content").asText("").isEmpty() || delta.path("tool_calls").size() > 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        client.close();
    }
}
