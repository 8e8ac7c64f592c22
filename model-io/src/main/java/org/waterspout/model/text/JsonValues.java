package org.waterspout.model.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.text.jinja.Rendered;

/** JSON as a template's values, as Python's json.loads makes them; all texts in it, names of properties too, come from outside. */
final class JsonValues {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonValues() { }

    /** @throws InvalidRequestException for a text that is no JSON, or a number that a template cannot hold */
    static Object of(String json) {
        try {
            return of(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new InvalidRequestException("a tool, or the arguments of a call, is no sound JSON: line " + e.getLocation().getLineNr()
                    + ", character " + e.getLocation().getColumnNr(), e);
        }
    }

    private static Object of(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> new Rendered.Outside(node.textValue());
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                node.forEach(element -> list.add(of(element)));
                yield list;
            }
            case OBJECT -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                node.properties().forEach(entry -> map.put(new Rendered.Outside(entry.getKey()), of(entry.getValue())));
                yield map;
            }
            case NULL, MISSING, BINARY, POJO -> null;
        };
    }

    private static Object number(JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        if (node.isIntegralNumber() || !Double.isFinite(node.doubleValue())) {
            throw new InvalidRequestException("the number " + node.asText().substring(0, Math.min(40, node.asText().length()))
                    + " in a tool, or in the arguments of a call, is too large for a chat template: use one of 64 bits");
        }
        return node.doubleValue();
    }
}
