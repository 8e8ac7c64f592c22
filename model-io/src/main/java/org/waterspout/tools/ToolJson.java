package org.waterspout.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.waterspout.error.InvalidRequestException;

/** Reads JSON (RFC 8259) with its numbers as they are written; a name that stands twice in an object is an error. */
final class ToolJson {

    /** Lists and objects within each other. */
    static final int MAX_DEPTH = 200;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

    private ToolJson() {
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static JsonNode text(String value) {
        return JSON.getNodeFactory().textNode(value);
    }

    /** @throws InvalidRequestException for a text that is no JSON; the message begins with {@code what} */
    static JsonNode read(String what, String text) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node.isMissingNode()) {
                throw new InvalidRequestException(what + ": the JSON text is empty");
            }
            return node;
        } catch (StreamConstraintsException large) {
            throw new InvalidRequestException(what + ": more than " + MAX_DEPTH
                    + " lists and objects stand within each other, or a number or name is too long", large);
        } catch (JsonProcessingException malformed) {
            throw new InvalidRequestException(what + ": no sound JSON, line " + malformed.getLocation().getLineNr() + ", character "
                    + malformed.getLocation().getColumnNr() + ": " + malformed.getOriginalMessage().lines().findFirst().orElse(""),
                    malformed);
        }
    }
}
