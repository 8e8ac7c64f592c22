package org.waterspout.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Reason;

/** The JSON files beside a model's weights. */
public final class JsonFile {

    // The largest index of shards known has some 20 MB.
    private static final long MAX_BYTES = 64L << 20;
    private static final int MAX_NESTING = 64;
    // Python writes NaN and Infinity into configurations
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build()).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonFile() {
    }

    /**
     * The object the file holds.
     *
     * @throws ModelNotFoundException if it is not there or may not be read
     * @throws ModelFormatException   if it holds no JSON object
     */
    public static ObjectNode read(Path file) {
        if (tree(file) instanceof ObjectNode object) {
            return object;
        }
        throw new ModelFormatException(file + " holds no JSON object; get the file again");
    }

    /** The list the file holds; errors as {@link #read}. */
    public static ArrayNode readList(Path file) {
        if (tree(file) instanceof ArrayNode array) {
            return array;
        }
        throw new ModelFormatException(file + " holds no JSON list; get the file again");
    }

    /** {@link #read}, or an object without fields where there is no such file. */
    public static ObjectNode readIfThere(Path file) {
        return Files.exists(file) ? read(file) : JSON.createObjectNode();
    }

    private static JsonNode tree(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ModelNotFoundException("there is no file " + file + "; check the path");
        }
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, too many for a description of a model");
            }
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException malformed) {
            throw new ModelFormatException(file + " is no sound JSON: " + malformed.getOriginalMessage() + "; get the file again",
                    malformed);
        } catch (AccessDeniedException denied) {
            throw new ModelNotFoundException(file + " may not be read; check its permissions", denied);
        } catch (IOException failure) {
            throw new ModelNotFoundException(file + " cannot be read (" + Reason.of(failure) + "); check the disk", failure);
        }
    }
}
