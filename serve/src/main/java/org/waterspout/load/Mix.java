package org.waterspout.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;

/**
 * The requests that a load is made of.
 *
 * @param entries one or more
 */
public record Mix(List<Entry> entries) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";

    /**
     * One kind of request.
     *
     * @param weight how often it comes, against the others
     * @param path   below the server's address
     * @param body   what is posted
     */
    public record Entry(double weight, String path, ObjectNode body) {

        /** Whether the answer comes as server-sent events. */
        boolean isStreamed() {
            return body.path("stream").asBoolean(false);
        }
    }

    public Mix {
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new InvalidRequestException("a mix must have one request or more");
        }
    }

    /** Streamed chats of one question and {@code tokens} tokens of answer. */
    public static Mix ofChats(int tokens) {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("messages").addObject().put("role", "user").put("content", "Write a short story about a lighthouse.");
        body.put("max_tokens", tokens).put("temperature", 0).put("stream", true);
        return new Mix(List.of(new Entry(1, CHAT, body)));
    }

    /**
     * Reads a mix: one JSON object a line, with {@code body} (what is posted), {@code path} (/v1/chat/completions where it is left out) and
     * {@code weight} (1 where it is left out). Empty lines are passed over.
     *
     * @throws InvalidRequestException for a file that cannot be read, or a line that is no such object
     */
    public static Mix read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new InvalidRequestException(Quoted.of(file.toString()) + " cannot be read: " + Reason.of(failure), failure);
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                entries.add(entry(lines.get(i), Quoted.of(file.toString()) + ", line " + (i + 1)));
            }
        }
        return new Mix(entries);
    }

    private static Entry entry(String line, String where) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException failure) {
            throw new InvalidRequestException(where + " is no JSON: " + failure.getOriginalMessage(), failure);
        }
        if (!(node.path("body") instanceof ObjectNode body)) {
            throw new InvalidRequestException(where + " must be an object with a body, which is an object too");
        }
        TreeSet<String> unknown = new TreeSet<>();
        node.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(List.of("weight", "path", "body"));
        if (!unknown.isEmpty()) {
            throw new InvalidRequestException(where + " has " + Quoted.of(unknown.first()) + "; weight, path and body are known");
        }
        JsonNode weight = node.path("weight");
        JsonNode path = node.path("path");
        if (!weight.isMissingNode() && !(weight.isNumber() && weight.asDouble() > 0 && Double.isFinite(weight.asDouble()))) {
            throw new InvalidRequestException(where + ": weight must be a number above 0");
        }
        if (!path.isMissingNode() && !(path.isTextual() && path.asText().startsWith("/"))) {
            throw new InvalidRequestException(where + ": path must be a text that begins with /");
        }
        return new Entry(weight.asDouble(1), path.asText(CHAT), body);
    }

    /**
     * As this, with {@code model} where a body names none, and with the request to count tokens at the end of every stream of
     * {@code /v1/chat/completions} and {@code /v1/completions}.
     */
    Mix completed(String model) {
        return new Mix(entries.stream().map(entry -> {
            ObjectNode body = entry.body().deepCopy();
            if (!body.has("model")) {
                body.put("model", model);
            }
            if (entry.isStreamed() && entry.path().endsWith("/completions") && !body.has("stream_options")) {
                body.putObject("stream_options").put("include_usage", true);
            }
            return new Entry(entry.weight(), entry.path(), body);
        }).toList());
    }

    /** {@code count} requests in a random order, each as often as its weight says. */
    List<Entry> draw(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double sum = entries.stream().mapToDouble(Entry::weight).sum();
        List<Entry> drawn = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            double left = random.nextDouble() * sum;
            int at = 0;
            while (at < entries.size() - 1 && left >= entries.get(at).weight()) {
                left -= entries.get(at++).weight();
            }
            drawn.add(entries.get(at));
        }
        return drawn;
    }
}
