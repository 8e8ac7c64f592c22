package org.waterspout.constrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/** Makes one schema of several that hold together: {@code allOf}, and {@code $ref} beside other keywords. */
final class SchemaParts {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_REFERENCES = 100;
    private static final int MAX_PARTS = 20_000;

    /** They say nothing of a value (JSON Schema 2020-12, core and validation), or are only referred to. */
    private static final Set<String> ANNOTATIONS = Set.of("title", "description", "default", "examples", "$schema", "$comment",
            "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema", "$defs", "definitions");
    private static final Set<String> SUPPORTED = Set.of("$ref", "allOf", "anyOf", "oneOf", "type", "enum", "const", "properties",
            "required", "additionalProperties", "minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems",
            "uniqueItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf");

    private final JsonNode root;
    private int read;

    SchemaParts(JsonNode root) {
        this.root = root;
    }

    static InvalidRequestException refuse(String path, String why) {
        return new InvalidRequestException("the JSON schema at " + (path.isEmpty() ? "its root" : Quoted.of(path)) + ": " + why);
    }

    /** The schema without annotations, {@code $ref} and {@code allOf}: a boolean, or an object. */
    JsonNode flat(JsonNode schema, String path) {
        return flat(schema, path, 0);
    }

    private JsonNode flat(JsonNode schema, String path, int references) {
        if (schema.isBoolean()) {
            return schema;
        }
        if (!schema.isObject()) {
            throw refuse(path, "a schema must be an object, true or false");
        }
        if (references > MAX_REFERENCES) {
            throw refuse(path, "$ref leads back to itself without a value between, or over more than " + MAX_REFERENCES + " steps");
        }
        if (++read > MAX_PARTS) {
            throw refuse(path, "it consists of more than " + MAX_PARTS + " parts, counted each time they are used: make it simpler");
        }
        ObjectNode own = NODES.objectNode();
        for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
            String name = keyword.getKey();
            boolean named = name.equals("$id") && schema == root; // elsewhere it changes what $ref means
            if (SUPPORTED.contains(name)) {
                own.set(name, keyword.getValue());
            } else if (!ANNOTATIONS.contains(name) && !named) {
                throw refuse(path, "the keyword " + Quoted.of(name) + " is not supported: say it otherwise or leave it away");
            }
        }
        JsonNode reference = own.remove("$ref");
        JsonNode all = own.remove("allOf");
        JsonNode flat = own;
        if (reference != null) {
            flat = both(flat, flat(target(reference, path), path, references + 1), path);
        }
        if (all != null) {
            if (!all.isArray() || all.isEmpty()) {
                throw refuse(path, "allOf must be a list of schemas");
            }
            for (int i = 0; i < all.size(); i++) {
                flat = both(flat, flat(all.get(i), path + "/allOf/" + i, references + 1), path);
            }
        }
        return flat;
    }

    private JsonNode target(JsonNode reference, String path) {
        String text = reference.asText();
        if (!reference.isTextual() || !text.equals("#") && !text.startsWith("#/")) {
            throw refuse(path, "the $ref " + Quoted.of(text) + " leads out of the schema, or to a name: use one like #/$defs/name");
        }
        JsonNode at = root;
        for (String part : text.equals("#") ? new String[0] : text.substring(2).split("/", -1)) {
            String name = unescaped(part, path);
            at = at.isArray() && name.matches("\\d{1,6}") ? at.path(Integer.parseInt(name)) : at.path(name);
        }
        if (at.isMissingNode()) {
            throw refuse(path, "the $ref " + Quoted.of(text) + " leads to nothing");
        }
        return at;
    }

    /** A part of a JSON pointer (RFC 6901) in a URI. */
    private static String unescaped(String part, String path) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8).replace("~1", "/").replace("~0", "~");
        } catch (IllegalArgumentException malformed) {
            throw refuse(path, "a % in a $ref must be followed by two hexadecimal digits");
        }
    }

    /** What holds both, of flat schemas. */
    JsonNode both(JsonNode one, JsonNode other, String path) {
        if (one.isBoolean() || one.isEmpty()) {
            return one.isBoolean() && !one.booleanValue() ? one : other;
        }
        if (other.isBoolean() || other.isEmpty()) {
            return other.isBoolean() && !other.booleanValue() ? other : one;
        }
        ObjectNode all = ((ObjectNode) one).deepCopy();
        for (String name : List.of("type", "enum", "const")) {
            if (one.has(name) && other.has(name)) {
                all.set(name, common(one.get(name), other.get(name), name));
            }
        }
        objects(all, one, other, path);
        for (Map.Entry<String, JsonNode> keyword : other.properties()) {
            String name = keyword.getKey();
            JsonNode before = one.get(name);
            JsonNode value = keyword.getValue();
            switch (name) {
                case "type", "enum", "const", "properties", "additionalProperties" -> all.set(name, before == null ? value : all.get(name));
                case "required" -> {
                    Set<JsonNode> names = new LinkedHashSet<>();
                    (before == null ? NODES.arrayNode() : before).forEach(names::add);
                    value.forEach(names::add);
                    all.set(name, NODES.arrayNode().addAll(names));
                }
                case "minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum" -> all.set(name,
                        before == null || before.decimalValue().compareTo(value.decimalValue()) < 0 ? value : before);
                case "maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum" -> all.set(name,
                        before == null || before.decimalValue().compareTo(value.decimalValue()) > 0 ? value : before);
                default -> {
                    if (before != null && !before.equals(value)) {
                        throw refuse(path, Quoted.of(name) + " stands in several parts that hold together (allOf, $ref), which is not"
                                + " supported: say it once");
                    }
                    boolean items = name.equals("items") && one.has("prefixItems") || name.equals("prefixItems") && one.has("items");
                    if (items && before == null) {
                        throw refuse(path, "prefixItems and items of several parts (allOf, $ref) are not supported: say them in one");
                    }
                    all.set(name, value);
                }
            }
        }
        return all;
    }

    /** Types or values that stand in both; integers are numbers. */
    private static ArrayNode common(JsonNode one, JsonNode other, String name) {
        ArrayNode all = NODES.arrayNode();
        for (JsonNode value : name.equals("const") ? List.of(one) : list(one)) {
            for (JsonNode wanted : name.equals("const") ? List.of(other) : list(other)) {
                boolean integer = name.equals("type") && value.asText().equals("integer") && wanted.asText().equals("number");
                boolean narrower = name.equals("type") && value.asText().equals("number") && wanted.asText().equals("integer");
                if (isSame(value, wanted) || integer) {
                    all.add(value);
                } else if (narrower) {
                    all.add(wanted);
                }
            }
        }
        return all;
    }

    /** Numbers are equal by value: 1 is 1.0. */
    static boolean isSame(JsonNode one, JsonNode other) {
        return one.equals((a, b) -> a.isNumber() && b.isNumber() ? a.decimalValue().compareTo(b.decimalValue()) : a.equals(b) ? 0 : 1,
                other);
    }

    /** A list, or the list of one that a single value stands for. */
    static List<JsonNode> list(JsonNode value) {
        return value.isArray() ? value.valueStream().toList() : List.of(value);
    }

    /** Each property is as either schema says of it, be it by its name or as one of the additional ones. */
    private void objects(ObjectNode all, JsonNode one, JsonNode other, String path) {
        if (!one.has("properties") && !one.has("additionalProperties") || !other.has("properties") && !other.has("additionalProperties")) {
            return;
        }
        Set<String> names = new LinkedHashSet<>();
        one.path("properties").fieldNames().forEachRemaining(names::add);
        other.path("properties").fieldNames().forEachRemaining(names::add);
        ObjectNode properties = NODES.objectNode();
        for (String name : names) {
            properties.set(name, holdingBoth(property(one, name), property(other, name)));
        }
        all.set("properties", properties);
        all.set("additionalProperties", holdingBoth(additional(one), additional(other)));
    }

    private static JsonNode additional(JsonNode schema) {
        return schema.has("additionalProperties") ? schema.get("additionalProperties") : NODES.booleanNode(true);
    }

    private static JsonNode property(JsonNode schema, String name) {
        return schema.path("properties").has(name) ? schema.path("properties").get(name) : additional(schema);
    }

    private static JsonNode holdingBoth(JsonNode one, JsonNode other) {
        if (one.isBoolean()) {
            return one.booleanValue() ? other : one;
        }
        if (other.isBoolean()) {
            return other.booleanValue() ? one : other;
        }
        return one.equals(other) ? one : NODES.objectNode().set("allOf", NODES.arrayNode().add(one).add(other));
    }
}
