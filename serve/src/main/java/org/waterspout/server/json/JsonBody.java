package org.waterspout.server.json;

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
import java.io.IOException;

/** Bodies of requests and answers: JSON (RFC 8259), where a name that stands twice in an object is an error. */
public final class JsonBody {

    /** Lists and objects within each other. */
    public static final int MAX_DEPTH = 200;
    /** Characters of a number. */
    public static final int MAX_NUMBER = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).maxNumberLength(MAX_NUMBER)
            .maxStringLength(Integer.MAX_VALUE).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

    private JsonBody() {
    }

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * The object that a body is.
     *
     * @throws Refusal for anything else
     */
    public static Fields read(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node instanceof ObjectNode object) {
                return new Fields(object, "");
            }
            throw Refusal.request(400, "the body is no JSON object: send one such as {\"model\": ...}", null);
        } catch (StreamConstraintsException large) {
            throw Refusal.request("the body is too deep or has too long a number: at most " + MAX_DEPTH
                    + " lists and objects may stand within each other, and a number may have " + MAX_NUMBER + " characters", large);
        } catch (JsonProcessingException malformed) {
            throw Refusal.request("the body is no sound JSON, line " + malformed.getLocation().getLineNr() + ", character "
                    + malformed.getLocation().getColumnNr() + ": " + malformed.getOriginalMessage().lines().findFirst().orElse(""),
                    malformed);
        } catch (IOException unreadable) {
            throw Refusal.request("the body cannot be read as UTF-8", unreadable);
        }
    }

    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer that is no JSON: " + e.getOriginalMessage(), e);
        }
    }
}
