package org.waterspout.tests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** A folder of a tiny random model for one task, with what Transformers makes of some texts: see record_tasks.py. */
public record TaskModel(Path folder, JsonNode expected) {

    public static TaskModel of(String name) {
        try {
            Path folder = Path.of(TaskModel.class.getResource("/tasks/" + name).toURI());
            return new TaskModel(folder, new ObjectMapper().readTree(Files.readString(folder.resolve("expected.json"))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    List<String> texts() {
        return StreamSupport.stream(expected.get("texts").spliterator(), false).map(JsonNode::asText).toList();
    }

    static float[] floats(JsonNode list) {
        float[] numbers = new float[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) list.get(i).asDouble();
        }
        return numbers;
    }
}
