package org.waterspout.tests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A copy of the tiny model of sentence-transformers with some files changed, and the vectors recorded for it: see record_sentences.py.
 *
 * @param recorded the case
 * @param texts    of all cases
 */
record SentenceFolder(Path folder, JsonNode recorded, List<String> texts) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path MODEL = resource("/tasks/sentences");

    /** The recorded cases of one file. */
    static List<JsonNode> cases(String file) {
        return StreamSupport.stream(json(file).get("cases").spliterator(), false).toList();
    }

    /** @param into an empty folder */
    static SentenceFolder of(String file, JsonNode recorded, Path into) {
        copy(MODEL, into);
        for (Map.Entry<String, JsonNode> changed : recorded.get("files").properties()) {
            write(into.resolve(changed.getKey()), changed.getValue().toString());
        }
        return new SentenceFolder(into, recorded, StreamSupport.stream(json(file).get("texts").spliterator(), false).map(JsonNode::asText)
                .toList());
    }

    float[] vector(int text) {
        return TaskModel.floats(recorded.get("vectors").get(text));
    }

    static void write(Path file, String content) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder and all that is in it; {@code to} may exist while it is empty. */
    static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(String file) {
        try {
            return JSON.readTree(Files.readString(MODEL.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(SentenceFolder.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
